import { LabError } from '../error.ts'
import type { Trace } from '../model/trace.ts'
import { contentOf, parseYaml } from '../wire/yaml.ts'
import { type Processor, processorTypes, type Replayed } from './processors.ts'
import { type LeftOut, Section } from './section.ts'

/** What of a collector's configuration decides which traces and spans are kept. */
export interface CollectorConfig {
  readonly processors: readonly Processor[]
  /** Pipelines of traces in which several of them follow each other: a processor each. */
  readonly pipelines: readonly Processor[]
  /** What is not replayed, with its place and the reason. */
  readonly leftOut: readonly LeftOut[]
  /** Settings that change nothing on a capture whose traces are whole. */
  readonly ignored: readonly string[]
}

/** Reads the YAML of a collector. What is wrong in a section that is replayed is an `invalid` error with line and key. */
export function parseCollectorConfig(text: string, file: string): CollectorConfig {
  const yaml = parseYaml(text, file, '1.2')
  const root = new Section(yaml, contentOf(yaml), [])
  const all = root.section('processors')
  const leftOut: LeftOut[] = []
  const ignored: string[] = []
  const processors = all.keys().flatMap(name => {
    const read = processorTypes[typeOf(name)]
    if (read !== undefined) return [read(name, all.section(name), leftOut, ignored)]
    leftOut.push({ place: `${file}: processors.${name}`, reason: 'is not replayed' })
    return []
  })
  if (processors.length === 0)
    throw new LabError('invalid', `${file}: processors has none of ${Object.keys(processorTypes).join(', ')} to replay`)
  return { processors, pipelines: readPipelines(root, processors), leftOut, ignored: [...new Set(ignored)] }
}

/** `tail_sampling/errors` is of type `tail_sampling`. */
function typeOf(name: string): string {
  return name.split('/', 1)[0]!
}

function readPipelines(root: Section, processors: readonly Processor[]): Processor[] {
  if (!root.has('service')) return []
  const service = root.section('service')
  if (!service.has('pipelines')) return []
  const pipelines = service.section('pipelines')
  return pipelines
    .keys()
    .filter(name => typeOf(name) === 'traces')
    .flatMap(name => {
      const names = pipelines.section(name).texts('processors')
      const steps = names.flatMap(own => processors.find(one => one.name === own) ?? [])
      return steps.length < 2 ? [] : [chain(name, steps)]
    })
}

/** Processors one after the other. */
function chain(name: string, steps: readonly Processor[]): Processor {
  const replay = (traces: readonly Trace[]): Replayed => {
    let kept = traces
    for (const step of steps) kept = step.replay(kept).kept
    return { kept }
  }
  return { name: `pipeline ${name}`, policies: [], replay }
}
