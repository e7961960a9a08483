import type { ByteSink } from '../../lib/bytes/range.ts'
import { memorySource } from '../../lib/model/memory-source.ts'
import type { Question, TimeRange } from '../../lib/model/question.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'
import { SourceAsker } from '../../lib/questions/ask-source.ts'
import { type Ask, askTruths, type Price, priceOf } from '../../lib/questions/price.ts'
import { type QuestionGroup, questionSet } from '../../lib/questions/questions.ts'
import { weightedSource } from '../../lib/sampling/weights.ts'
import { openLocal } from '../../lib/storage/local.ts'
import { writeLocal } from '../../lib/storage/local-write.ts'
import { inWorkFolder } from '../../lib/storage/work-folder.ts'
import { answerFromTiers } from '../../lib/tiers/answer.ts'
import { startsOf, type TierFacts } from '../../lib/tiers/contents.ts'
import { openTiers, type TiersFile, tiersParts } from '../../lib/tiers/file.ts'
import type { Tier } from '../../lib/tiers/tier-list.ts'
import { encodeTiers } from '../../lib/tiers/write.ts'
import { type Generated, generatedSource } from '../open/source.ts'
import { fixed, mebibytes, whole } from '../text/format.ts'
import { type Table, tableOf, text } from '../text/table.ts'
import type { Document } from '../view/document.ts'
import { priceWords } from '../view/loss.ts'

const nanosPerSecond = 1_000_000_000n

/** Generated traces, laid out over days. */
export interface StreamOf extends Generated {
  readonly days: number
  readonly traceCount: number
}

/** What a stream took in tiers, and what each of them answers of its own time. */
export interface TieredStream {
  readonly tiers: readonly TierPrice[]
  /** Bytes of the file by part. */
  readonly parts: Readonly<Record<string, number>>
  /** Peak memory of the process after a quarter of the stream was written, and after all of it; bytes. */
  readonly peaks: readonly [quarter: number, all: number]
}

interface TierPrice {
  readonly facts: TierFacts
  /** Of its section, and its share, by spans, of the rollups. */
  readonly byteLength: number
  readonly prices: readonly Price[]
}

/** Writes a stream as tiers, and asks of the time of each tier what its own traces answer. */
export async function measureTiers(stream: StreamOf, tiers: readonly Tier[]): Promise<TieredStream> {
  return inWorkFolder(async folder => {
    const path = `${folder}/stream.tiers`
    await encodeTiers(streamed(stream, stream.traceCount / 4), drop, tiers)
    const quarter = peakBytes()
    await writeLocal(path, sink => encodeTiers(streamed(stream), sink, tiers))
    const peaks = [quarter, peakBytes()] as const
    const file = await openLocal(path)
    try {
      const opened = await openTiers(file)
      const prices: TierPrice[] = []
      for (const facts of opened.contents.tiers)
        prices.push({ facts, byteLength: bytesOf(opened, facts), prices: await priceTier(opened, facts, stream) })
      return { tiers: prices, parts: await tiersParts(file), peaks }
    } finally {
      await file.close()
    }
  })
}

const drop: ByteSink = { write: async () => {} }

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

/** Tiers end at multiples of six hours, by default, and so never within a burst. */
const hoursPerBurst = 5
const burstNanos = 60n * nanosPerSecond

/** The traces of a generated source, in order: of every five hours one minute has traffic, and all minutes have as much. */
async function* streamed(stream: StreamOf, count = stream.traceCount): AsyncIterable<readonly Trace[]> {
  let [index, base] = [0, 0n]
  const bursts = (stream.days * 24) / hoursPerBurst
  const startOf = (trace: number) => {
    const at = (trace * bursts) / stream.traceCount
    const burst = Math.floor(at)
    const within = BigInt(Math.floor((at - burst) * Number(burstNanos)))
    return BigInt(burst * hoursPerBurst * 3600) * nanosPerSecond + within
  }
  for await (const batch of generatedSource(stream).traces) {
    const shifted = batch.map(trace => {
      const first = firstStart(trace)
      if (index === 0) base = first
      return shift(trace, base + startOf(index++) - first)
    })
    yield shifted
    if (index >= count) return
  }
}

function firstStart({ spans }: Trace): bigint {
  return spans.reduce((first, { startNanos }) => (startNanos < first ? startNanos : first), spans[0]!.startNanos)
}

function shift({ traceId, spans }: Trace, by: bigint): Trace {
  const moved = (span: Span): Span => ({
    ...span,
    startNanos: span.startNanos + by,
    endNanos: span.endNanos + by,
    events: span.events.map(event => ({ ...event, timeNanos: event.timeNanos + by })),
  })
  return { traceId, spans: spans.map(moved) }
}

