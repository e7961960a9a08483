/** Buckets of either sign are below half of it. With 2^17 rows of 2^16 series a key is below 2^47, exact as a double. */
const bucketReach = 2 ** 14

/** Counts of spans as columns: a row per series, interval and bucket. */
export interface Rows {
  readonly length: number
  readonly series: Uint32Array
  readonly intervals: Float64Array
  readonly buckets: Int32Array
  readonly counts: Float64Array
}

/** Rows that grow up to a fixed capacity. Equal ones are added up when they are asked for in order. */
export class Cells implements Rows {
  length = 0
  readonly series: Uint32Array
  readonly intervals: Float64Array
  readonly buckets: Int32Array
  readonly counts: Float64Array

  constructor(capacity: number) {
    this.series = new Uint32Array(capacity)
    this.intervals = new Float64Array(capacity)
    this.buckets = new Int32Array(capacity)
    this.counts = new Float64Array(capacity)
  }

  get isFull(): boolean {
    return this.length === this.series.length
  }

  push(series: number, interval: number, bucket: number, count: number): void {
    const row = this.length++
    this.series[row] = series
    this.intervals[row] = interval
    this.buckets[row] = bucket
    this.counts[row] = count
  }

  /** Puts the rows in order of series, interval and bucket, and adds up equal ones. */
  compact(): void {
    const intervals = Float64Array.from(new Set(this.intervals.subarray(0, this.length))).sort()
    const ranks = new Map(Array.from(intervals, (interval, rank) => [interval, rank]))
    const counts = new Map<number, number>()
    for (let row = 0; row < this.length; row++) {
      const cell = this.series[row]! * intervals.length + ranks.get(this.intervals[row]!)!
      const key = cell * bucketReach + this.buckets[row]! + bucketReach / 2
      counts.set(key, (counts.get(key) ?? 0) + this.counts[row]!)
    }
    this.length = 0
    for (const key of Float64Array.from(counts.keys()).sort()) {
      const cell = Math.floor(key / bucketReach)
      const series = Math.floor(cell / intervals.length)
      const interval = intervals[cell - series * intervals.length]!
      this.push(series, interval, key - cell * bucketReach - bucketReach / 2, counts.get(key)!)
    }
  }
}
