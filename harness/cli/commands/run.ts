import type { CommandModule } from 'yargs'
import { zstdLevels } from '../../../lib/codecs/compress.ts'
import type { Refusal } from '../../../lib/formats/format.ts'
import { runLab } from '../../lab/lab.ts'
import type { Candidate } from '../../lab/rows.ts'
import { probeResults, readRun, saveMeasurement } from '../../lab/run-files.ts'
import { reportLeftOut } from '../../open/left-out.ts'
import { measurementJson } from '../../runs/measurement-schema.ts'
import { tableOf } from '../../text/table.ts'
import { dataColumns } from '../../view/columns.ts'
import { checkComparable, compareRuns } from '../../view/compare.ts'
import { pageOf } from '../../view/report.ts'
import {
  candidatesFrom,
  pathFlag,
  progressFlag,
  progressFrom,
  type RowArguments,
  resultsFlag,
  resultsFolder,
  rowFlags,
  type SourceArguments,
  sourceFlags,
  sourceFrom,
  text,
} from '../flags.ts'
import { integer } from '../options.ts'
import { jsonFlag, show, type TableArguments, tableFormatOf } from '../show.ts'

interface RunArguments extends SourceArguments, RowArguments, TableArguments {
  zstdLevel?: number | undefined
  rounds: number | undefined
  progress: boolean
  results: string | undefined
  compare: string | undefined
}

/** The flags of a run. */
export const runFlags = {
  ...sourceFlags,
  ...rowFlags,
  'zstd-level': {
    ...text,
    describe: 'zstd level of the phases that have one to choose',
    coerce: integer('zstd-level', zstdLevels.min, zstdLevels.max),
  },
  rounds: {
    ...text,
    describe: 'timed rounds (default as many as take 0.2 s, at least one); more for steadier times',
    coerce: integer('rounds', 1, 1000),
  },
  ...jsonFlag('print the run as JSON, and nothing else'),
  ...progressFlag,
  ...resultsFlag,
  compare: pathFlag('compare', 'a run of the same traces: print what moved since'),
} as const

export const run: CommandModule<object, RunArguments> = {
  command: ['run', '$0'],
  describe: 'Run the phases on traces, prove each round trip, measure and tabulate',
  builder: yargs =>
    yargs
      .options(runFlags)
      .example('$0 --size medium', 'all phases on a thousand generated traces')
      .example('$0 --input traces.json.gz --phase 03,22', 'two phases on your own traces')
      .example('cat traces.jsonl | $0 --input - --json', 'from standard input, for a program')
      .example('$0 --size medium --compare RUN.json', 'what has moved since a run in results/runs'),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeResults(folder)
    const candidates = await candidatesFrom(args)
    const before = args.compare === undefined ? undefined : await readRun(args.compare)
    const progress = progressFrom(args)
    const result = await runLab({
      source: sourceFrom(args, args.skipBad ? refusalOf(candidates) : undefined),
      candidates,
      progress,
      timesAllCores: true,
      ...(before ? { onPrepared: prepared => checkComparable(before, prepared, args.compare!) } : {}),
      ...(args.rounds === undefined ? {} : { rounds: args.rounds }),
      ...(args.zstdLevel === undefined ? {} : { zstdLevel: args.zstdLevel }),
    })
    const saved = await saveMeasurement(result, folder, isComplete(args))
    const moves = before ? compareRuns(before, result, args.compare!) : []
    const page = format === 'csv' ? [tableOf(result.rows, dataColumns)] : pageOf(result)
    if (process.stdout.isTTY) progress.erase()
    show({ json: () => measurementJson(result), page: () => [...page, ...moves] }, format)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    reportLeftOut(result.input, args.skipBad)
    if (result.rows.some(row => row.problem !== null)) process.exitCode = 1
  },
}

/** What one of the phases cannot hold: all rows are of the same traces, so it is left out of all. */
function refusalOf(candidates: readonly Candidate[]): Refusal | undefined {
  const refusals = new Set(candidates.flatMap(({ phase }) => phase?.refusal ?? []))
  if (refusals.size === 0) return undefined
  return span => [...refusals].map(refusal => refusal(span)).find(reason => reason !== undefined)
}

/** True for a run whose page may be rendered anew: of all phases as they are, on all of the input. */
function isComplete({ phase, variants, limit, zstdLevel }: RunArguments): boolean {
  return [phase, variants, limit, zstdLevel].every(flag => flag === undefined)
}
