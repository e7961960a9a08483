import type { SpanSource } from '../../../lib/model/scan.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { type MetricsAnswer, queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import type { WorkerPool } from '../../../lib/workers/pool.ts'
import type { Question } from '../../runs/query-bench-schema.ts'
import { stepSeconds } from './filled.ts'
import { ask } from './session.ts'

/** Of traces, where all are compared. */
export const noLimit = 100_000

export interface Range {
  readonly startSeconds: number
  readonly endSeconds: number
}

export type Answer = { readonly traces?: readonly { readonly traceID: string }[] } | Pick<MetricsAnswer, 'series'>

/** As the server is asked. */
export function answerThere(api: string, question: Question, range: Range, limit?: number): Promise<Answer> {
  const { startSeconds, endSeconds } = range
  const isSearch = question.kind === 'search'
  const more = isSearch ? (limit === undefined ? {} : { limit: String(limit) }) : { step: `${stepSeconds}s` }
  const terms = { q: question.text, start: String(startSeconds), end: String(endSeconds), ...more }
  const path = isSearch ? 'search' : 'metrics/query_range'
  return ask<Answer>(`${api}/api/${path}?${new URLSearchParams(terms)}`)
}

/** As `query` asks. */
export async function answerHere(
  source: SpanSource,
  { kind, text }: Question,
  { startSeconds, endSeconds }: Range,
  limit?: number,
  workers?: WorkerPool,
): Promise<Answer> {
  const [startNanos, endNanos] = [BigInt(startSeconds) * 1_000_000_000n, BigInt(endSeconds) * 1_000_000_000n]
  const query = parseQuery(text)
  if (kind === 'search') return search(source, query, { startNanos, endNanos, limit, workers })
  return queryRange(source, query, { startNanos, endNanos, stepNanos: BigInt(stepSeconds) * 1_000_000_000n, workers })
}
