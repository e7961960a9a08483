import { describe, expect, test } from 'vitest'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { encodeTraces, OtlpMessages } from '../../../lib/formats/otlp/proto-message.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { groupNeighbours } from '../../../lib/model/trace-id.ts'
import { joinSources } from '../../../lib/search/join-sources.ts'
import { LivePart } from '../../../lib/serve/live/part.ts'
import { LiveSource } from '../../../lib/serve/live/source.ts'
import { SpanRows } from '../../../lib/shred/rows.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import { streamOf } from '../../support/chunks.ts'
import { drawsOf } from '../../support/draws.ts'
import { isThorough } from '../../support/effort.ts'
import { attributes, span } from '../../support/nasty.ts'
import { spanIdOf, traceIdOf } from '../../support/store-spans.ts'
import { tempoSource } from '../../support/tempo-source.ts'

const baseNanos = BigInt(1e18)

async function blockpackOf(traces: readonly Trace[], spansPerPageGroup = 7): Promise<SpanSource> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces]), sink, profiles.default, { spansPerPageGroup })
  return blockpackSource(await BlockpackReader.open(openMemory(sink.bytes())))
}

async function liveOf(traces: readonly Trace[]): Promise<SpanSource> {
  const part = new LivePart()
  new OtlpMessages(new SpanRows(), () => {}).read(encodeTraces(traces), part.rows)
  part.commit(part.arrived(0, 0))
  return LiveSource.open(await part.view())
}

async function withoutIndex(traces: readonly Trace[]): Promise<SpanSource> {
  return { ...(await blockpackOf(traces)), traceIds: undefined }
}

const makers = [
  (traces: readonly Trace[]) => tempoSource(traces, 30),
  (traces: readonly Trace[]) => blockpackOf(traces),
  async (traces: readonly Trace[]) => liveOf(traces),
  async (traces: readonly Trace[]) => memorySource(traces),
  withoutIndex,
]

/** Traces of up to 6 spans, each a child of one before it. */
function drawTraces(draw: () => number): Trace[] {
  let next = 1
  return Array.from({ length: 40 }, (_, i) => {
    const first = next
    const spans: Span[] = Array.from({ length: 1 + Math.floor(draw() * 6) }, (_, j) =>
      span({
        spanId: spanIdOf(next++),
        parentSpanId: j === 0 ? '' : spanIdOf(first + Math.floor(draw() * j)),
        name: `name ${Math.floor(draw() * 4)}`,
        startNanos: baseNanos + BigInt(Math.floor(draw() * 1e9)) + BigInt(i) * BigInt(1e9),
        endNanos: baseNanos + BigInt(40e9) + BigInt(Math.floor(draw() * 1e9)),
        status: draw() < 0.2 ? { code: 2, message: '' } : draw() < 0.2 ? { code: 0, message: '' } : null,
        // Blocks of Tempo hold neither: a span in one of them and elsewhere is one all the same.
        flags: draw() < 0.5 ? 257 : 0,
        resource: draw() < 0.5 ? null : { attributes: [], droppedAttributesCount: 0, schemaUrl: 'https://schema' },
        attributes: attributes(['x', `value ${Math.floor(draw() * 5)}`]),
      }),
    )
    return { traceId: traceIdOf(i + 1), spans }
  })
}

/** The same traces in pieces: spans in one or more of the sources, ids in any spelling where `isSpelled`. */
function spread(traces: readonly Trace[], count: number, isSpelled: boolean, draw: () => number): Trace[][] {
  const pieces: Trace[][] = Array.from({ length: count }, () => [])
  for (const { traceId, spans } of traces) {
    const isWhole = draw() < 0.4
    const home = Math.floor(draw() * count)
    const placeOf = () => (isWhole ? home : Math.floor(draw() * count))
    const own: Span[][] = Array.from({ length: count }, () => [])
    for (const one of spans)
      for (const place of new Set([placeOf(), ...(draw() < 0.2 ? [Math.floor(draw() * count)] : [])]))
        own[place]!.push(one)
    // A span comes under one spelling: under two it would be two spans, as in one file.
    const isShort = new Map(spans.map(one => [one, isSpelled && draw() < 0.3]))
    for (const [place, members] of own.entries())
      for (const short of [false, true]) {
        const some = members.filter(one => isShort.get(one) === short)
        if (some.length > 0) pieces[place]!.push({ traceId: short ? traceId.slice(16) : traceId, spans: some })
      }
  }
  return pieces.map(list => shuffled(list, draw))
}

/** In any order, but spellings of one id next to each other, as all that groups spans leaves them. */
function shuffled(traces: readonly Trace[], draw: () => number): Trace[] {
  const groups = groupNeighbours(traces).map(group => ({ group, turn: draw() }))
  return groups.sort((a, b) => a.turn - b.turn).flatMap(({ group }) => group)
}