function bytesOf({ contents, facts }: TiersFile, { name, spanCount }: TierFacts): number {
  const sizeOf = (section: string) => contents.sections.find(one => one.name === section)?.byteLength ?? 0
  if (name === 'exact' || name === 'renamed') return sizeOf(name)
  const all = (facts('exemplars')?.spanCount ?? 0) + (facts('rollup')?.spanCount ?? 0)
  const own = all === 0 ? 0 : (sizeOf('rollup') * spanCount) / all
  return own + (name === 'exemplars' ? sizeOf(name) : 0)
}

/** The price of the fixed questions, asked of the whole seconds in which the tier's traces start. */
async function priceTier(file: TiersFile, facts: TierFacts, stream: StreamOf): Promise<Price[]> {
  const starts = startsOf(facts)
  if (!starts) return []
  const range: TimeRange = {
    startNanos: starts.first - (starts.first % nanosPerSecond),
    endNanos: starts.last - (starts.last % nanosPerSecond) + nanosPerSecond,
  }
  const traces: Trace[] = []
  for await (const batch of streamed(stream)) traces.push(...batch.filter(trace => isIn(trace, range)))
  const asker = new SourceAsker(weightedSource(memorySource(traces)))
  const ranged = (await questionSet(asker)).map(group => withRange(group, range))
  const asked = await askTruths(ranged, question => asker.ask(question))
  const ask: Ask = question => answerFromTiers(file, question)
  return priceOf(asked, ask)
}

function isIn(trace: Trace, { startNanos, endNanos }: TimeRange): boolean {
  return trace.spans.some(span => span.startNanos >= startNanos && span.startNanos < endNanos)
}

function withRange({ name, questions }: QuestionGroup, range: TimeRange): QuestionGroup {
  return { name, questions: questions.map((question): Question => ({ ...question, range })) }
}

/** A row per figure and question, a column per tier. */
export function tiersTable({ tiers }: TieredStream): Table {
  const total = tiers.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const figures: [string, (tier: TierPrice) => string][] = [
    ['traces', ({ facts }) => whole(facts.traceCount)],
    ['spans', ({ facts }) => whole(facts.spanCount)],
    ['bytes', ({ byteLength }) => whole(byteLength)],
    ['share of bytes', ({ byteLength }) => `${fixed(1)((byteLength / total) * 100)} %`],
    ['B/span', ({ byteLength, facts }) => (facts.spanCount === 0 ? '–' : fixed(2)(byteLength / facts.spanCount))],
  ]
  const names = tiers.reduce<readonly Price[]>((most, { prices }) => (prices.length > most.length ? prices : most), [])
  const questions = names.map(({ question }): [string, (tier: TierPrice) => string] => [
    question,
    ({ prices }) => {
      const price = prices.find(one => one.question === question)
      return price ? priceWords(price) : '–'
    },
  ])
  const outside: [string, (tier: TierPrice) => string] = [
    'outside of bounds',
    ({ prices }) => {
      const bounded = prices.flatMap(price => price.outside ?? [])
      return bounded.length === 0 ? '–' : `${fixed(1)(Math.max(...bounded) * 100)} %`
    },
  ]
  return tableOf(
    [...figures, ...questions, outside],
    [
      text('', ([name]) => name, { keep: 1 }),
      ...tiers.map(tier =>
        text<(typeof figures)[number]>(`${tier.facts.name}:${tier.facts.age}`, ([, say]) => say(tier)),
      ),
    ],
  )
}

/** The page of a stream. */
export function tiersDocument(result: TieredStream, stream: StreamOf): Document {
  const { parts, peaks } = result
  const peak = (byteLength: number) => whole(mebibytes(byteLength))
  return [
    `# ${stream.days} days in tiers`,
    `${whole(stream.traceCount)} traces of ${stream.workload}, seed ${stream.seed}, over ${stream.days} days. The stream is ` +
      `accelerated: of every ${hoursPerBurst} hours one minute has traffic. So few spans share a second, a series and a ` +
      'bucket, and rollups and exemplars take more bytes per span than they do of dense traffic. Bytes of the rollups are ' +
      'dealt out by spans.',
    'Errors are those of answers about the time of each tier, against its own traces: median and worst over groups ' +
      '(relative), or the share of traces that a search misses.',
    tiersTable(result),
    'Bytes by part:',
    tableOf(Object.entries(parts), [
      text('part', ([name]) => name),
      text('bytes', ([, byteLength]) => whole(byteLength)),
    ]),
    `Peak memory of the process: ${peak(peaks[0])} MiB after a quarter of the stream, ${peak(peaks[1])} MiB after all ` +
      'of it.',
  ]
}
