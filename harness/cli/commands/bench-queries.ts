import type { CommandModule } from 'yargs'
import { blockOfEnvironment } from '../../bench/queries/block.ts'
import { measureQueries } from '../../bench/queries/measure.ts'
import { readQuerySet } from '../../bench/queries/query-file.ts'
import { type PeerName, peerNames } from '../../bench/queries/sql/duckdb.ts'
import { discoverPhases } from '../../lab/discover.ts'
import { probeResults, saveMeasurement } from '../../lab/run-files.ts'
import { selectRows } from '../../lab/select.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { problemsOf, queriesPage } from '../../view/queries/report.ts'
import { describeSource } from '../../view/report.ts'
import {
  candidatesFrom,
  capturedFrom,
  formatFlags,
  generatorFlags,
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
import { choice, integer } from '../options.ts'
import { show, type TableArguments, tableFormatOf } from '../show.ts'

interface QueriesArguments extends SourceArguments, RowArguments, TableArguments {
  queries?: string | undefined
  peers?: PeerName | undefined
  rounds?: number | undefined
  progress: boolean
  results: string | undefined
}

export const queries: CommandModule<object, QueriesArguments> = {
  command: 'queries',
  describe: 'Time, bytes and requests of each query in each phase, every answer held against the true one',
  builder: yargs =>
    yargs
      .usage(
        '$0 bench queries\n\nAsks every phase a set of queries, each phase in its own process. A phase that cannot open' +
          ' its file is asked after a full decode. With BENCH_PATH, BENCH_TENANTID (default single-tenant) and' +
          ' BENCH_BLOCKID in the environment or in .env, and no other source, the traces are those of the block in' +
          ' that folder, which is also asked as it lies.',
      )
      .options(sourceFlags)
      .options(rowFlags)
      .option(
        'queries',
        pathFlag(
          'queries',
          'otel, tempo, or a file: a query a line, or JSON (default otel, for otel traces; else tempo)',
        ),
      )
      .option(
        'peers',
        choice(
          'peers',
          peerNames,
          'ask a system besides ours the same, over what phase 24 writes, and time all that open their file with a limit' +
            ' of 20 traces and without, hot and cold',
        ),
      )
      .option('rounds', {
        ...text,
        describe: 'timed rounds of each query (default 15 where the file opens; else 1 to 15, by the number of spans)',
        coerce: integer('rounds', 1, 1000),
      })
      .options(progressFlag)
      .options(resultsFlag)
      .example('$0 bench queries --phase 03,06', 'two phases on a thousand generated traces')
      .example('$0 bench queries --phase 06 --peers duckdb', 'blockpack beside DuckDB')
      .example('$0 bench queries --input traces.json.gz --queries mine.txt', 'your own queries on your own traces'),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeResults(folder)
    const block = isSourceGiven(args) ? undefined : await blockOfEnvironment()
    const set = await readQuerySet(args.queries ?? defaultSet(args, block))
    const source = block === undefined ? sourceFrom(args) : capturedFrom([block], {})
    const candidates = await candidatesFrom(args)
    const { rounds, peers } = args
    const peer = peers && { name: peers, candidate: selectRows(await discoverPhases(), ['24'], [])[0]! }
    const result = await measureQueries({ source, candidates, set, block, peer, rounds, progress: progressFrom(args) })
    show({ page: () => [describeSource(source), ...queriesPage(result)] }, format)
    const saved = await saveMeasurement(result, folder)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    if (problemsOf(result).length > 0) process.exitCode = 1
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}

function isSourceGiven(args: SourceArguments): boolean {
  const flags = ['input', ...Object.keys(generatorFlags), ...Object.keys(formatFlags)]
  return flags.some(flag => (args as Record<string, unknown>)[flag] !== undefined)
}

/** The workload that the set is about; of any other data only the texts of Tempo's benchmarks are known. */
function defaultSet({ input, workload }: SourceArguments, block: string | undefined): string {
  return input === undefined && block === undefined && (workload ?? 'otel') === 'otel' ? 'otel' : 'tempo'
}
