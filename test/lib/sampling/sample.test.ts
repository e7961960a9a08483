import { describe, expect, test } from 'vitest'
import { otlpByteLength } from '../../../generator/otlp-input.ts'
import { firstDifference } from '../../../lib/model/difference.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { estimateOtlpBytes } from '../../../lib/sampling/byte-length.ts'
import { decide } from '../../../lib/sampling/decide.ts'
import { parsePolicy } from '../../../lib/sampling/policy.ts'
import { Sample, type SampleReport } from '../../../lib/sampling/sample.ts'
import { type DecidedTraces, TraceSummaries, withOtherRandomness } from '../../../lib/sampling/summary.ts'
import { adjustedCount, heldThreshold, parseThreshold, randomnessOf } from '../../../lib/sampling/threshold.ts'
import { collect, streamOf } from '../../support/chunks.ts'
import { drawsOf } from '../../support/draws.ts'
import { generatedTraces } from '../../support/generated.ts'
import { span } from '../../support/nasty.ts'

interface Sampled {
  readonly traces: readonly Trace[]
  readonly report: SampleReport
}

async function sampled(traces: readonly Trace[], policy: string): Promise<Sampled> {
  const summaries = new TraceSummaries()
  for (const trace of traces) summaries.add(trace)
  const sample = new Sample(parsePolicy(policy), summaries)
  return { traces: (await collect(sample.keep(streamOf([traces])))).flat(), report: sample.report() }
}

function withState(trace: Trace, traceState: string): Trace {
  return { ...trace, spans: trace.spans.map(one => ({ ...one, traceState })) }
}

/** Generated traces have thresholds of their own, which contradict their ids. */
const traces = generatedTraces('otel', 1000).map(trace => withState(trace, ''))
const policies = ['head:10%', 'head:100%', 'tail', 'tail:errors,head=2%', 'combined:2%,rare=3', 'budget:10%']

function weightOf({ traceId, spans }: Trace): number {
  return adjustedCount(heldThreshold(traceId, spans[0]!.traceState)!)
}

const isError = ({ spans }: Trace) => spans.some(({ status }) => status?.code === 2)
const idsOf = (list: readonly Trace[]) => list.map(({ traceId }) => traceId)

const summaries = new TraceSummaries()
for (const trace of traces) summaries.add(trace)

/** The same traces with other random numbers. */
function seededTraces(seed: number): DecidedTraces {
  const draw = drawsOf(seed)
  const numbers = traces.map(() => BigInt(Math.floor(draw() * 2 ** 53)) << 3n)
  return withOtherRandomness(summaries, row => numbers[row]!)
}

/** Where two lists of traces differ. */
function differenceOf(a: readonly Trace[], b: readonly Trace[]): unknown {
  if (a.length !== b.length) return [a.length, b.length]
  return a.map((trace, i) => firstDifference(trace, b[i])).find(found => found !== undefined)
}

describe.each(policies)('%s', policy => {
  test('keeps traces whole, in order, with one threshold that their randomness reaches', async () => {
    const { traces: kept, report } = await sampled(traces, policy)
    const wanted = new Set(idsOf(kept))
    const originals = traces.filter(({ traceId }) => wanted.has(traceId))
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBe(report.classes.get('all')!.keptTraces)
    const bare = kept.map(trace => withState(trace, ''))
    expect(differenceOf(bare, originals)).toBeUndefined()
    for (const { traceId, spans } of kept) {
      expect(new Set(spans.map(({ traceState }) => traceState)).size).toBe(1)
      expect(heldThreshold(traceId, spans[0]!.traceState)).toBeDefined()
    }
  })

  test('is unbiased: over 400 seeds the weights add up to all traces, spans and errors', async () => {
    if (policy === 'tail') return
    const errors = traces.filter(isError).length
    const sums = { traces: 0, errors: 0, squares: 0 }
    const runs = 400
    for (let seed = 1; seed <= runs; seed++) {
      const thresholds = decide(parsePolicy(policy), seededTraces(seed))
      let total = 0
      for (const [row, threshold] of thresholds.entries()) {
        if (threshold === 1n << 56n) continue
        total += adjustedCount(threshold)
        if (isError(traces[row]!)) sums.errors += adjustedCount(threshold) / runs
      }
      sums.traces += total / runs
      sums.squares += (total - traces.length) ** 2 / runs
    }
    const tolerance = 4 * Math.sqrt(sums.squares / runs) + 1e-6
    expect(Math.abs(sums.traces - traces.length), 'traces').toBeLessThan(tolerance)
    expect(Math.abs(sums.errors - errors), 'errors').toBeLessThan(Math.max(tolerance, errors * 0.05))
  })
})

