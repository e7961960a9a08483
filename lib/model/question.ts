/**
 * The waist of lossy formats: what is asked of traces whose spans may be gone. A question is data; an answer holds
 * estimates with their bounds, or says that it cannot be given. The price of a loss is the answer's distance from the
 * answer of the original.
 */

/** By `service.name`, or by service and span name. */
export type Grouping = 'service' | 'operation'

export type Question = { readonly range?: TimeRange | undefined } & (
  | /** How many spans there are. */ { readonly ask: 'spans'; readonly by: Grouping }
  | /** The share of spans with status error. */ { readonly ask: 'errors'; readonly by: Grouping }
  | /** A quantile of durations, ns: the value at rank `ceil(quantile * count)`. */ {
      readonly ask: 'duration'
      readonly by: Grouping
      readonly quantile: number
    }
  | /** How many spans of a service are called from another service: children whose parent is of it. */ {
      readonly ask: 'edges'
    }
  | /** How many traces the commonest templates have. */ { readonly ask: 'templates'; readonly top: number }
  | /** By attribute value its share of the spans that a TraceQL selection matches, less its share of the others. */ {
      readonly ask: 'compare'
      readonly selection: string
    }
  | /** The ids of the traces that a TraceQL search finds, without leading zeros. */ {
      readonly ask: 'search'
      readonly query: string
    }
  | /** The spans of one trace: how many there are, by operation. */ { readonly ask: 'trace'; readonly traceId: string }
)

/** Spans that start in [startNanos, endNanos). */
export interface TimeRange {
  readonly startNanos: bigint
  readonly endNanos: bigint
}

/** A value, and the bounds between which the truth lies where the format knows them (for samples: with 95 %). */
export interface Estimate {
  readonly value: number
  readonly low?: number | undefined
  readonly high?: number | undefined
}

/** `basis` says in a few words what was read: `exact`, `sample of 1,204 traces`, `rollup of 1 min`. */
export type Answer =
  | {
      readonly kind: 'values'
      readonly basis: string
      /** By group; of an operation, an edge or an attribute and value the key is both with a NUL between. */
      readonly values: ReadonlyMap<string, Estimate>
    }
  | {
      readonly kind: 'traces'
      readonly basis: string
      readonly traceIds: ReadonlySet<string>
      /** False where traces may have been missed. */
      readonly isComplete: boolean
    }
  | { readonly kind: 'unanswerable'; readonly reason: string }
