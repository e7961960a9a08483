/** The cells that spans of a batch fall in; a cell is a group in an interval. Valid until the next are found. */
export interface OccurringCells {
  /** How many spans count: those in an interval that have a value. */
  readonly spanCount: number
  /** By such a span, its row and its cell. */
  readonly rows: Uint32Array
  readonly cells: Uint32Array
  /** By cell, in the order in which they first occur: the code of its group, and its interval. */
  readonly codes: readonly number[]
  readonly intervals: readonly number[]
}

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

let rowsOut = new Uint32Array(1 << 13)
/** 0, 1, 2, and so on: the rows where all of them count. */
let allRows = Uint32Array.from(rowsOut.keys())
let cellsOut = new Uint32Array(1 << 13)
/** By code and interval one more than the cell; zeros between calls. */
let table = new Uint32Array(1 << 13)

/** Finds the cells of observations whose codes are below `groupCount`. */
export function occurringCells(observations: Observations, groupCount: number): OccurringCells {
  const { rowCount } = observations
  if (rowsOut.length < rowCount) {
    rowsOut = new Uint32Array(rowCount)
    allRows = Uint32Array.from(rowsOut.keys())
    cellsOut = new Uint32Array(rowCount)
  }
  const rows = countingRows(observations)
  const { first, width } = extentOf(observations, rows)
  const size = groupCount * width
  return size <= 4 * rowCount + 4096
    ? byTable(observations, rows, first, width, size)
    : byMap(observations, rows, first, width)
}

/** The rows that count. */
function countingRows({ rows, rowCount, intervals, values }: Observations): Uint32Array {
  if (typeof intervals === 'number') {
    if (intervals < 0) return allRows.subarray(0, 0)
    if (values === undefined || !hasGap(values)) return rows ?? allRows.subarray(0, rowCount)
  }
  const each = typeof intervals === 'number' ? undefined : intervals
  let count = 0
  for (let i = 0; i < rowCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    rowsOut[count] = row
    if ((each === undefined || each[row]! >= 0) && (values === undefined || !Number.isNaN(values[row]!))) count++
  }
  return rowsOut.subarray(0, count)
}

function hasGap(values: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row]!)) return true
  return false
}

/** The first interval that occurs, and how many there are up to the last one. */
function extentOf({ intervals }: Observations, rows: Uint32Array): { first: number; width: number } {
  if (typeof intervals === 'number') return { first: intervals, width: 1 }
  let [first, last] = [Number.POSITIVE_INFINITY, -1]
  for (let i = 0; i < rows.length; i++) {
    const interval = intervals[rows[i]!]!
    if (interval < first) first = interval
    if (interval > last) last = interval
  }
  return { first, width: Math.max(1, last - first + 1) }
}

function byTable(
  { intervals, codes }: Observations,
  rows: Uint32Array,
  first: number,
  width: number,
  size: number,
): OccurringCells {
  if (table.length < size) table = new Uint32Array(size)
  const keys: number[] = []
  const each = typeof intervals === 'number' ? undefined : intervals
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const key = each === undefined ? codes[row]! : codes[row]! * width + each[row]! - first
    let cell = table[key]!
    if (cell === 0) {
      cell = keys.push(key)
      table[key] = cell
    }
    cellsOut[i] = cell - 1
  }
  for (const key of keys) table[key] = 0
  return found(rows, keys, first, width)
}

/** As `byTable`, where few of many possible cells occur. */
function byMap({ intervals, codes }: Observations, rows: Uint32Array, first: number, width: number): OccurringCells {
  const cellOf = new Map<number, number>()
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const key = codes[row]! * width + (typeof intervals === 'number' ? 0 : intervals[row]! - first)
    let cell = cellOf.get(key)
    if (cell === undefined) {
      cell = cellOf.size
      cellOf.set(key, cell)
    }
    cellsOut[i] = cell
  }
  return found(rows, [...cellOf.keys()], first, width)
}

function found(rows: Uint32Array, keys: readonly number[], first: number, width: number): OccurringCells {
  return {
    spanCount: rows.length,
    rows,
    cells: cellsOut,
    codes: keys.map(key => Math.floor(key / width)),
    intervals: keys.map(key => first + (key % width)),
  }
}
