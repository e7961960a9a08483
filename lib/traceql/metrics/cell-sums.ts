import { tally } from '../../bytes/tally.ts'
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

/** Where the spans that count fall, how many in each place, and the places of cells as they first occur. */
interface Counted extends CellPlaces {
  readonly tallies: Uint32Array
  readonly order: readonly number[]
  readonly weights: Float64Array | undefined
  readonly values: Float64Array | undefined
}

type Sums = Omit<CellSums, 'codes' | 'intervals'>

/** Sums up the spans of a batch by cell; their codes are below `groupCount`. `isExact` keeps what quantiles are of. */
export function sumCells(kind: Kind, observations: Observations, groupCount: number, isExact: boolean): CellSums {
  const { weights, values } = observations
  const found = cellPlaces(observations, groupCount)
  const tallies = tally(found.places, found.spanCount, found.size)
  const order = orderOf(found, tallies)
  const sums = sumsOf(kind, { ...found, tallies, order, weights, values }, isExact)
  const codes: number[] = []
  const intervals: number[] = []
  for (const place of order) {
    codes.push(found.codeOf(place))
    intervals.push(found.intervalOf(place))
  }
  return { codes, intervals, ...sums }
}

/** The places that have spans, as they first occur: as a rule the first spans tell. */
function orderOf({ spanCount, places, size }: CellPlaces, tallies: Uint32Array): number[] {
  let left = 0
  for (let place = 0; place < size; place++) if (tallies[place]! > 0) left++
  const isSeen = new Uint8Array(size)
  const order: number[] = []
  for (let i = 0; i < spanCount && left > 0; i++) {
    const place = places[i]!
    if (isSeen[place] === 1) continue
    isSeen[place] = 1
    order.push(place)
    left--
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
function pick(table: ArrayLike<number>, order: readonly number[]): Float64Array {
  const picked = new Float64Array(order.length)
  for (let cell = 0; cell < picked.length; cell++) picked[cell] = table[order[cell]!]!
  return picked
}

/** By cell the sum of the weights of its spans. */
function countsOf({ spanCount, rows, places, size, tallies, weights, order }: Counted): Float64Array {
  if (weights === undefined) return pick(tallies, order)
  const counts = new Float64Array(size)
  for (let i = 0; i < spanCount; i++) counts[places[i]!]! += weights[rows === undefined ? i : rows[i]!]!
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

/** Exponents of doubles from 2 on are below. */
const exponentCount = 1025

/** Values below 2 are in no bucket, as in Tempo. */
function bucketsOf(counted: Counted): Buckets {
  const { spanCount, rows, places, size, weights, values, order } = counted
  const { slots, exponents } = exponentsOf(counted)
  const width = exponents.length
  const spanCounts = new Uint32Array(size * width)
  const sums = weights && new Float64Array(size * width)
  for (let i = 0; i < spanCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    const value = values![row]!
    if (!(value >= 2)) continue
    const at = places[i]! * width + slots[bucketExponent(value)]!
    spanCounts[at]!++
    if (sums !== undefined) sums[at]! += weights![row]!
  }
  const filled: { cells: number[]; exponents: number[]; counts: number[] } = { cells: [], exponents: [], counts: [] }
  for (let cell = 0; cell < order.length; cell++)
    for (let slot = 0, at = order[cell]! * width; slot < width; slot++, at++) {
      if (spanCounts[at] === 0) continue
      filled.cells.push(cell)
      filled.exponents.push(exponents[slot]!)
      filled.counts.push((sums ?? spanCounts)[at]!)
    }
  return filled
}

/** The exponents that occur, and by exponent its position among them. */
function exponentsOf({ spanCount, rows, values }: Counted): { exponents: number[]; slots: Uint16Array } {
  const slots = new Uint16Array(exponentCount)
  for (let i = 0; i < spanCount; i++) {
    const value = values![rows === undefined ? i : rows[i]!]!
    if (value >= 2) slots[bucketExponent(value)] = 1
  }
  const exponents: number[] = []
  for (let exponent = 0; exponent < exponentCount; exponent++)
    if (slots[exponent] === 1) slots[exponent] = exponents.push(exponent) - 1
  return { exponents, slots }
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
