/** A series of the answer to `histogram_over_time`, as far as it matters here. */
export interface Bucket {
  labels: readonly { key: string; value: { doubleValue?: number } }[]
  samples: readonly { timestampMs: string; value?: number }[]
}

/**
 * Spans by when they start and how long they take, as a grid. Column `i` has those of the step that ends at `ends[i]`,
 * its end among them; row `r` those of up to 2^(exponent + r) ns and more than half of that.
 */
export interface Heat {
  /** In ms, ascending, as far apart as a step takes. */
  ends: number[]
  stepMillis: number
  exponent: number
  /** By row, by column. */
  counts: number[][]
  most: number
}

/** Cells of a grid, the last ones among them. */
export interface Cells {
  firstColumn: number
  lastColumn: number
  firstRow: number
  lastRow: number
}

/** What cells stand for. */
export interface Region {
  fromMillis: number
  toMillis: number
  /** Durations are longer than this; 2^63 ns and more have no bound. */
  lowNanos: bigint
  highNanos: bigint | undefined
  count: number
}

const maxColumns = 80
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400].map(
    seconds => seconds * 1_000,
  ),
]

/** The shortest step that does not part a range into more columns than a picture has room for. */
export function stepOf(rangeMillis: number): number {
  const days = Math.ceil(rangeMillis / maxColumns / 86_400_000)
  return steps.find(step => rangeMillis / step <= maxColumns) ?? days * 86_400_000
}

/** The grid of the answer to `histogram_over_time(duration)`; undefined where no span counts. */
export function heatOf(series: readonly Bucket[], stepMillis: number): Heat | undefined {
  const byExponent = new Map(series.map(one => [exponentOf(one), one.samples]))
  const samples = [...byExponent.values()].flat()
  const filled = samples.filter(({ value = 0 }) => value > 0).map(({ timestampMs }) => Number(timestampMs))
  if (filled.length === 0) return undefined
  const times = samples.map(({ timestampMs }) => Number(timestampMs))
  const [first, last] = [least(times), most(times)]
  const ends = Array.from({ length: Math.round((last - first) / stepMillis) + 1 }, (_, i) => first + i * stepMillis)
  const exponent = least([...byExponent.keys()])
  const counts = Array.from({ length: most([...byExponent.keys()]) - exponent + 1 }, (_, row) => {
    const own = new Array<number>(ends.length).fill(0)
    for (const { timestampMs, value = 0 } of byExponent.get(exponent + row) ?? [])
      own[Math.round((Number(timestampMs) - first) / stepMillis)]! += value
    return own
  })
  return { ends, stepMillis, exponent, counts, most: most(counts.flat()) }
}

/** Of the bound of a series, which is in seconds. */
function exponentOf({ labels }: Bucket): number {
  const bound = labels.find(({ key }) => key === '__bucket')
  return Math.round(Math.log2((bound?.value.doubleValue ?? 0) * 1e9))
}

function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b))
}

function most(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b))
}

export function regionOf({ ends, stepMillis, exponent, counts }: Heat, cells: Cells): Region {
  const { firstColumn, lastColumn, firstRow, lastRow } = cells
  let count = 0
  for (const row of counts.slice(firstRow, lastRow + 1))
    for (const own of row.slice(firstColumn, lastColumn + 1)) count += own
  const high = exponent + lastRow
  return {
    fromMillis: ends[firstColumn]! - stepMillis,
    toMillis: ends[lastColumn]!,
    lowNanos: 2n ** BigInt(exponent + firstRow - 1),
    highNanos: high < 63 ? 2n ** BigInt(high) : undefined,
    count,
  }
}

/** The cells between two corners, whichever is which, as far as the grid goes. */
export function cellsBetween(
  { ends, counts }: Heat,
  a: readonly [number, number],
  b: readonly [number, number],
): Cells {
  const within = (value: number, length: number) => Math.max(0, Math.min(length - 1, Math.floor(value)))
  const [columns, rows] = [
    [within(a[0], ends.length), within(b[0], ends.length)],
    [within(a[1], counts.length), within(b[1], counts.length)],
  ] as const
  return {
    firstColumn: Math.min(...columns),
    lastColumn: Math.max(...columns),
    firstRow: Math.min(...rows),
    lastRow: Math.max(...rows),
  }
}

/** Where most spans are: its column and row. */
export function fullest({ counts, most }: Heat): [column: number, row: number] {
  const row = counts.findIndex(own => own.includes(most))
  return [counts[row]!.indexOf(most), row]
}