const searches = [
  '{ }',
  '{ name = "name 1" }',
  '{ name = "name 1" && status = error }',
  '{ name = "name 0" } && { span.x = "value 3" }',
  '{ name = "name 2" } >> { name = "name 1" }',
  '{ name = "name 2" } > { span.x = "value 1" }',
  '{ name = "name 1" } ~ { name = "name 3" }',
  '{ name = "name 2" } !>> { name = "name 1" }',
  '{ rootName = "name 1" }',
  '{ traceDuration > 39s && name = "name 3" }',
  '{ } | count() > 4',
  '{ name = "name 1" } | by(span.x) | count() > 1',
  '{ span.x = "absent" }',
  `{ span:id = "${spanIdOf(5)}" }`,
  `{ span:id = "${spanIdOf(3)}" } && { span:id = "${spanIdOf(4)}" }`,
  `{ span:id = "${spanIdOf(90)}" || span:id = "${spanIdOf(40)}" }`,
]
const metrics = [
  '{ } | rate() by (name)',
  '{ status = error } | count_over_time() by (span.x)',
  '{ name = "name 2" } >> { name = "name 1" } | count_over_time()',
  '{ rootName = "name 1" } | quantile_over_time(duration, .5) by (name)',
]
const ranges = [
  {},
  { startNanos: baseNanos + BigInt(10e9), endNanos: baseNanos + BigInt(13e9) },
  { startNanos: baseNanos + BigInt(39e9), endNanos: baseNanos + BigInt(45e9) },
]

async function answersOf(source: SpanSource): Promise<unknown[]> {
  const all: unknown[] = []
  for (const query of searches)
    for (const range of ranges) {
      const { traces } = await search(source, parseQuery(query), { ...range, limit: 1e6, spss: 1e6 })
      all.push([query, range, traces.map(sortedSpans)])
    }
  for (const query of metrics) {
    const range = { startNanos: baseNanos, endNanos: baseNanos + BigInt(45e9), stepNanos: BigInt(15e9) }
    const { series } = await queryRange(source, parseQuery(query), { ...range, exemplars: 0 })
    all.push([query, series.map(one => JSON.stringify(one, printBigint)).sort()])
  }
  return all
}

/** Spans of a set as a set: their order is that of their sources. */
function sortedSpans(trace: object): unknown {
  const sort = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(item => JSON.stringify(sort(item), printBigint)).sort()
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sort(item)]))
  }
  return sort(trace)
}

function printBigint(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

describe.each([false, true])('traces spread over sources, ids spelled in several ways: %s', isSpelled => {
  for (let seed = 1; seed <= (isThorough ? 6 : 2); seed++)
    test(`are answered as if they were whole (seed ${seed})`, async () => {
      const draw = drawsOf(seed)
      const traces = drawTraces(draw)
      const pieces = spread(traces, 2 + Math.floor(draw() * 5), isSpelled, draw)
      const sources = await Promise.all(pieces.map(own => makers[Math.floor(draw() * makers.length)]!(own)))
      const truth = await answersOf(memorySource(traces))
      const joined = joinSources(sources)
      expect(await answersOf(joined)).toEqual(truth)
      // What is held of the first questions answers the next ones, also among other sources.
      expect(await answersOf(joined)).toEqual(truth)
      expect(await answersOf(joinSources(sources.toReversed()))).toEqual(truth)
    })
})

test('what large files share is found by their indexes, and of other traces no id is read', async () => {
  const count = 20_000
  const traceOf = (number: number, place: number): Trace => ({
    traceId: traceIdOf(number),
    spans: [span({ spanId: spanIdOf(place * 1e6 + number), name: 'a' })],
  })
  const files = [0, 1, 2].map(place =>
    Array.from({ length: count }, (_, i) => traceOf((i % 1_000 === 7 ? 0 : place * count) + i, place)),
  )
  const sources = await Promise.all(files.map(traces => blockpackOf(traces, 500)))
  let idColumns = 0
  const watched = sources.map(source => ({
    ...source,
    scan: (...args: Parameters<SpanSource['scan']>) => {
      if (args[0].columns.includes('trace:id')) idColumns++
      return source.scan(...args)
    },
  }))
  const joined = joinSources(watched)
  const { traces } = await search(joined, parseQuery('{ name = "a" } | count() = 3'), { limit: 1e6 })
  expect(traces).toHaveLength(count / 1_000)
  const rate = '{ } | count_over_time()'
  const { series } = await queryRange(joined, parseQuery(rate), {
    startNanos: 0n,
    endNanos: BigInt(2e18),
    stepNanos: BigInt(2e18),
  })
  expect(series[0]!.samples.reduce((sum, { value }) => sum + (value ?? 0), 0)).toBe(3 * count)
  expect(idColumns).toBe(0)
})
