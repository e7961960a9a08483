/** A distribution of counts: exact below 1,024, to three digits above, so that memory is bounded. */
export interface Spread {
  count: number
  mean: number
  p50: number
  p95: number
  max: number
}

const exactLimit = 1024

/** Collects whole numbers from 0 to 2^53 - 1. */
export class Histogram {
  readonly #counts = new Map<number, number>()
  #count = 0
  #sum = 0
  #max = 0

  add(value: number): void {
    const bucket = bucketOf(value)
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    this.#count++
    this.#sum += value
    if (value > this.#max) this.#max = value
  }

  /** Zeros where nothing was added. */
  spread(): Spread {
    const sorted = [...this.#counts].sort((a, b) => a[0] - b[0])
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count
    return {
      count: this.#count,
      mean,
      p50: this.#quantile(sorted, 0.5),
      p95: this.#quantile(sorted, 0.95),
      max: this.#max,
    }
  }

  /** The least value that at least the share of all lie at or below. */
  #quantile(sorted: readonly (readonly [number, number])[], share: number): number {
    let left = Math.ceil(share * this.#count)
    for (const [value, count] of sorted) {
      left -= count
      if (left <= 0) return value
    }
    return 0
  }
}

function bucketOf(value: number): number {
  let step = 1
  while (value / step >= exactLimit) step *= 2
  return Math.floor(value / step) * step
}
