import { expect, test } from 'vitest'
import type { Observations } from '../../../../lib/traceql/metrics/cell-places.ts'
import { type CellSums, type Kind, sumCells } from '../../../../lib/traceql/metrics/cell-sums.ts'
import { drawsOf } from '../../../support/draws.ts'

const seed = Number(process.env.SEED ?? 20261128)
const kinds: readonly Kind[] = [
  'rate',
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'histogram_over_time',
  'quantile_over_time',
]
const someValues = [
  0,
  1,
  2,
  2.5,
  3,
  4,
  5,
  -7,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 60,
  1e300,
  Number.POSITIVE_INFINITY,
  Number.NaN,
]

/** Observations of any shape: all rows or some, one interval or several, with and without weights and values. */
function drawObservations(draw: () => number, groupCount: number): Observations {
  const spanCount = 1 + Math.floor(draw() * 60)
  const below = (max: number) => Math.floor(draw() * max)
  const rows =
    draw() < 0.5 ? undefined : Uint32Array.from({ length: spanCount }, (_, row) => row).filter(() => draw() < 0.6)
  const [first, count] = [below(5), draw() < 0.3 ? 1 : 1 + below(2000)]
  const least = draw() < 0.5 ? 0 : -1
  const fewest = Math.min(count, 3)
  const byRow = Int32Array.from({ length: spanCount }, () => {
    const interval = least + below(fewest - least)
    return interval < 0 ? -1 : first + interval
  })
  const pick = draw() < 0.5 ? someValues : someValues.filter(value => !Number.isNaN(value))
  return {
    rows,
    rowCount: rows?.length ?? spanCount,
    intervals: { first, count, byRow: count === 1 && least === 0 ? undefined : byRow },
    codes: Uint32Array.from({ length: spanCount }, () => below(groupCount)),
    weights: draw() < 0.5 ? undefined : Float64Array.from({ length: spanCount }, () => below(3)),
    values: draw() < 0.3 ? undefined : Float64Array.from({ length: spanCount }, () => pick[below(pick.length)]!),
  }
}

/** The same one span after the other: by group and interval, in the order in which they occur. */
function naiveCells({ rows, rowCount, intervals, codes, weights, values }: Observations) {
  const cells = new Map<string, { values: number[]; weights: number[] }>()
  for (let i = 0; i < rowCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    const interval = intervals.byRow === undefined ? intervals.first : intervals.byRow[row]!
    const value = values === undefined ? 0 : values[row]!
    if (interval < 0 || Number.isNaN(value)) continue
    const key = `${codes[row]} ${interval}`
    const cell = cells.get(key) ?? { values: [], weights: [] }
    cell.values.push(value)
    cell.weights.push(weights === undefined ? 1 : weights[row]!)
    cells.set(key, cell)
  }
  return cells
}

function naiveBuckets(values: readonly number[], weights: readonly number[]): Record<number, number> {
  const buckets: Record<number, number> = {}
  for (const [i, value] of values.entries()) {
    if (value < 2) continue
    let exponent = 1
    while (2 ** exponent < value) exponent++
    buckets[exponent] = (buckets[exponent] ?? 0) + weights[i]!
  }
  return buckets
}

function bucketsOf({ buckets }: CellSums, cell: number): Record<number, number> {
  const found: Record<number, number> = {}
  for (const [i, own] of buckets!.cells.entries()) if (own === cell) found[buckets!.exponents[i]!] = buckets!.counts[i]!
  return found
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
const weighed = (values: readonly number[], weights: readonly number[]) =>
  sum(values.map((value, i) => value * weights[i]!))

test(`spans of any shape sum up to what counting one after the other gives, cells in the order in which they occur (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  for (let round = 0; round < 2000; round++) {
    const groupCount = draw() < 0.5 ? 1 + Math.floor(draw() * 8) : 1 + Math.floor(draw() * 500)
    const observations = drawObservations(draw, groupCount)
    const cells = [...naiveCells(observations)]
    const kind = observations.values === undefined ? 'rate' : kinds[Math.floor(draw() * kinds.length)]!
    const found = sumCells(kind, observations, groupCount, false)
    expect(
      found.codes.map((code, i) => `${code} ${found.intervals[i]}`),
      `round ${round}`,
    ).toEqual(cells.map(([key]) => key))
    for (const [i, [, { values, weights }]] of cells.entries()) {
      const place = `round ${round}, ${kind}, cell ${i}`
      if (found.counts) expect(found.counts[i], place).toBe(sum(weights))
      if (kind === 'sum_over_time') expect(found.values![i], place).toBe(weighed(values, weights))
      if (kind === 'min_over_time') expect(found.values![i], place).toBe(Math.min(...values))
      if (kind === 'max_over_time') expect(found.values![i], place).toBe(Math.max(...values))
      if (found.buckets) expect(bucketsOf(found, i), place).toEqual(naiveBuckets(values, weights))
    }
  }
})