test('budgets nest: what 1 % keeps is what 10 % keeps, sampled again', async () => {
  const direct = await sampled(traces, 'head:1%')
  const ten = await sampled(traces, 'head:10%')
  const again = await sampled(ten.traces, 'head:1%')
  expect(differenceOf(again.traces, direct.traces)).toBeUndefined()
  expect(differenceOf((await sampled(direct.traces, 'head:10%')).traces, direct.traces)).toBeUndefined()
  expect(new Set(idsOf(ten.traces))).toEqual(new Set([...idsOf(ten.traces), ...idsOf(direct.traces)]))
})

test('weights multiply where a policy samples what was sampled: a budget over a half', async () => {
  const half = await sampled(traces, 'head:50%')
  const { traces: kept, report } = await sampled(half.traces, 'budget:20%')
  for (const trace of kept) expect(weightOf(trace)).toBeGreaterThanOrEqual(2)
  expect(Math.abs(report.representedTraces / (2 * half.traces.length) - 1)).toBeLessThan(1)
})

test('spans of a trace that were kept at several thresholds keep those that are higher', async () => {
  const [one] = traces as [Trace, ...Trace[]]
  const mixed = {
    ...one,
    spans: one.spans.map((own, i) => ({ ...own, traceState: i === 0 ? '' : 'ot=th:8;rv:e0000000000000' })),
  }
  const spans = [...mixed.spans]
  const { traces: kept } = await sampled([{ ...mixed, spans }], 'head:50%')
  expect(new Set(kept[0]!.spans.map(({ traceState }) => parseThreshold(traceState)))).toEqual(new Set([1n << 55n]))
  const { traces: all } = await sampled([mixed], 'head:100%')
  expect(all[0]!.spans.map(({ traceState }) => parseThreshold(traceState))).toEqual(
    mixed.spans.map((_, i) => (i === 0 ? 0n : 1n << 55n)),
  )
  for (const { traceState } of all[0]!.spans) expect(randomnessOf(one.traceId, traceState)).toBe(0xe0000000000000n)
})

test('trace states that are wrong are counted with the first place, and as if they were not there', async () => {
  const [one] = traces as [Trace, ...Trace[]]
  const states = [
    'ot=th:XYZ',
    'ot=th:8;th:c',
    'ot=th:8,ot=th:c',
    'ot=th:012345678901234',
    'ot=th:FD',
    'ot=th:',
    'ot=rv:12',
  ]
  const inputs = states.map((state, i) => ({ ...withState(one, state), traceId: one.traceId.slice(0, -1) + i }))
  const contradicting = { ...withState(one, 'ot=th:8'), traceId: `${'a'.repeat(18)}${'7'.repeat(14)}` }
  const { traces: kept, report } = await sampled([...inputs, contradicting], 'head:100%')
  const spanCount = one.spans.length
  expect(report.faults).toEqual([
    {
      fault: 'th is not 1 to 14 lower-case hex digits, once',
      count: 6 * spanCount,
      first: `trace ${inputs[0]!.traceId}, span ${one.spans[0]!.spanId}: "ot=th:XYZ"`,
    },
    { fault: 'rv is not 14 lower-case hex digits', count: spanCount, first: expect.stringContaining('"ot=rv:12"') },
    {
      fault: "th is above the trace's randomness",
      count: spanCount,
      first: expect.stringContaining('a77777777777777'),
    },
  ])
  expect(kept.length).toBe(8)
  for (const trace of kept) expect(weightOf(trace)).toBe(1)
})

test('short and ordered ids get a randomness of their own, which is written', async () => {
  const short = traces.map((trace, i) => ({ ...trace, traceId: i.toString(16).padStart(32, '0') }))
  const ordered = traces.map((trace, i) => ({ ...trace, traceId: `aa${i.toString(16).padStart(30, '0')}` }))
  for (const input of [short, ordered]) {
    const { traces: kept, report } = await sampled(input, 'head:10%')
    expect(report.derivedCount).toBe(input.length)
    expect(report.hasOrderedIds).toBe(input === ordered)
    expect(kept.length).toBeGreaterThan(input.length * 0.05)
    expect(kept.length).toBeLessThan(input.length * 0.15)
    for (const { traceId, spans } of kept) expect(heldThreshold(traceId, spans[0]!.traceState)).toBeDefined()
    expect(differenceOf((await sampled(kept, 'head:10%')).traces, kept)).toBeUndefined()
  }
  expect((await sampled(traces, 'head:10%')).report.derivedCount).toBe(0)
})

