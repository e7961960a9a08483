import { floats, ints, words } from '../../../bytes/arena.ts'
import { firstWhere } from '../../../bytes/search.ts'
import type { OpenPageGroup } from './page-group.ts'

/** Where spans start among some times. Most traces lie between two of these whole, which takes no decoding to know. */

/** By span how many of the ascending times it starts after, at least for `rows`. */
export function startPlaces(open: OpenPageGroup, after: readonly bigint[], rows?: Uint32Array): Int32Array {
  const { columns, times } = open
  const places = ints(columns.spanCount)
  const offsets = times.traceOffsets()
  if (offsets === undefined) return exactPlaces(open, after, places)
  const base = times.firstStart()
  const edges = Float64Array.from(after, time => Number(time - base))
  const left = placeTraces(open, offsets, edges, places, rows)
  if (left?.length === 0) return places
  const few = left && left.length * 2 < columns.spanCount ? left : undefined
  const starts = few ? times.startOffsetsAt(few) : times.allStartOffsets()
  if (starts === undefined) return exactPlaces(open, after, places)
  const traceOf = columns.traceOf()
  if (few === undefined) {
    const all = floats(starts.length)
    for (let row = 0; row < all.length; row++) all[row] = offsets[traceOf[row]!]! + starts[row]!
    placeNumbers(edges, all, places)
    return places
  }
  const some = floats(few.length)
  for (let i = 0; i < some.length; i++) some[i] = offsets[traceOf[few[i]!]!]! + starts[few[i]!]!
  const found = placeNumbers(edges, some, ints(some.length))
  for (let i = 0; i < found.length; i++) places[few[i]!] = found[i]!
  return places
}

/** Times that doubles do not hold. */
function exactPlaces({ times }: OpenPageGroup, after: readonly bigint[], places: Int32Array): Int32Array {
  for (const [row, start] of times.starts().entries()) places[row] = firstWhere(after.length, i => start <= after[i]!)
  return places
}

/** Fills in the places of the traces that have one. Returns the rows left; undefined: all of `rows`, or of the batch. */
function placeTraces(
  { columns, times }: OpenPageGroup,
  offsets: Float64Array,
  edges: Float64Array,
  places: Int32Array,
  rows: Uint32Array | undefined,
): Uint32Array | undefined {
  const extents = times.traceExtents()
  if (extents === undefined) return rows
  const { first, last } = extents
  for (let trace = 0; trace < offsets.length; trace++) {
    first[trace]! += offsets[trace]!
    last[trace]! += offsets[trace]!
  }
  const firstPlaces = placeNumbers(edges, first, ints(offsets.length))
  const lastPlaces = placeNumbers(edges, last, ints(offsets.length))
  const starts = columns.traceStarts()
  const left = words(columns.spanCount)
  let count = 0
  for (let trace = 0; trace < offsets.length; trace++) {
    const place = firstPlaces[trace]!
    if (place === lastPlaces[trace]) places.fill(place, starts[trace]!, starts[trace + 1]!)
    else for (let row = starts[trace]!; row < starts[trace + 1]!; row++) left[count++] = row
  }
  return rows === undefined ? left.subarray(0, count) : commonRows(left.subarray(0, count), rows)
}

/** What two ascending lists have in common. */
function commonRows(a: Uint32Array, b: Uint32Array): Uint32Array {
  const common = words(Math.min(a.length, b.length))
  let count = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) common[count++] = a[i]!
    if (a[i]! <= b[j]!) i++
    else j++
  }
  return common.subarray(0, count)
}

/** By number how many of the ascending edges it is above. Neighbours tend to have one place. */
function placeNumbers(edges: Float64Array, numbers: Float64Array, places: Int32Array): Int32Array {
  let place = 0
  let above = Number.NEGATIVE_INFINITY
  let upTo = edges.length === 0 ? Number.POSITIVE_INFINITY : edges[0]!
  for (let i = 0; i < numbers.length; i++) {
    if (!(numbers[i]! > above && numbers[i]! <= upTo)) {
      place = placeOf(edges, numbers[i]!)
      above = place === 0 ? Number.NEGATIVE_INFINITY : edges[place - 1]!
      upTo = place === edges.length ? Number.POSITIVE_INFINITY : edges[place]!
    }
    places[i] = place
  }
  return places
}

function placeOf(edges: Float64Array, number: number): number {
  return firstWhere(edges.length, edge => number <= edges[edge]!)
}
