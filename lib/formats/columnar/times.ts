import type { Numbers, ReadNumbers } from '../../encodings/exact-numbers.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { readExact, writeExact } from './exact-columns.ts'
import { endOrigin, type Forest, startOrigin } from './forest.ts'
import { type Estimate, estimateNumbers } from './numbers.ts'
import type { Prediction } from './prediction.ts'
import type { SpanContexts } from './spans.ts'

/**
 * Times of spans, in nanoseconds after the start of their trace's first root. The trees are walked depth first: a start
 * is encoded on the way down, an end on the way up, each relative to a time that is known by then.
 */

/** Starts and durations by row; a value that is not exact as a double is an exception, and 0 in the values. */
export interface Times<T> {
  readonly starts: T
  readonly durations: T
}

/** Writes the starts of all spans but the first roots, and the durations of all. */
export function writeTimes(
  writer: ColumnWriter,
  { starts, durations }: Times<Numbers>,
  forest: Forest,
  contexts: SpanContexts,
): void {
  const ends = Float64Array.from(starts.values, (start, row) => start + durations.values[row]!)
  const rows = laterRows(forest)
  const ofRows = (column: ArrayLike<number>) => Float64Array.from(rows, row => column[row]!)
  writeBest(writer, startsAfter(forest, starts.values, ends).map(ofRows), starts, origin =>
    contexts.forStarts(forest, origin).at(rows),
  )
  writeBest(writer, endsAfter(forest, starts.values, ends), durations, origin => contexts.forEnds(forest, origin))
}

/** Writes the cheapest of columns that say the same, each with its own prediction. */
function writeBest(
  writer: ColumnWriter,
  columns: readonly Float64Array[],
  { exceptions }: Numbers,
  predict: (origin: number) => Prediction,
): void {
  const { origin, estimate } = chooseOrigin(columns, predict)
  writer.head.u8(origin)
  writeExact(writer, { values: columns[origin]!, exceptions }, predict(origin), estimate)
}

/** The cheapest of columns, each with its own prediction. */
export function chooseOrigin(
  columns: readonly Float64Array[],
  predict: (origin: number) => Prediction,
): { origin: number; estimate: Estimate } {
  const estimates = columns.map((values, origin) => estimateNumbers(values, predict(origin)))
  const estimate = estimates.reduce((best, next) => (next.byteLength < best.byteLength ? next : best))
  return { origin: estimates.indexOf(estimate), estimate }
}

/** By origin: the starts of all rows after it. */
function startsAfter(
  { parents, siblings }: Forest,
  starts: ArrayLike<number>,
  ends: ArrayLike<number>,
): Float64Array[] {
  const afterParent = Float64Array.from(
    starts,
    (start, row) => start - (parents[row]! < 0 ? 0 : starts[parents[row]!]!),
  )
  const afterSibling = afterParent.map((gap, row) => (siblings[row]! < 0 ? gap : starts[row]! - ends[siblings[row]!]!))
  return [afterParent, afterSibling]
}

/** By origin: the ends of all rows after it. */
function endsAfter({ parents }: Forest, starts: ArrayLike<number>, ends: Float64Array): Float64Array[] {
  const latest = new Float64Array(ends.length).fill(Number.NEGATIVE_INFINITY)
  for (let row = 0; row < ends.length; row++) {
    const parent = parents[row]!
    if (parent >= 0 && ends[row]! > latest[parent]!) latest[parent] = ends[row]!
  }
  const afterStart = ends.map((end, row) => end - starts[row]!)
  return [
    afterStart,
    afterStart.map((gap, row) => (latest[row]! === Number.NEGATIVE_INFINITY ? gap : ends[row]! - latest[row]!)),
  ]
}

/** The times of all spans, relative to the first root of their trace; whether they are valid times is not checked. */
export function readTimes(reader: ColumnReader, forest: Forest, contexts: SpanContexts): Times<ReadNumbers> {
  const { rowCount } = contexts
  const rows = laterRows(forest)
  const startsAt = readOrigin(reader, 'span.start')
  const gaps = readExact(reader, 'span.start', rows.length, contexts.forStarts(forest, startsAt).at(rows), rowCount)
  const endsAt = readOrigin(reader, 'span.duration')
  const durations = readExact(reader, 'span.duration', rowCount, contexts.forEnds(forest, endsAt))
  const starts = { values: new Float64Array(rowCount), exceptions: gaps.exceptions }
  for (let i = 0; i < rows.length; i++) starts.values[rows[i]!] = gaps.values[i]!
  walk(forest, starts.values, durations.values, { startsAt, endsAt })
  if (!starts.values.every(Number.isSafeInteger) || !durations.values.every(Number.isSafeInteger))
    reader.head.fail('corrupt', 'span.start and span.duration: more than 2^53 ns from the trace')
  return { starts, durations }
}

function readOrigin(reader: ColumnReader, name: string): number {
  reader.column = name
  const origin = reader.head.u8()
  return origin <= 1 ? origin : reader.head.fail('unsupported', `${name}: an origin of ${origin}`)
}

/** Turns gaps after origins into starts and durations. */
function walk(
  { parents, siblings, steps }: Forest,
  starts: Float64Array,
  durations: Float64Array,
  { startsAt, endsAt }: { startsAt: number; endsAt: number },
): void {
  const ends = new Float64Array(starts.length)
  const latest = new Float64Array(starts.length).fill(Number.NEGATIVE_INFINITY)
  for (const step of steps) {
    const row = step < 0 ? ~step : step
    const parent = parents[row]!
    if (step >= 0) {
      const sibling = startsAt === startOrigin.sibling ? siblings[row]! : -1
      starts[row]! += sibling >= 0 ? ends[sibling]! : parent >= 0 ? starts[parent]! : 0
      continue
    }
    const isLate = endsAt === endOrigin.children && latest[row]! !== Number.NEGATIVE_INFINITY
    ends[row] = durations[row]! + (isLate ? latest[row]! : starts[row]!)
    durations[row] = ends[row]! - starts[row]!
    if (parent >= 0 && ends[row]! > latest[parent]!) latest[parent] = ends[row]!
  }
}

/** All rows but the first roots, whose starts are written with their traces. */
function laterRows({ firsts, parents }: Forest): Uint32Array {
  const rows = new Uint32Array(parents.length - firsts.length)
  let [at, trace] = [0, 0]
  for (let row = 0; row < parents.length; row++)
    if (row === firsts[trace]) trace++
    else rows[at++] = row
  return rows
}
