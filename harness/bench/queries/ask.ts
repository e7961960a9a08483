import type { SpanSource } from '../../../lib/model/scan.ts'
import { type SearchAnswer, search } from '../../../lib/traceql/answers/search.ts'
import type { Explain } from '../../../lib/traceql/engine/explain.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { type MetricsAnswer, queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import type { Question, RangeTexts } from '../../runs/query-bench-schema.ts'

export type Answer = Pick<SearchAnswer, 'traces'> | MetricsAnswer
/** With the explanation of a source. */
export type ExplainedAnswer = SearchAnswer | MetricsAnswer

/** What is asked beside the text. */
export interface Terms {
  /** Of metrics; searches have none. */
  readonly range: RangeTexts
  readonly maxSeries: number
  /** Of traces that a search finds. */
  readonly limit: number
  /** Shown of each series. */
  readonly exemplars: number
  /** Shown of each spanset. */
  readonly spansPerSet: number
}

/** How many traces a search answers where nothing is said. */
export const defaultLimit = 20

/** As Tempo's benchmarks ask: searches without a limit of traces, series with exemplars. */
export const usualTerms = { maxSeries: 1000, limit: Number.MAX_SAFE_INTEGER, exemplars: 2, spansPerSet: 3 } as const

/** The answer of a source. */
export async function ask(source: SpanSource, { kind, text }: Question, terms: Terms): Promise<ExplainedAnswer> {
  const query = parseQuery(text)
  if (kind === 'search') return search(source, query, { limit: terms.limit, spss: terms.spansPerSet })
  return queryRange(source, query, { ...rangeOf(terms.range), maxSeries: terms.maxSeries, exemplars: terms.exemplars })
}

/** A range as numbers. */
export function rangeOf({ startNanos, endNanos, stepNanos }: RangeTexts) {
  return { startNanos: BigInt(startNanos), endNanos: BigInt(endNanos), stepNanos: BigInt(stepNanos) }
}

/** How many spans an operation was about: those that a search shows, those that metrics looked at. */
export function spansOf(answer: Answer): number {
  if (!('traces' in answer)) return Number(answer.metrics.inspectedSpans)
  return sum(answer.traces.flatMap(({ spanSets }) => spanSets.map(({ spans }) => spans.length)))
}

/** How many spans match; of an expression over several series the fewest that one of them counts. */
export function matchedBy(answer: Answer): number {
  if (!('traces' in answer)) return Math.min(...answer.explain.map(countedBy))
  return sum(answer.traces.flatMap(({ spanSets }) => spanSets.map(({ matched }) => matched)))
}

function countedBy({ stages }: Explain): number {
  return stages.at(-1)?.spanCount ?? 0
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
