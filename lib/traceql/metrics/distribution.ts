import type { Cells } from './gatherers.ts'
import {
  type BucketPlace,
  bucketExponent,
  bucketPlace,
  bucketQuantile,
  type Distribution,
  exactQuantile,
} from './series.ts'

/** Of the values that were gathered, which are answered by `unit`. */
export function distributionOf(cells: Pick<Cells, 'buckets' | 'samples'>, unit: number): Distribution {
  const { samples, buckets } = cells
  return samples === undefined ? ofBuckets(buckets!, unit) : ofSamples(samples, unit)
}

function ofSamples(samples: NonNullable<Cells['samples']>, unit: number): Distribution {
  const quantile = (share: number, interval: number) => {
    const { values, weights } = samples[interval] ?? { values: [], weights: [] }
    return exactQuantile(share, values, weights.every(weight => weight === 1) ? undefined : weights)
  }
  return {
    quantile: (share, interval) => quantile(share, interval) / unit,
    below: (share, interval) => {
      const limit = quantile(share, interval)
      return value => (value <= limit ? 1 : 0)
    },
  }
}

function ofBuckets(buckets: NonNullable<Cells['buckets']>, unit: number): Distribution {
  const countsOf = (interval: number) => {
    const counts = new Map<number, number>()
    for (const [exponent, points] of buckets.entries())
      if (points !== undefined && points[interval]! > 0) counts.set(exponent, points[interval]!)
    return counts
  }
  return {
    quantile: (share, interval) => {
      const counts = countsOf(interval)
      // An interval without a value counts as 0, as in Tempo.
      return counts.size === 0 ? 0 : bucketQuantile(share, counts) / unit
    },
    below: (share, interval) => {
      const place = bucketPlace(share, countsOf(interval))
      return value => (place === undefined ? 0 : partBelow(bucketExponent(value), place))
    },
  }
}

function partBelow(exponent: number, place: BucketPlace): number {
  return exponent === place.exponent ? place.rank / place.count : Number(exponent < place.exponent)
}
