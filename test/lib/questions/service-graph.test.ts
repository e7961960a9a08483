import { expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { TimeRange } from '../../../lib/model/question.ts'
import { serviceOf } from '../../../lib/model/service.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { parentRows } from '../../../lib/model/tree.ts'
import { serviceGraph } from '../../../lib/questions/service-graph.ts'
import { weightedSource } from '../../../lib/sampling/weights.ts'
import { drawCorpus } from '../../phases/drawn-corpus.ts'
import { drawsOf } from '../../support/draws.ts'
import { generatedTraces } from '../../support/generated.ts'

/** By caller and service the spans of the calls, one by one. */
function naiveCalls(traces: readonly Trace[], { startNanos, endNanos }: TimeRange): Map<string, Span[]> {
  const calls = new Map<string, Span[]>()
  for (const { spans } of traces) {
    const parents = parentRows(spans)
    for (const [row, span] of spans.entries()) {
      if (span.startNanos < startNanos || span.startNanos >= endNanos) continue
      const parent = spans[parents[row]!]
      const [caller, service] = [parent && serviceOf(parent.resource), serviceOf(span.resource)]
      if (caller === service) continue
      const key = JSON.stringify([caller ?? null, service])
      calls.set(key, [...(calls.get(key) ?? []), span])
    }
  }
  return calls
}

function quantile(spans: readonly Span[], share: number): number {
  const sorted = spans.map(({ startNanos, endNanos }) => Number(endNanos - startNanos)).sort((a, b) => a - b)
  return sorted[Math.ceil(share * sorted.length) - 1]!
}

interface Stats {
  readonly count?: number | undefined
  readonly errorShare?: number | undefined
  readonly p50Nanos?: number | undefined
  readonly p95Nanos?: number | undefined
}

function expectStats(actual: Stats, spans: readonly Span[]): void {
  expect(actual.count).toBe(spans.length)
  const failed = spans.filter(({ status }) => status?.code === 2)
  expect(actual.errorShare).toBeCloseTo(failed.length / spans.length, 12)
  for (const [share, value] of [
    [0.5, actual.p50Nanos!],
    [0.95, actual.p95Nanos!],
  ] as const) {
    const truth = quantile(spans, share)
    expect(Math.abs(value - truth)).toBeLessThanOrEqual(0.0056 * Math.abs(truth))
  }
}

const seed = 20261129
const draw = drawsOf(seed)
const corpora: [string, readonly Trace[]][] = [
  ['of generated traces', generatedTraces('otel', 300)],
  ...Array.from({ length: 5 }, (_, i): [string, Trace[]] => [`drawn, of seed ${seed}, ${i}`, drawCorpus(draw, 20, 30)]),
]

test.each(corpora)('calls are those that are counted span by span: %s', async (_, traces) => {
  const starts = traces
    .flatMap(({ spans }) => spans.map(({ startNanos }) => startNanos))
    .sort((a, b) => (a < b ? -1 : 1))
  const at = (share: number) => starts[Math.floor(share * (starts.length - 1))]!
  for (const range of [
    { startNanos: at(0), endNanos: at(1) + 1n },
    { startNanos: at(0.2), endNanos: at(0.7) },
  ]) {
    const { services, calls, inspectedSpans } = await serviceGraph(memorySource(traces), range)
    const naive = naiveCalls(traces, range)
    expect(inspectedSpans).toBeLessThanOrEqual(starts.length)
    const called = [...naive].filter(([key]) => JSON.parse(key)[0] !== null)
    expect(calls.map(({ caller, service }) => JSON.stringify([caller, service])).sort()).toEqual(
      called.map(([key]) => key).sort(),
    )
    for (const call of calls) expectStats(call, naive.get(JSON.stringify([call.caller, call.service]))!)
    expect(calls.map(({ count }) => count)).toEqual(calls.map(({ count }) => count).sort((a, b) => b - a))
    const names = new Set([...naive.keys()].flatMap(key => JSON.parse(key) as (string | null)[]))
    names.delete(null)
    expect(services.map(({ service }) => service)).toEqual([...names].sort())
    for (const { service, entryCount, ...stats } of services) {
      const own = [...naive].filter(([key]) => JSON.parse(key)[1] === service).flatMap(([, spans]) => spans)
      expect(entryCount).toBe(naive.get(JSON.stringify([null, service]))?.length ?? 0)
      if (own.length > 0) expectStats(stats, own)
      else expect(stats).toEqual({})
    }
  }
})

test('a span of a sample counts as many as it represents', async () => {
  const traces = generatedTraces('otel', 20).map(({ traceId, spans }) => ({
    traceId,
    spans: spans.map(span => ({ ...span, traceState: 'ot=th:c;rv:f0000000000000' })),
  }))
  const range = { startNanos: 0n, endNanos: 2n ** 63n }
  const [plain, weighted] = [memorySource(traces), weightedSource(memorySource(traces))]
  const counts = async (source: typeof plain) => (await serviceGraph(source, range)).calls.map(({ count }) => count)
  expect(await counts(weighted)).toEqual((await counts(plain)).map(count => 4 * count))
})
