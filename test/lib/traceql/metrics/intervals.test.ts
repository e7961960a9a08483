import { expect, test } from 'vitest'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { queryRange, type RangeOptions } from '../../../../lib/traceql/metrics/metrics.ts'
import { drawsOf } from '../../../support/draws.ts'
import { span } from '../../../support/nasty.ts'
import { strictSource } from '../engine/hints.ts'

const seed = Number(process.env.SEED ?? 20261128)

function tracesOf(starts: readonly bigint[]): Trace[] {
  return starts.map((startNanos, i) => {
    const id = String(i + 1)
    const only = span({ spanId: id.padStart(16, '0'), startNanos, endNanos: startNanos + 1n, name: 'x' })
    return { traceId: id.padStart(32, '0'), spans: [only] }
  })
}

/** By label in milliseconds how many spans the first series counts, of compare the selection. */
async function countsOf(source: SpanSource, text: string, range: RangeOptions): Promise<string[]> {
  const { series } = await queryRange(source, parseQuery(text), range)
  const first = series.find(({ labels }) => /"(selection|count_over_time)"/.test(JSON.stringify(labels)))
  return (first?.samples ?? []).flatMap(({ timestampMs, value }) =>
    value === undefined ? [] : [`${timestampMs} ${value}`],
  )
}

/** The same one span after the other: an interval ends at the least multiple of the step that is no less than it. */
function naiveCounts(starts: readonly bigint[], { startNanos, endNanos, stepNanos }: RangeOptions): string[] {
  const counts = new Map<bigint, number>()
  for (const start of starts.toSorted((a, b) => Number(a - b))) {
    if (start < startNanos || start >= endNanos) continue
    const label = (((start + stepNanos - 1n) / stepNanos) * stepNanos) / 1_000_000n
    counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  return [...counts].map(([label, count]) => `${label} ${count}`)
}

const hour = 3_600_000_000_000n
const now = 1_700_000_000_000_000_000n

/** A time at, just before or just after an edge, of spans that may be years apart: no double holds all of them. */
function drawTime(draw: () => number, step: bigint): bigint {
  const near = [0n, step, 2n ** 53n, (now / step) * step, now, now + step * 100n][Math.floor(draw() * 6)]!
  const time = near + BigInt(Math.floor(draw() * 3) - 1)
  return time < 0n ? 0n : time
}

test(`a span at an edge counts once, in a search, in metrics and in compare, to the nanosecond (seed ${seed})`, async () => {
  const draw = drawsOf(seed)
  let found = 0
  for (let round = 0; round < 100; round++) {
    const stepNanos = [hour * 50n, hour * 1000n, 2n ** 54n + 1n][Math.floor(draw() * 3)]!
    const [a, b] = [drawTime(draw, stepNanos), drawTime(draw, stepNanos)]
    if (a === b) continue
    const [startNanos, endNanos] = a < b ? [a, b] : [b, a]
    const starts = Array.from({ length: 8 }, () => drawTime(draw, stepNanos))
    const range = { startNanos, endNanos, stepNanos }
    const what = `${starts} in ${startNanos} to ${endNanos} by ${stepNanos}`
    const inside = starts.filter(start => start >= startNanos && start < endNanos)
    found += inside.length
    for (const source of [memorySource(tracesOf(starts)), strictSource(tracesOf(starts))]) {
      expect((await search(source, parseQuery('{ }'), range)).traces.length, what).toBe(inside.length)
      expect(await countsOf(source, '{ } | count_over_time()', range), what).toEqual(naiveCounts(starts, range))
      const compared = `{ } | compare({ true }, 10, ${startNanos}, ${endNanos})`
      const closed = { startNanos: startNanos + 1n, endNanos: endNanos + 1n, stepNanos }
      expect(await countsOf(source, compared, { ...range, endNanos: endNanos + 1n }), what).toEqual(
        naiveCounts(starts, closed),
      )
    }
  }
  expect(found).toBeGreaterThan(100)
})
