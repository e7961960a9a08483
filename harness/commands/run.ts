import { fileURLToPath } from 'node:url'
import type { CommandModule } from 'yargs'
import { zstdLevels } from '../../lib/codecs/compress.ts'
import { LabError } from '../../lib/error.ts'
import { sources } from '../../lib/sources/detect.ts'
import { checkComparable, printComparison } from '../compare.ts'
import { discoverPhases } from '../discover.ts'
import { runLab } from '../lab.ts'
import { integer, list, oneOf, single } from '../options.ts'
import { openProgress, silent } from '../report/progress.ts'
import { printRun } from '../report/report.ts'
import { printJson, readRun, saveRun } from '../results.ts'
import { selectRows } from '../select.ts'
import { capturedSource, type TraceSource } from '../source.ts'
import { type GeneratorArguments, generatorOptions, sourceOf } from './generate.ts'

interface RunArguments extends GeneratorArguments {
  phase: string[] | undefined
  variants: string[] | undefined
  input: string[] | undefined
  format: string | undefined
  limit: number | undefined
  zstdLevel?: number | undefined
  rounds: number | undefined
  json: boolean
  progress: boolean
  results: string | undefined
  compare: string | undefined
}

const sourceNames = sources.map(source => source.name)
const resultsFolder = fileURLToPath(new URL('../../results', import.meta.url))
const text = { type: 'string', requiresArg: true } as const

/** The flags of a run. */
export const runOptions = {
  ...generatorOptions,
  phase: { ...text, describe: 'phases to run, by number or name (default all)', coerce: list('phase') },
  variants: { ...text, describe: 'variants to run: all, or names', coerce: list('variants') },
  input: { ...text, describe: 'file, folder or - to read in place of generated traces', coerce: paths },
  format: {
    ...text,
    describe: `format of the input, where its content does not tell: ${sourceNames.join(', ')}`,
    coerce: oneOf('format', sourceNames),
  },
  limit: { ...text, describe: 'traces to take of the input', coerce: integer('limit', 1, 2 ** 32) },
  'zstd-level': {
    ...text,
    describe: 'zstd level of the phases that have one to choose',
    coerce: integer('zstd-level', zstdLevels.min, zstdLevels.max),
  },
  rounds: {
    ...text,
    describe: 'timed rounds (default 1 to 15 by the number of spans; with 1 the proving pass is timed)',
    coerce: integer('rounds', 1, 1000),
  },
  json: { type: 'boolean', default: false, describe: 'print the run as JSON, and nothing else' },
  progress: { type: 'boolean', default: true, describe: 'show progress; --no-progress for none' },
  results: {
    ...text,
    describe: 'folder of the results (default: the results folder of the lab)',
    coerce: (given: unknown) => single('results', given),
  },
  compare: {
    ...text,
    describe: 'a run of the same traces: print what moved since',
    coerce: (given: unknown) => single('compare', given),
  },
} as const

export const run: CommandModule<object, RunArguments> = {
  command: ['run', '$0'],
  describe: 'Run the phases on traces, prove each round trip, measure and tabulate',
  builder: yargs =>
    yargs
      .options(runOptions)
      .example('$0 --size medium', 'all phases on a thousand generated traces')
      .example('$0 --input traces.json.gz --phase 03,22', 'two phases on your own traces')
      .example('cat traces.jsonl | $0 --input - --json', 'from standard input, for a program')
      .example('$0 --size medium --compare results/runs/….json', 'what has moved since that run'),
  handler: async args => {
    const candidates = selectRows(await discoverPhases(), args.phase ?? [], args.variants ?? [])
    const before = args.compare === undefined ? undefined : await readRun(args.compare)
    const result = await runLab({
      source: chooseSource(args),
      candidates,
      progress: args.progress ? openProgress(process.stderr) : silent,
      ...(before ? { onPrepared: prepared => checkComparable(before, prepared, args.compare!) } : {}),
      ...(args.rounds === undefined ? {} : { rounds: args.rounds }),
      ...(args.zstdLevel === undefined ? {} : { zstdLevel: args.zstdLevel }),
    })
    const isComplete = args.phase === undefined && args.limit === undefined && args.zstdLevel === undefined
    const saved = await saveRun(result, args.results ?? resultsFolder, isComplete)
    process.stdout.write(args.json ? printJson(result) : `${printRun(result)}\n`)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    if (result.rows.some(row => row.problem !== null)) process.exitCode = 1
    if (before && !args.json) console.log(printComparison(before, result, args.compare!))
  },
}

/** Paths come by repeating the flag: a comma may stand in a name. */
function paths(given: unknown): string[] {
  const all = [given].flat().map(String)
  if (all.includes('')) throw new LabError('usage', '--input: its value is missing')
  return all
}

function chooseSource(args: RunArguments): TraceSource {
  const { input, format, limit } = args
  if (input === undefined) {
    if (format !== undefined || limit !== undefined)
      throw new LabError('usage', `--${format === undefined ? 'limit' : 'format'}: goes with --input`)
    return sourceOf(args)
  }
  for (const flag of ['size', 'workload', 'seed'] as const)
    if (args[flag] !== undefined) throw new LabError('usage', `--${flag}: does not go with --input`)
  return capturedSource(input, {
    ...(format === undefined ? {} : { format }),
    ...(limit === undefined ? {} : { limit }),
  })
}
