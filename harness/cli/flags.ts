import { defaultSeed, sizes, type WorkloadName, workloadFaults, workloadNames } from '../../generator/names.ts'
import { LabError } from '../../lib/error.ts'
import type { Refusal } from '../../lib/formats/format.ts'
import { formats } from '../../lib/formats/formats.ts'
import { hint } from '../../lib/nearest.ts'
import { defaultTiers } from '../../lib/tiers/tier-list.ts'
import type { WorkerPool } from '../../lib/workers/pool.ts'
import { userFolder } from '../compile/compiled.ts'
import { discoverPhases } from '../lab/discover.ts'
import type { Candidate } from '../lab/rows.ts'
import { selectRows } from '../lab/select.ts'
import {
  type CapturedSource,
  capturedSource,
  generatedSource,
  type SizeName,
  type TraceSource,
} from '../open/source.ts'
import { whole } from '../text/format.ts'
import { tableFormats } from '../text/page.ts'
import { openProgress, type Progress, silent } from '../text/progress.ts'
import { choice, dash, integer, list, single } from './options.ts'

/** The flags that several commands share, and what follows from them. */

const sizeNames = Object.keys(sizes) as SizeName[]
/** What `--faults` takes. */
export const faultNames = [...Object.values(workloadFaults).flat(), 'all', 'none']
export const formatNames: readonly string[] = formats.map(format => format.name)

/** A flag with a value. */
export const text = { type: 'string', requiresArg: true } as const

/** What to generate. */
export const generatorFlags = {
  size: choice('size', sizeNames, `traces to generate: ${sizeNames.map(name => whole(sizes[name])).join(', ')}`),
  workload: choice('workload', workloadNames, 'kind of generated traces'),
  seed: {
    ...text,
    describe: `seed of the generator (default ${defaultSeed})`,
    coerce: integer('seed', 0, Number.MAX_SAFE_INTEGER),
  },
  faults: {
    ...text,
    describe: `faults to put in: ${faultNames.join(', ')} (default none)`,
    coerce: list('faults'),
  },
} as const

export interface GeneratorArguments {
  size?: SizeName | undefined
  workload?: WorkloadName | undefined
  seed?: number | undefined
  faults?: string[] | undefined
}

/** How to read what is not generated. */
export const formatFlags = {
  'input-format': choice('input-format', formatNames, 'format of the input, where its content does not tell'),
  limit: { ...text, describe: 'traces to take of the input', coerce: integer('limit', 1, 2 ** 32) },
  'skip-bad': { type: 'boolean', describe: 'leave out what is bad of the input, count it, and go on' },
} as const

export interface FormatArguments {
  inputFormat?: string | undefined
  /** A format of the input here is that of `--input-format`, for scripts from before there were formats of tables. */
  format?: string | undefined
  limit?: number | undefined
  skipBad?: boolean | undefined
}

/** Traces to read, or to generate where none are named. */
export const sourceFlags = {
  ...generatorFlags,
  input: {
    ...text,
    array: true,
    describe: 'files, folders or - to read in place of generated traces',
    coerce: paths('input'),
  },
  ...formatFlags,
  format: choice(
    'format',
    [...formatNames, ...tableFormats],
    'how tables are printed (default table); or --input-format',
  ),
} as const

export interface SourceArguments extends GeneratorArguments, FormatArguments {
  input?: string[] | undefined
}

/** Files to read, one or several. */
export const inputPositional = {
  type: 'string',
  array: true,
  describe: 'files, folders or - to read',
  coerce: (given: readonly string[] | undefined) => given?.map(undash),
} as const

/** One text. */
export const textPositional = {
  type: 'string',
  coerce: (given: string | undefined) => (given === undefined ? undefined : undash(given)),
} as const

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

/** A list of tiers. */
export const tiersFlag = {
  tiers: {
    ...text,
    describe: `what is kept of traces up to which age or share of the time (default ${defaultTiers})`,
    coerce: (given: unknown) => single('tiers', given),
  },
} as const

/** Where results go unless told otherwise. */
export const resultsFolder: string = userFolder('results')

/** A flag that names one file or folder. */
export function pathFlag(name: string, describe: string) {
  return { ...text, describe, coerce: (given: unknown) => single(name, given) }
}

export const resultsFlag = {
  results: pathFlag('results', 'folder of the results (default: the results folder of the lab)'),
} as const

export function generatedFrom({ size, workload, seed, faults }: GeneratorArguments): TraceSource {
  const name = workload ?? workloadNames[0]!
  return generatedSource({
    workload: name,
    size: size ?? 'medium',
    seed: seed ?? defaultSeed,
    faults: chooseFaults(name, faults ?? ['none']),
  })
}

/** The faults in the order in which the workload has them; `all` and `none` stand alone. */
function chooseFaults(name: WorkloadName, given: readonly string[]): string[] {
  const known = workloadFaults[name]
  const words = ['all', 'none', ...known]
  for (const fault of given) {
    const wrong = !words.includes(fault) ? `workload ${name} has ${words.slice(2).join(', ') || 'no faults'}` : ''
    if (wrong !== '') throw new LabError('usage', `--faults ${fault}: ${wrong}${hint(fault, words)}`)
  }
  if (given.length > 1 && given.some(fault => fault === 'all' || fault === 'none'))
    throw new LabError('usage', `--faults ${given.join(',')}: all and none stand alone`)
  return known.filter(fault => given[0] === 'all' || given.includes(fault))
}

export function capturedFrom(
  input: readonly string[],
  args: FormatArguments,
  refusal?: Refusal,
  workers?: WorkerPool,
): CapturedSource {
  const { limit, skipBad } = args
  const format = inputFormatOf(args)
  return capturedSource(input, {
    skipsBad: skipBad === true,
    refusal,
    workers,
    ...(format === undefined ? {} : { format }),
    ...(limit === undefined ? {} : { limit }),
  })
}

function inputFormatOf({ inputFormat, format }: FormatArguments): string | undefined {
  return inputFormat ?? formatNames.find(name => name === format)
}

export function sourceFrom(args: SourceArguments, refusal?: Refusal): TraceSource {
  const isGenerated = args.input === undefined
  const given = args as Record<string, unknown>
  for (const flag of Object.keys(isGenerated ? formatFlags : generatorFlags))
    if (given[flag] !== undefined)
      throw new LabError('usage', `--${flag}: ${isGenerated ? 'goes with' : 'does not go with'} --input`)
  if (isGenerated && inputFormatOf(args) !== undefined)
    throw new LabError('usage', `--format ${args.format}: goes with --input`)
  return isGenerated ? generatedFrom(args) : capturedFrom(args.input!, args, refusal)
}

export async function candidatesFrom({ phase, variants }: RowArguments): Promise<Candidate[]> {
  return selectRows(await discoverPhases(), phase ?? [], variants ?? [])
}

export function progressFrom({ progress }: { progress: boolean }): Progress {
  return progress ? openProgress(process.stderr) : silent
}

/** Paths come by repeating the flag or one after another: a comma may stand in a name. */
/** Reads the paths of a flag. */
export function paths(flag: string): (given: unknown) => string[] | undefined {
  return given => {
    if (given === undefined) return undefined
    const all = [given].flat().map(path => undash(String(path)))
    if (all.includes('')) throw new LabError('usage', `--${flag}: its value is missing`)
    return all
  }
}

function undash(path: string): string {
  return path === dash ? '-' : path
}
