import type { CommandModule } from 'yargs'
import { defaultSeed } from '../../../generator/names.ts'
import { LabError } from '../../../lib/error.ts'
import { hint } from '../../../lib/nearest.ts'
import { type BlockFormat, blockFormats } from '../../../lib/serve/blocks/meta.ts'
import { measureClusters, problemsOf } from '../../bench/cluster/measure.ts'
import { readQuerySet } from '../../bench/queries/query-file.ts'
import { probeResults, saveMeasurement } from '../../lab/run-files.ts'
import { capturedSource } from '../../open/source.ts'
import { usualCounts } from '../../stack/stack.ts'
import { clusterPage } from '../../view/cluster-bench.ts'
import { generatorFlags, pathFlag, progressFlag, progressFrom, resultsFlag, resultsFolder, text } from '../flags.ts'
import { integer, list } from '../options.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface ClusterBenchArguments extends TableArguments {
  formats: BlockFormat[] | undefined
  input: string | undefined
  seconds: number | undefined
  rounds: number | undefined
  spansPerSecond?: number | undefined
  brokers: number | undefined
  cycle: number | undefined
  queries: string | undefined
  seed: number | undefined
  progress: boolean
  results: string | undefined
}

const defaults = { seconds: 15, rounds: 3, spansPerSecond: 5_000, brokers: 3, cycle: 10 }

export const cluster: CommandModule<object, ClusterBenchArguments> = {
  command: 'cluster',
  describe: 'What all roles of a cluster on this machine take in, store and answer, with blockpack and with vParquet4',
  builder: yargs =>
    yargs
      .usage(
        '$0 bench cluster\n\nStarts what deploy/local starts, with real Kafka (Java and Maven), and Ceph, or a folder where there is' +
          ' none; sends to it, asks it, and keeps the run, by whose JSON `cluster plan --rates` can plan.',
      )
      .options({
        formats: {
          ...text,
          describe: `formats of blocks, one cluster each: ${blockFormats.join(', ')} (default all)`,
          coerce: (given: unknown) => list('formats')(given)?.map(formatNamed),
        },
        input: pathFlag('input', 'a capture to replay (default generated traces of otel)'),
        seconds: count('seconds', `of a round (default ${defaults.seconds})`, 10_000),
        rounds: count('rounds', `that count, after one that does not (default ${defaults.rounds})`, 1_000),
        'spans-per-second': count(
          'spans-per-second',
          `while it is measured how soon spans are found (default ${defaults.spansPerSecond})`,
          1e9,
        ),
        brokers: {
          ...text,
          describe: `of Kafka, 1 or 3 (default ${defaults.brokers})`,
          coerce: integer('brokers', 1, 3),
        },
        cycle: count('cycle', `seconds of which a block has the spans (default ${defaults.cycle})`, 3_600),
        queries: pathFlag('queries', 'asked over an hour: as of bench queries (default otel or tempo)'),
        seed: generatorFlags.seed,
        ...tableFlag,
        ...progressFlag,
        ...resultsFlag,
      })
      .example('$0 bench cluster --formats blockpack --seconds 3 --brokers 1', 'a quick look'),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeResults(folder)
    const { questions } = await readQuerySet(args.queries ?? (args.input === undefined ? 'otel' : 'tempo'))
    const bench = await measureClusters({ ...settingsOf(args), questions, progress: progressFrom(args) })
    show({ page: () => clusterPage(bench) }, format)
    const saved = await saveMeasurement(bench, folder)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    const problems = problemsOf(bench)
    for (const problem of problems) process.stderr.write(`${problem}\n`)
    if (problems.length > 0) process.exitCode = 1
  },
}

function settingsOf(args: ClusterBenchArguments) {
  const { input, brokers = defaults.brokers } = args
  if (brokers === 2) throw new LabError('usage', '--brokers 2: needs 1 or 3')
  return {
    program: [process.execPath, ...process.execArgv, process.argv[1]!],
    formats: args.formats ?? blockFormats,
    capture: input === undefined ? { name: 'otel' } : { name: capturedSource([input], {}).name, input },
    seed: args.seed ?? defaultSeed,
    seconds: args.seconds ?? defaults.seconds,
    rounds: args.rounds ?? defaults.rounds,
    spansPerSecond: args.spansPerSecond ?? defaults.spansPerSecond,
    brokers: brokers as 1 | 3,
    counts: usualCounts,
    cycleSeconds: args.cycle ?? defaults.cycle,
  }
}

function count(flag: string, describe: string, max: number) {
  return { ...text, describe, coerce: integer(flag, 1, max) } as const
}

function formatNamed(given: string): BlockFormat {
  const name = blockFormats.find(name => name.toLowerCase() === given.toLowerCase())
  if (name === undefined)
    throw new LabError(
      'usage',
      `--formats ${given}: needs some of ${blockFormats.join(', ')}${hint(given, blockFormats)}`,
    )
  return name
}
