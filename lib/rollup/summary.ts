import type { Estimate, Grouping } from '../model/question.ts'
import { estimateOf } from './buckets.ts'
import type { Chunk } from './chunk.ts'
import { isError, type Series } from './series.ts'

/** The group of a series, named as answers name it; undefined where it is in none. */
export type GroupOf = (series: Series) => string | undefined

/** The groupings of questions. */
export const groupings: Readonly<Record<Grouping | 'edge', GroupOf>> = {
  service: ({ service }) => service,
  operation: ({ service, operation }) => `${service}\0${operation}`,
  edge: ({ caller, service }) => (caller === undefined ? undefined : `${caller}\0${service}`),
}

interface Group {
  spanCount: number
  errorCount: number
  /** Spans by bucket of their durations. */
  readonly buckets: Map<number, number>
}

/** Counts and durations by group, from as many rollups and spans as are added. */
export class Summary {
  readonly #groups = new Map<string, Group>()

  add(name: string, isFailed: boolean, bucket: number, count: number): void {
    let group = this.#groups.get(name)
    if (group === undefined) {
      group = { spanCount: 0, errorCount: 0, buckets: new Map() }
      this.#groups.set(name, group)
    }
    group.spanCount += count
    if (isFailed) group.errorCount += count
    group.buckets.set(bucket, (group.buckets.get(bucket) ?? 0) + count)
  }

  /** Adds the rows of a chunk whose intervals are in `[first, end)`, by weight; returns how many spans they have. */
  addChunk({ series, rows }: Chunk, groupOf: GroupOf, first: number, end: number): number {
    const groups = series.map(groupOf)
    const failed = series.map(isError)
    let spanCount = 0
    for (let row = 0; row < rows.length; row++) {
      const interval = rows.intervals[row]!
      if (interval < first || interval >= end) continue
      const number = rows.series[row]!
      const group = groups[number]
      spanCount += rows.counts[row]!
      const count = rows.counts[row]! * series[number]!.weight
      if (group !== undefined) this.add(group, failed[number]!, rows.buckets[row]!, count)
    }
    return spanCount
  }

  spanCounts(): ReadonlyMap<string, Estimate> {
    return this.#each(({ spanCount }) => ({ value: spanCount }))
  }

  errorShares(): ReadonlyMap<string, Estimate> {
    return this.#each(({ errorCount, spanCount }) => ({ value: errorCount / spanCount }))
  }

  /** The first duration up to which this share of the spans lasts, and the bounds of its bucket. */
  durations(quantile: number): ReadonlyMap<string, Estimate> {
    return this.#each(({ buckets, spanCount }) => {
      const sorted = [...buckets].sort(([a], [b]) => a - b)
      let before = 0
      for (const [bucket, count] of sorted) {
        before += count
        if (before >= quantile * spanCount) return estimateOf(bucket)
      }
      return estimateOf(sorted.at(-1)![0])
    })
  }

  #each(estimate: (group: Group) => Estimate): ReadonlyMap<string, Estimate> {
    return new Map([...this.#groups].map(([name, group]) => [name, estimate(group)]))
  }
}
