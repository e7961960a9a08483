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
let cellsOut = new Uint32Array(1 << 13)
/** By code and interval one more than the cell; zeros between calls. */
let table = new Uint32Array(1 << 13)

/** Finds the cells of observations whose codes are below `groupCount` and whose intervals below `intervalCount`. */
export function occurringCells(observations: Observations, groupCount: number, intervalCount: number): OccurringCells {
  const { rowCount, intervals } = observations
  if (rowsOut.length < rowCount) {
    rowsOut = new Uint32Array(rowCount)
    cellsOut = new Uint32Array(rowCount)
  }
  const width = typeof intervals === 'number' ? 1 : intervalCount
  const first = typeof intervals === 'number' ? intervals : 0
  const size = groupCount * width
  const keys: number[] = []
  const spanCount =
    size <= 4 * rowCount + 4096 ? byTable(observations, width, size, keys) : byMap(observations, width, keys)
  return {
    spanCount,
    rows: rowsOut,
    cells: cellsOut,
    codes: keys.map(key => Math.floor(key / width)),
    intervals: keys.map(key => first + (key % width)),
  }
}

/** Writes row and cell of each span that counts; the keys of cells are code * width + interval. */
function byTable(
  { rows, rowCount, intervals, codes, values }: Observations,
  width: number,
  size: number,
  keys: number[],
): number {
  if (typeof intervals === 'number' && intervals < 0) return 0
  if (table.length < size) table = new Uint32Array(size)
  const each = typeof intervals === 'number' ? undefined : intervals
  let count = 0
  for (let i = 0; i < rowCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    const interval = each === undefined ? 0 : each[row]!
    if (interval < 0 || (values !== undefined && Number.isNaN(values[row]!))) continue
    const key = codes[row]! * width + interval
    let cell = table[key]!
    if (cell === 0) {
      cell = keys.push(key)
      table[key] = cell
    }
    rowsOut[count] = row
    cellsOut[count++] = cell - 1
  }
  for (const key of keys) table[key] = 0
  return count
}

/** As `byTable`, where few of many possible cells occur. */
function byMap({ rows, rowCount, intervals, codes, values }: Observations, width: number, keys: number[]): number {
  const cellOf = new Map<number, number>()
  let count = 0
  for (let i = 0; i < rowCount; i++) {
    const row = rows === undefined ? i : rows[i]!
    const interval = typeof intervals === 'number' ? Math.min(intervals, 0) : intervals[row]!
    if (interval < 0 || (values !== undefined && Number.isNaN(values[row]!))) continue
    const key = codes[row]! * width + interval
    let cell = cellOf.get(key)
    if (cell === undefined) {
      cell = keys.push(key) - 1
      cellOf.set(key, cell)
    }
    rowsOut[count] = row
    cellsOut[count++] = cell
  }
  return count
}
