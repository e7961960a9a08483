import type { MetricsAggregate } from '../language/ast.ts'
import { type CellPlaces, cellPlaces, type Observations } from './cell-places.ts'
import { bucketExponent } from './series.ts'

export type Kind = Exclude<MetricsAggregate['kind'], 'compare'>

/** What the spans of a batch add to each cell, as data. A sum of doubles is one over the batch, whoever adds it up. */
export interface CellSums {
  /** By cell: the code of its group, and its interval. */
  readonly codes: readonly number[]
  readonly intervals: readonly number[]
  /** By cell: the spans, by weight. */
  readonly counts?: Float64Array
  /** By cell: the sum of its values, or the extreme one. */
  readonly values?: Float64Array
  readonly buckets?: Buckets
  readonly samples?: Samples
}

/** Filled buckets: the cell, the exponent and the count of each. */
export interface Buckets {
  readonly cells: readonly number[]
  readonly exponents: readonly number[]
  readonly counts: readonly number[]
}

/** All values, with the cell of each. */
export interface Samples {
  readonly cells: Uint32Array
  readonly values: Float64Array
  /** Absent where all are 1. */
  readonly weights: Float64Array | undefined
}

/** Where the spans that count fall, what they are worth, and the places of cells as they first occur. */
interface Counted extends CellPlaces {
  readonly weights: Float64Array | undefined
  readonly values: Float64Array | undefined
  readonly order: readonly number[]
}

type Sums = Omit<CellSums, 'codes' | 'intervals'>

/**
 * Sums up the spans of a batch by cell; their codes are below `groupCount`, their intervals below `intervalCount`.
 * `isExact` keeps the values that quantiles are of.
 */
export function sumCells(
  kind: Kind,
  observations: Observations,
  { groupCount, intervalCount, isExact }: { groupCount: number; intervalCount: number; isExact: boolean },
): CellSums {
  const { weights, values } = observations
  const found = cellPlaces(observations, groupCount, intervalCount)
  const order = orderOf(found)
  const sums = sumsOf(kind, { ...found, weights, values, order }, isExact)
  return { codes: order.map(found.codeOf), intervals: order.map(found.intervalOf), ...sums }
}

function orderOf({ spanCount, places, size }: CellPlaces): number[] {
  const isSeen = new Uint8Array(size)
  const order: number[] = []
  for (let i = 0; i < spanCount; i++) {
    const place = places[i]!
    if (isSeen[place] === 1) continue
    isSeen[place] = 1
    order.push(place)
  }
  return order
}

function sumsOf(kind: Kind, counted: Counted, isExact: boolean): Sums {
  switch (kind) {
    case 'rate':
    case 'count_over_time':
      return { counts: countsOf(counted) }
    case 'sum_over_time':
      return { values: valuesOf(counted) }
    case 'avg_over_time':
      return { values: valuesOf(counted), counts: countsOf(counted) }
    case 'min_over_time':
      return { values: extremesOf(counted, 1) }
    case 'max_over_time':
      return { values: extremesOf(counted, -1) }
    case 'histogram_over_time':
      return { buckets: bucketsOf(counted) }
    case 'quantile_over_time':
      return isExact ? { samples: samplesOf(counted) } : { buckets: bucketsOf(counted) }
  }
}

/** By cell what a table holds at its place. */
function pick(table: Float64Array, order: readonly number[]): Float64Array {
  return Float64Array.from(order, place => table[place]!)
}

/** By cell the sum of the weights of its spans. */
function countsOf({ spanCount, rows, places, size, weights, order }: Counted): Float64Array {
  const counts = new Float64Array(size)
  if (weights === undefined) for (let i = 0; i < spanCount; i++) counts[places[i]!]!++
  else for (let i = 0; i < spanCount; i++) counts[places[i]!]! += weights[rows === undefined ? i : rows[i]!]!
  return pick(counts, order)
}

function valuesOf({ spanCount, rows, places, size, weights, values, order }: Counted): Float64Array {
  const sums = new Float64Array(size)
  for (let i = 0; i < spanCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    sums[places[i]!]! += weights === undefined ? values![row]! : values![row]! * weights[row]!
  }
  return pick(sums, order)
}

/** The minimum of the values, or with a sign of -1 their maximum: the minimum of their negatives. */
function extremesOf({ spanCount, rows, places, size, values, order }: Counted, sign: 1 | -1): Float64Array {
  const found = new Float64Array(size).fill(sign * Number.POSITIVE_INFINITY)
  for (let i = 0; i < spanCount; i++) {
    const place = places[i]!
    const value = values![rows === undefined ? i : rows[i]!]!
    if (sign * value < sign * found[place]!) found[place] = value
  }
  return pick(found, order)
}

/** Values below 2 are in no bucket, as in Tempo. */
function bucketsOf({ spanCount, rows, places, size, weights, values, order }: Counted): Buckets {
  const slots: (number | undefined)[] = []
  const exponents: number[] = []
  const slotOf = new Int32Array(spanCount).fill(-1)
  for (let i = 0; i < spanCount; i++) {
    const value = values![rows === undefined ? i : rows[i]!]!
    if (value >= 2) slotOf[i] = slots[bucketExponent(value)] ??= exponents.push(bucketExponent(value)) - 1
  }
  const width = exponents.length
  const table = new Float64Array(size * width).fill(-1)
  for (let i = 0; i < spanCount; i++) {
    if (slotOf[i]! < 0) continue
    const at = places[i]! * width + slotOf[i]!
    table[at] = Math.max(0, table[at]!) + (weights === undefined ? 1 : weights[rows === undefined ? i : rows[i]!]!)
  }
  const filled: { cells: number[]; exponents: number[]; counts: number[] } = { cells: [], exponents: [], counts: [] }
  for (const [cell, place] of order.entries())
    for (let slot = 0; slot < width; slot++) {
      const count = table[place * width + slot]!
      if (count < 0) continue
      filled.cells.push(cell)
      filled.exponents.push(exponents[slot]!)
      filled.counts.push(count)
    }
  return filled
}

function samplesOf({ spanCount, rows, places, size, weights, values, order }: Counted): Samples {
  const cellOf = new Uint32Array(size)
  for (const [cell, place] of order.entries()) cellOf[place] = cell
  const counting = rows?.subarray(0, spanCount)
  return {
    cells: places.slice(0, spanCount).map(place => cellOf[place]!),
    values: counting ? Float64Array.from(counting, row => values![row]!) : values!.slice(),
    weights: weights && (counting ? Float64Array.from(counting, row => weights[row]!) : weights.slice()),
  }
}
