import type { CommandModule } from 'yargs'
import type { RangeReader } from '../../../lib/bytes/range.ts'
import { LabError } from '../../../lib/error.ts'
import type { Answer, Question } from '../../../lib/model/question.ts'
import { levels } from '../../../lib/rollup/levels.ts'
import { metricsDocuments } from '../../../lib/rollup/metrics.ts'
import { openLocal } from '../../../lib/storage/local.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { endsPack } from '../../../lib/storage/pack.ts'
import { answerFromTiers } from '../../../lib/tiers/answer.ts'
import { openTiers, type TiersFile } from '../../../lib/tiers/file.ts'
import { allRollups } from '../../../lib/tiers/rollups.ts'
import { parseTiers } from '../../../lib/tiers/tier-list.ts'
import { encodeTiers } from '../../../lib/tiers/write.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { readFilter } from '../../open/query-text.ts'
import type { Page } from '../../text/page.ts'
import { operationsTable, tiersTable } from '../../view/tiers-report.ts'
import { capturedFrom, type FormatArguments, formatFlags, inputPositional, pathFlag, text } from '../flags.ts'
import { choice } from '../options.ts'
import { writeOutput } from '../output.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'
import { time } from '../time-options.ts'

const groupings = ['service', 'operation', 'edge'] as const
const steps: Readonly<Record<string, number>> = { '1s': 0, '1m': 1, '1h': 2 }

interface RollupArguments extends TableArguments, Pick<FormatArguments, 'inputFormat' | 'skipBad'> {
  in: string[] | undefined
  by?: (typeof groupings)[number] | undefined
  start?: bigint | undefined
  end?: bigint | undefined
  search?: string | undefined
  out?: string | undefined
  step?: string | undefined
}

export const rollup: CommandModule<object, RollupArguments> = {
  command: 'rollup <in..>',
  describe:
    'Counts, errors and latencies of a file of tiers (convert --to tiers), or of captures; also as OTLP metrics',
  builder: yargs =>
    yargs
      .positional('in', { ...inputPositional, describe: 'a file of tiers, or captures, which are rolled up first' })
      .option('by', choice('by', groupings, 'what is counted by (default operation)'))
      .option('start', { ...text, describe: 'only spans that start from this time on', coerce: time('start') })
      .option('end', { ...text, describe: 'only spans that start before this time', coerce: time('end') })
      .option('search', { ...text, describe: 'list the traces that a TraceQL search finds instead' })
      .option('out', pathFlag('out', 'write OTLP metrics as JSON, a request per line, instead; - for standard output'))
      .option('step', choice('step', Object.keys(steps), 'with --out: how far points are apart (default 1m)'))
      .options({ 'input-format': formatFlags['input-format'], 'skip-bad': formatFlags['skip-bad'] })
      .options(tableFlag)
      .example('$0 rollup traces.tiers --by service --start 2026-11-01T00:00:00Z', 'from the best tier that holds it')
      .example("$0 rollup traces.tiers --search '{ status = error }'", 'traces, and whether some may be missing')
      .example('$0 rollup traces.pb --out metrics.json', "for a collector, or Prometheus' OTLP endpoint"),
  handler: async args => {
    checkFlags(args)
    const format = tableFormatOf(args)
    await withTiers(args, async file => {
      if (args.out !== undefined) return writeMetrics(file, args.out, args)
      const page = args.search === undefined ? await countsPage(file, args) : await searchPage(file, args)
      show({ page: () => page }, format)
    })
  },
}

function checkFlags({ search, out, step, by, start, end }: RollupArguments): void {
  const refuse = (flag: string, other: string) => {
    throw new LabError('usage', `--${flag}: ${other}`)
  }
  readFilter('search', search)
  if (step !== undefined && out === undefined) refuse('step', 'goes with --out')
  if (search !== undefined && out !== undefined) refuse('search', 'does not go with --out')
  if (by !== undefined && (search ?? out) !== undefined) refuse('by', 'does not go with --search or --out')
  if ((start ?? end) !== undefined && out !== undefined) refuse('start, --end', 'do not go with --out')
  if (start !== undefined && end !== undefined && end <= start) refuse('end', `${end} ns is not after --start`)
}

/** What `work` makes of a file of tiers; of captures one that holds nothing but rollups, or is exact for a search. */
async function withTiers(args: RollupArguments, work: (file: TiersFile) => Promise<void>): Promise<void> {
  const [path] = args.in!
  const file = args.in!.length === 1 && path !== '-' ? await openLocal(path!).catch(() => undefined) : undefined
  try {
    if (file && (await endsPack(file))) return await work(await openTiers(file))
  } finally {
    await file?.close()
  }
  const source = capturedFrom(args.in!, args)
  const sink = new MemorySink()
  await encodeTiers(source.traces, sink, parseTiers(args.search === undefined ? 'rollup:inf' : 'exact:inf'))
  await work(await openTiers(openMemory(sink.bytes()) as RangeReader))
  reportLeftOut(leftOutOf(source), args.skipBad)
}

function rangeOf({ start, end }: RollupArguments): Pick<Question, 'range'> {
  if (start === undefined && end === undefined) return {}
  return { range: { startNanos: start ?? 0n, endNanos: end ?? 2n ** 64n } }
}

async function countsPage(file: TiersFile, args: RollupArguments): Promise<Page> {
  const by = args.by ?? 'operation'
  const range = rangeOf(args)
  const ask = async (question: Question) => valuesOf(await answerFromTiers(file, question))
  if (by === 'edge') {
    const calls = await ask({ ask: 'edges', ...range })
    return [tiersTable(file), operationsTable(by, { spans: calls.values }), `from ${calls.basis}`]
  }
  const spans = await ask({ ask: 'spans', by, ...range })
  const errors = await ask({ ask: 'errors', by, ...range })
  const [p50, p95, p99] = [
    await ask({ ask: 'duration', by, quantile: 0.5, ...range }),
    await ask({ ask: 'duration', by, quantile: 0.95, ...range }),
    await ask({ ask: 'duration', by, quantile: 0.99, ...range }),
  ]
  const values = { spans: spans.values, errors: errors.values, p50: p50.values, p95: p95.values, p99: p99.values }
  const bound = [...p99.values.values()].some(({ low }) => low !== undefined)
  const basis = `from ${p99.basis}${bound ? '; latencies are within 0.55 % of the true ones' : ''}`
  return [tiersTable(file), operationsTable(by, values), basis]
}

function valuesOf(answer: Answer): Answer & { kind: 'values' } {
  if (answer.kind === 'values') return answer
  throw new LabError('missing', answer.kind === 'unanswerable' ? answer.reason : answer.basis)
}

async function searchPage(file: TiersFile, args: RollupArguments): Promise<Page> {
  const answer = await answerFromTiers(file, { ask: 'search', query: args.search!, ...rangeOf(args) })
  if (answer.kind !== 'traces') return valuesOf(answer) as never
  const note = answer.isComplete ? '' : '; others that match may be gone'
  return [[...answer.traceIds].join('\n'), `${answer.traceIds.size} traces, from ${answer.basis}${note}`]
}

async function writeMetrics(file: TiersFile, path: string, args: RollupArguments): Promise<void> {
  const level = steps[args.step ?? '1m']!
  const rollups = await allRollups(file)
  await writeOutput(path, args.in!, async sink => {
    for await (const document of metricsDocuments(rollups, level)) await sink.write(Buffer.from(`${document}\n`))
  })
  process.stderr.write(`histograms of ${levels[level]!.name}\n`)
}
