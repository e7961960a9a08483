import { getOrInsert } from '../../maps.ts'
import type { SpanIntervals } from './intervals.ts'

/** Spans of a batch, ready to be counted: by row its interval, group and value. */
export interface Observations {
  readonly rows: Uint32Array | undefined
  readonly rowCount: number
  readonly intervals: SpanIntervals
  /** By row the code of its group. */
  readonly codes: Uint32Array
  readonly weights: Float64Array | undefined
  /** By row its value, NaN where it has none; undefined where spans are counted. */
  readonly values: Float64Array | undefined
}

/** The cells that spans of a batch fall in; a cell is a group in an interval, with a place in tables of all. */
export interface CellPlaces {
  /** How many spans count: those in an interval that have a value. */
  readonly spanCount: number
  /** By such a span: its row; undefined where every row counts. */
  readonly rows: Uint32Array | undefined
  /** By such a span: the place of its cell, below `size`. */
  readonly places: Uint32Array
  readonly size: number
  codeOf(place: number): number
  intervalOf(place: number): number
}

/** Finds the cells of observations whose codes are below `groupCount`. */
export function cellPlaces(observations: Observations, groupCount: number): CellPlaces {
  const { rowCount, intervals } = observations
  const { first, count } = intervals
  const size = groupCount * count
  // Where few of many possible cells occur, these are numbered.
  const numbers = size <= 4 * rowCount + 4096 ? undefined : new Map<number, number>()
  const found = numbers === undefined ? eachRow(observations) : undefined
  const counted = found ?? countedRows(observations, numbers)
  const keys = numbers && [...numbers.keys()]
  const keyOf = (place: number) => keys?.[place] ?? place
  return {
    ...counted,
    size: keys?.length ?? size,
    codeOf: place => Math.floor(keyOf(place) / count),
    intervalOf: place => first + (keyOf(place) % count),
  }
}

let rowsOut = new Uint32Array(1 << 13)
let placesOut = new Uint32Array(1 << 13)

function growTo(rowCount: number): void {
  if (rowsOut.length >= rowCount) return
  rowsOut = new Uint32Array(rowCount)
  placesOut = new Uint32Array(rowCount)
}

type Counted = Pick<CellPlaces, 'spanCount' | 'rows' | 'places'>

/** The spans where each row counts; else undefined. Valid until the next are found. */
function eachRow({ rows, rowCount, intervals, codes, values }: Observations): Counted | undefined {
  if (rows !== undefined || (values !== undefined && hasNaN(values))) return undefined
  const { first, count, byRow } = intervals
  if (byRow === undefined) return { spanCount: rowCount, rows, places: codes }
  growTo(rowCount)
  const places = placesOut
  let least = first
  for (let row = 0; row < rowCount; row++) {
    const interval = byRow[row]!
    if (interval < least) least = interval
    places[row] = codes[row]! * count + interval - first
  }
  return least < first ? undefined : { spanCount: rowCount, rows, places }
}

/** The spans that are in an interval and have a value; valid until the next are found. */
function countedRows(
  { rows, rowCount, intervals, codes, values }: Observations,
  numbers: Map<number, number> | undefined,
): Counted {
  growTo(rowCount)
  const { first, count, byRow } = intervals
  let spanCount = 0
  for (let i = 0; i < rowCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    const interval = byRow === undefined ? first : byRow[row]!
    if (interval < 0 || (values !== undefined && Number.isNaN(values[row]!))) continue
    const key = codes[row]! * count + interval - first
    rowsOut[spanCount] = row
    placesOut[spanCount++] = numbers === undefined ? key : getOrInsert(numbers, key, () => numbers.size)
  }
  return { spanCount, rows: rowsOut, places: placesOut }
}

function hasNaN(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) return true
  return false
}