test('no stride: of regular traffic each name keeps its share', async () => {
  const draw = drawsOf(3)
  const hex = () =>
    Math.floor(draw() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  const regular = Array.from({ length: 20_000 }, (_, i): Trace => {
    return { traceId: `1${hex().slice(1)}${hex()}${hex()}${hex()}`, spans: [span({ name: `name ${i % 10}` })] }
  })
  const { traces: kept } = await sampled(regular, 'head:10%')
  const counts = new Map<string, number>()
  for (const { spans } of kept) counts.set(spans[0]!.name, (counts.get(spans[0]!.name) ?? 0) + 1)
  expect(
    [...counts.values()].every(count => count > 140 && count < 260),
    JSON.stringify([...counts]),
  ).toBe(true)
})

test('a reservoir keeps so many of each template, and all of those with fewer', async () => {
  const { traces: kept, report } = await sampled(traces, 'tail:rare=2')
  const rare = report.classes.get('rare')!
  expect(kept.length).toBeLessThan(traces.length)
  expect(report.unrepresented).toBe(0)
  expect(rare.keptTraces).toBeGreaterThan(0)
})

test('all errors and slow traces are kept by the combined policy, and by a budget that has room for them', async () => {
  for (const policy of ['combined', 'budget:90%']) {
    const { report } = await sampled(traces, policy)
    for (const name of ['errors', 'slow'] as const) {
      const { traces: all, keptTraces } = report.classes.get(name)!
      expect(keptTraces / all, `${policy} ${name}`).toBeGreaterThan(0.95)
    }
  }
})

test('a budget that has no room for all errors still keeps the slow traces, which are few', async () => {
  const { report } = await sampled(traces, 'budget:20%')
  expect(report.classes.get('slow')!.keptTraces / report.classes.get('slow')!.traces).toBeGreaterThan(0.95)
})

test('a budget is not exceeded, and filled but for a trace', async () => {
  const { report } = await sampled(traces, 'budget:10%')
  const { bytes, keptBytes } = report.classes.get('all')!
  expect(keptBytes).toBeLessThanOrEqual(bytes / 10)
  expect(keptBytes).toBeGreaterThan(bytes / 10 - 200_000)
})

test('a policy that can keep nothing of some traces says how many nothing stands for', async () => {
  const { traces: kept, report } = await sampled(traces, 'tail:errors')
  expect(report.unrepresented).toBe(traces.length - kept.length)
})

test.each([
  [
    'budget:1B/s',
    /policy budget:1B\/s: allows [\d,]+ bytes in the \d+ s of the input, the trace that comes first has [\d,]+; give it/,
  ],
  ['budget:0.001spans/s', /policy budget:0.001spans\/s: allows 0 spans/],
  ['budget:0.00001%', /policy budget:0.00001%: allows/],
])('%s is less than one trace', async (policy, message) => {
  await expect(sampled(traces, policy)).rejects.toThrow(message)
})

test('weights that no number holds are refused with the threshold', async () => {
  const heavy = traces.slice(0, 3).map(trace => ({
    ...withState(trace, 'ot=th:ffffffffffffff'),
    traceId: `${trace.traceId.slice(0, 18)}${'f'.repeat(14)}`,
  }))
  await expect(sampled(heavy, 'head:100%')).rejects.toThrow(/th of ffffffffffffff makes a trace stand for 7.2e\+16/)
})

test('bytes are what OTLP protobuf takes, within a tenth', () => {
  for (const workload of ['otel', 'classic', 'agent']) {
    const all = generatedTraces(workload, 100)
    const [estimated, real] = [estimateOtlpBytes, otlpByteLength].map(lengthOf =>
      all.reduce((sum, trace) => sum + lengthOf(trace), 0),
    ) as [number, number]
    expect(estimated / real, workload).toBeGreaterThan(0.9)
    expect(estimated / real, workload).toBeLessThan(1.1)
  }
})
