import { fileURLToPath } from 'node:url'
import { defaultSeed, sizes, workloads } from '../generator/workload.ts'
import { LabError } from '../lib/error.ts'
import { sources } from '../lib/sources/detect.ts'
import { discoverPhases } from './discover.ts'
import { integer, list, oneOf, single } from './options.ts'
import { openProgress, type Progress, silent } from './report/progress.ts'
import type { Candidate } from './rows.ts'
import { selectRows } from './select.ts'
import { capturedSource, generatedSource, type SizeName, type TraceSource } from './source.ts'

/** The flags that several commands share, and what follows from them. */

const sizeNames = Object.keys(sizes) as SizeName[]
const workloadNames = workloads.map(workload => workload.name)
const sourceNames = sources.map(source => source.name)

/** A flag with a value. */
export const text = { type: 'string', requiresArg: true } as const

/** What to generate. */
export const generatorFlags = {
  size: {
    ...text,
    describe: `traces to generate: ${sizeNames.map(name => `${name} ${sizes[name].toLocaleString('en')}`).join(', ')}`,
    coerce: oneOf('size', sizeNames),
  },
  workload: {
    ...text,
    describe: `kind of generated traces: ${workloadNames.join(', ')}`,
    coerce: oneOf('workload', workloadNames),
  },
  seed: {
    ...text,
    describe: `seed of the generator (default ${defaultSeed})`,
    coerce: integer('seed', 0, Number.MAX_SAFE_INTEGER),
  },
} as const

export interface GeneratorArguments {
  size?: SizeName | undefined
  workload?: string | undefined
  seed?: number | undefined
}

/** How to read what is not generated. */
export const formatFlags = {
  format: {
    ...text,
    describe: `format of the input, where its content does not tell: ${sourceNames.join(', ')}`,
    coerce: oneOf('format', sourceNames),
  },
  limit: { ...text, describe: 'traces to take of the input', coerce: integer('limit', 1, 2 ** 32) },
} as const

export interface FormatArguments {
  format?: string | undefined
  limit?: number | undefined
}

/** Traces to read, or to generate where none are named. */
export const sourceFlags = {
  ...generatorFlags,
  input: { ...text, array: true, describe: 'files, folders or - to read in place of generated traces', coerce: paths },
  ...formatFlags,
} as const

export interface SourceArguments extends GeneratorArguments, FormatArguments {
  input?: string[] | undefined
}

/** Which rows to earn. */
export const rowFlags = {
  phase: { ...text, describe: 'phases to run, by number or name (default all)', coerce: list('phase') },
  variants: { ...text, describe: 'variants to run: all, or names', coerce: list('variants') },
} as const

export interface RowArguments {
  phase?: string[] | undefined
  variants?: string[] | undefined
}

export const progressFlag = {
  progress: { type: 'boolean', default: true, describe: 'show progress; --no-progress for none' },
} as const

/** Where results go unless told otherwise. */
export const resultsFolder: string = fileURLToPath(new URL('../results', import.meta.url))

/** A flag that names one file or folder. */
export function pathFlag(name: string, describe: string) {
  return { ...text, describe, coerce: (given: unknown) => single(name, given) }
}

export const resultsFlag = {
  results: pathFlag('results', 'folder of the results (default: the results folder of the lab)'),
} as const

export function generatedFrom({ size, workload, seed }: GeneratorArguments): TraceSource {
  return generatedSource(workload ?? workloadNames[0]!, size ?? 'medium', seed ?? defaultSeed)
}

export function capturedFrom(input: readonly string[], { format, limit }: FormatArguments): TraceSource {
  return capturedSource(input, {
    ...(format === undefined ? {} : { format }),
    ...(limit === undefined ? {} : { limit }),
  })
}

export function sourceFrom(args: SourceArguments): TraceSource {
  const isGenerated = args.input === undefined
  const misplaced = (isGenerated ? Object.keys(formatFlags) : Object.keys(generatorFlags)) as (keyof SourceArguments)[]
  for (const flag of misplaced)
    if (args[flag] !== undefined)
      throw new LabError('usage', `--${flag}: ${isGenerated ? 'goes with' : 'does not go with'} --input`)
  return isGenerated ? generatedFrom(args) : capturedFrom(args.input!, args)
}

export async function candidatesFrom({ phase, variants }: RowArguments): Promise<Candidate[]> {
  return selectRows(await discoverPhases(), phase ?? [], variants ?? [])
}

export function progressFrom({ progress }: { progress: boolean }): Progress {
  return progress ? openProgress(process.stderr) : silent
}

/** Paths come by repeating the flag or one after another: a comma may stand in a name. */
function paths(given: unknown): string[] {
  const all = [given].flat().map(String)
  if (all.includes('')) throw new LabError('usage', '--input: its value is missing')
  return all
}
