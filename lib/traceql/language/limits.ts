import { LabError } from '../../error.ts'

/** How many fields series may be grouped by. */
export const maxGroupFields = 5

/** The largest count that `compare` may be asked for. */
export const maxCompareTop = 1_000

/** Quantiles of one aggregate: each is a series per group, and more than these are a mistake. */
export const maxQuantiles = 100

/** Pipelines of one metrics query, each of which reads the source: 1,500 took 38 s over 12,000 spans. */
export const maxPipelines = 20

/** Filters, `topk` and `bottomk` of one query: 1,900 took minutes over 1,000 series of 10,000 points. */
export const maxSeriesStages = 20

/** Different fields of one query: 1,900 took 3.6 s over 12,000 spans, 15,000 selected ones 23 s. */
export const maxFields = 200

/** Stages `by` of one query: 1,900 took minutes, since each one parts what those before it gave. */
export const maxGroupStages = 20

/** Fields of events and links in one arithmetic expression, which has a value for each combination of theirs. */
export const maxChildFields = 2

/** Values that arithmetic may give for one span: 2 fields of 100 events each. */
export const maxChildValues = 10_000

/** Points of all series of a query: 400 MB. A query over 12,000 spans took 23 GB without it. */
export const maxPoints = 50_000_000

/** What is left of the points that a query may have. */
export class PointBudget {
  #left = maxPoints

  /** Takes so many points; fails where they are too many. */
  take(count: number): void {
    this.#left -= count
    if (this.#left < 0)
      throw new LabError(
        'unsupported',
        `TraceQL: more than ${maxPoints.toLocaleString('en')} points: group by less, or ask for longer steps or a shorter range`,
      )
  }

  /** The points of one more series, all of them one value. */
  points(count: number, value: number): Float64Array {
    this.take(count)
    return new Float64Array(count).fill(value)
  }
}
