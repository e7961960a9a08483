import { expect, test } from 'vitest'
import { Replay } from '../../../../harness/bench/serve/replay.ts'
import { spanOf } from '../../../../harness/bench/serve/span-number.ts'
import { generatedSource } from '../../../../harness/open/source.ts'
import { OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import { mergeSpellings } from '../../../../lib/model/merge.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'
import { rowTraces } from '../../../../lib/shred/row-traces.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'

const traces: Trace[] = []
for await (const batch of generatedSource({ workload: 'otel', size: 'small', seed: 1 }).traces) traces.push(...batch)
const sent = traces.flatMap(({ spans }) => spans).toSorted((a, b) => Number(a.endNanos - b.endNanos))

function readRound(replay: Replay): { round: number; traces: Trace[]; spans: Map<number, Span> } {
  const rows = new SpanRows()
  const messages = new OtlpMessages(rows, () => {})
  let round = 0
  for (let i = 0; i < replay.requestCount; i++) {
    const sending = replay.next()
    expect(sending.index).toBe(i)
    round = sending.round
    messages.read(sending.body, rows)
  }
  const read = [...rowTraces(rows)]
  const spans = new Map<number, Span>()
  for (const span of read.flatMap(({ spans }) => spans)) {
    const found = spanOf(span.spanId)
    expect(found.round).toBe(round)
    spans.set(found.number, span)
  }
  return { round, traces: read, spans }
}

test('the traces of a round are those that are sent', () => {
  const replay = new Replay(traces, round => BigInt(1e18) + BigInt(round))
  for (let turn = 0; turn < 2; turn++) {
    const { round, traces: read } = readRound(replay)
    const byId = (list: readonly Trace[]) =>
      new Map(list.map(({ traceId, spans }) => [traceId, new Map(spans.map(span => [span.spanId, span]))]))
    expect(byId(replay.traces(round))).toEqual(byId(mergeSpellings(read)))
  }
})

test('a span that stands for many counts as one, as those do that are sent beside it', () => {
  const stateOf = (randomness: string) => `ot=th:fd70a4;rv:${randomness}`
  const states = [stateOf('ff00000000000a'), stateOf('0f00000000000a'), 'vendor=1']
  const spans = states.map((traceState, i) => ({ ...sent[i]!, spanId: `a${i}`, traceState }))
  const replay = new Replay([{ traceId: 'ab'.repeat(16), spans }])
  const found = readRound(replay).traces.flatMap(trace => trace.spans.map(({ traceState }) => traceState))
  expect(found.toSorted()).toEqual(['', states[1], states[2]])
})

test('every round has all spans, with ids of its own that tell them, and times that end when it begins', () => {
  const replay = new Replay(traces)
  const seen = new Set<string>()
  for (let turn = 0; turn < 3; turn++) {
    const { round, traces: read, spans } = readRound(replay)
    expect(round).toBe(turn)
    expect(spans.size).toBe(replay.spanCount)
    expect(read.length).toBe(traces.length)
    for (const { traceId } of read) seen.add(traceId)
    const end = spans.get(replay.spanCount - 1)!.endNanos
    expect(Math.abs(Number(end / 1_000_000n) - Date.now())).toBeLessThan(5_000)
    const shift = end - sent.at(-1)!.endNanos
    for (const [number, span] of spans) {
      const { name, startNanos, endNanos, attributes, events } = sent[number]!
      const moved = events.map(event => ({ ...event, timeNanos: event.timeNanos + shift }))
      const expected = { name, startNanos: startNanos + shift, endNanos: endNanos + shift, attributes, events: moved }
      expect(span).toMatchObject(expected)
    }
  }
  expect(seen.size).toBe(3 * traces.length)
})

test('a parent is the parent in every round', () => {
  const replay = new Replay(traces)
  for (let turn = 0; turn < 2; turn++) expect(rootCount(readRound(replay).traces)).toBe(rootCount(traces))
})

/** Spans whose parents are not in their traces. */
function rootCount(all: readonly Trace[]): number {
  const roots = all.flatMap(({ spans }) => {
    const ids = new Set(spans.map(({ spanId }) => spanId))
    return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))
  })
  return roots.length
}
