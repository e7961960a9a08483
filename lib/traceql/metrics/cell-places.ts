import { getOrInsert } from '../../maps.ts'

/** Spans of a batch, ready to be counted: by row its interval (or one for all), group and value. */
export interface Observations {
  readonly rows: Uint32Array | undefined
  readonly rowCount: number
  /** Negative where a span is in none. */
  readonly intervals: Int32Array | number
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

/** Finds the cells of observations whose codes are below `groupCount` and whose intervals below `intervalCount`. */
export function cellPlaces(observations: Observations, groupCount: number, intervalCount: number): CellPlaces {
  const { rows, rowCount, intervals, codes, values } = observations
  const isOne = typeof intervals === 'number'
  const [width, first] = isOne ? [1, intervals] : [intervalCount, 0]
  const size = groupCount * width
  // Where few of many possible cells occur, these are numbered.
  const numbers = size <= 4 * rowCount + 4096 ? undefined : new Map<number, number>()
  const isWhole = isOne && rows === undefined && numbers === undefined && values?.some(Number.isNaN) !== true
  const counted = isWhole ? { spanCount: rowCount, rows, places: codes } : countedRows(observations, width, numbers)
  const keys = numbers && [...numbers.keys()]
  const keyOf = (place: number) => keys?.[place] ?? place
  return {
    ...counted,
    size: keys?.length ?? size,
    codeOf: place => Math.floor(keyOf(place) / width),
    intervalOf: place => first + (keyOf(place) % width),
  }
}

let rowsOut = new Uint32Array(1 << 13)
let placesOut = new Uint32Array(1 << 13)

/** The spans that are in an interval and have a value; valid until the next are found. */
function countedRows(
  { rows, rowCount, intervals, codes, values }: Observations,
  width: number,
  numbers: Map<number, number> | undefined,
): Pick<CellPlaces, 'spanCount' | 'rows' | 'places'> {
  if (rowsOut.length < rowCount) {
    rowsOut = new Uint32Array(rowCount)
    placesOut = new Uint32Array(rowCount)
  }
  const each = typeof intervals === 'number' ? undefined : intervals
  let spanCount = 0
  for (let i = 0; i < rowCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    const interval = each === undefined ? 0 : each[row]!
    if (interval < 0 || (values !== undefined && Number.isNaN(values[row]!))) continue
    const key = codes[row]! * width + interval
    rowsOut[spanCount] = row
    placesOut[spanCount++] = numbers === undefined ? key : getOrInsert(numbers, key, () => numbers.size)
  }
  return { spanCount, rows: rowsOut, places: placesOut }
}
