import type { SpanSetAnswer, TraceAnswer } from '../../../lib/traceql/answers/search-answer.ts'
import type { KeyedValue } from '../../../lib/traceql/engine/answer-value.ts'
import type { SeriesAnswer } from '../../../lib/traceql/metrics/metrics.ts'
import type { Fidelity } from '../../../phases/phase.ts'
import { shorten } from '../../text/names.ts'
import type { Answer } from './ask.ts'

/** What a file keeps of that on which an answer depends. */
export type Kept = Pick<Fidelity, 'spanOrder' | 'spanIds'>

/** What counts of an answer: which one is first, how it was found and examples do not. */
type Facts =
  | { readonly traces: readonly TraceAnswer[] }
  | { readonly series: readonly SeriesAnswer[]; readonly isCut: boolean }

/** What counts of an answer, as JSON. */
export function printFacts(answer: Answer): string {
  return JSON.stringify(factsOf(answer))
}

function factsOf(answer: Answer): Facts {
  if ('traces' in answer) return { traces: answer.traces }
  const series = answer.series.map(({ labels, samples }) => ({ labels, samples }))
  return { series, isCut: answer.status === 'PARTIAL' }
}

/** Numbers that differ by less, as a share, are equal: sums depend on the order of their terms. */
const tolerance = 1e-9
const maxShown = 120

/**
 * The first difference of two answers, given as `printFacts` has them, as path and values: `/traces/0a1b/spanSets/0/matched: 3, got 4`; undefined where
 * there is none. Traces stand by id, series by labels. Of an answer that was cut to so many series those are compared
 * that both have. Where spans are in an order of their own or have new ids, that order and these ids do not count.
 */
export function answerDifference(expectedText: string, actualText: string, kept: Kept): string | undefined {
  if (expectedText === actualText) return undefined
  const [expected, actual] = [expectedText, actualText].map(text => JSON.parse(text) as Facts) as [Facts, Facts]
  if ('traces' in expected && 'traces' in actual)
    return difference(byTrace(expected.traces, kept), byTrace(actual.traces, kept), '/traces')
  if ('traces' in expected || 'traces' in actual) return '/: an answer of another kind'
  const [wanted, got] = [bySeries(expected.series), bySeries(actual.series)]
  if (!expected.isCut && !actual.isCut) return difference(wanted, got, '/series')
  return difference(onlyOf(wanted, got), onlyOf(got, wanted), '/series')
}

/** The same of an answer up to a limit of traces, whichever they are, given the whole answer. */
export function limitedDifference(
  wholeText: string,
  actualText: string,
  limit: number,
  kept: Kept,
): string | undefined {
  const [whole, actual] = [wholeText, actualText].map(text => JSON.parse(text) as { traces: TraceAnswer[] })
  const expectedCount = Math.min(limit, whole!.traces.length)
  if (actual!.traces.length !== expectedCount) return `/traces: ${expectedCount}, got ${actual!.traces.length}`
  const ids = new Set(actual!.traces.map(({ traceID }) => traceID))
  const traces = whole!.traces.filter(({ traceID }) => ids.has(traceID))
  return answerDifference(JSON.stringify({ traces }), actualText, kept)
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Members = { readonly [key: string]: Json }

function byTrace(traces: readonly TraceAnswer[], kept: Kept): Members {
  return Object.fromEntries(
    traces.map(({ traceID, spanSet: _, spanSets, ...trace }) => {
      const sets = spanSets.map(set => spanSetOf(set, kept))
      return [traceID, { ...trace, spanSets: kept.spanOrder ? sets : sorted(sets) } as unknown as Json]
    }),
  )
}

function spanSetOf({ spans, ...set }: SpanSetAnswer, { spanOrder, spanIds }: Kept): Json {
  const shown = spans.map(({ spanID, ...span }) =>
    spanIds === 'kept' ? { spanID, ...span } : span,
  ) as unknown as Json[]
  return { ...set, spans: spanOrder ? shown : sorted(shown) } as unknown as Json
}

function bySeries(series: readonly SeriesAnswer[]): Members {
  return Object.fromEntries(
    series.map(({ labels, samples }) => [
      labelsText(labels),
      Object.fromEntries(samples.map(({ timestampMs, value = 0 }) => [timestampMs, value])),
    ]),
  )
}

function labelsText(labels: readonly KeyedValue[]): string {
  return labels
    .map(({ key, value }) => `${key}=${JSON.stringify(value)}`)
    .sort()
    .join()
}

function onlyOf(members: Members, others: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([key]) => Object.hasOwn(others, key)))
}

function sorted(items: readonly Json[]): Json[] {
  const keyed = items.map(item => ({ item, key: JSON.stringify(item) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ item }) => item)
}

function difference(expected: Json | undefined, actual: Json | undefined, path: string): string | undefined {
  if (isMembers(expected) && isMembers(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const found = difference(own(expected, key), own(actual, key), `${path}/${key}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  return isSame(expected, actual) ? undefined : `${path}: ${show(expected)}, got ${show(actual)}`
}

/** Objects, and arrays by their indexes. */
function isMembers(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null
}

function own(members: Members, key: string): Json | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined
}

function isSame(expected: Json | undefined, actual: Json | undefined): boolean {
  if (typeof expected !== 'number' || typeof actual !== 'number') return expected === actual
  return Math.abs(expected - actual) <= tolerance * Math.abs(expected)
}

function show(value: Json | undefined): string {
  return value === undefined ? 'nothing' : shorten(JSON.stringify(value), maxShown)
}
