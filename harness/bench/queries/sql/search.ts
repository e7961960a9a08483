import { traceKey } from '../../../../lib/model/trace-id.ts'
import type { SpanAnswer, SpanSetAnswer, TraceAnswer } from '../../../../lib/traceql/answers/search-answer.ts'
import { answerKey, type KeyedValue } from '../../../../lib/traceql/engine/answer-value.ts'
import { planPipeline } from '../../../../lib/traceql/engine/plan.ts'
import type { Field, SearchQuery } from '../../../../lib/traceql/language/ast.ts'
import { answerOf, fieldValue, type Place, printable } from './fields.ts'
import { type SqlAggregate, spansetsOf } from './spansets.ts'
import { type AskSql, checkRoots, prefix, type SpanTable } from './table.ts'

/** How many traces are answered, and how many spans of each. */
export interface SearchTerms {
  readonly limit: number
  readonly spansPerSet: number
}

/** A field that spans of the answer show. */
interface Shown {
  readonly field: Field
  readonly place: Place
}

/** What a statement asks, and what its answer is made with. */
export interface SearchStatement {
  readonly sql: string
  readonly shown: readonly Shown[]
  readonly aggregates: readonly SqlAggregate[]
}

/** A search in SQL: a row a trace, as JSON of what `FoundTrace` says. */
export function searchStatement(query: SearchQuery, table: SpanTable, terms: SearchTerms): SearchStatement {
  checkRoots(table)
  const { pipeline, shown: fields } = planPipeline(query.pipeline, {})
  const { rows, aggregates } = spansetsOf(pipeline, table)
  const shown = fields.map(field => ({ field, place: fieldValue(field, table) }))
  const isAll = terms.spansPerSet === Number.MAX_SAFE_INTEGER
  const span = `{${['id: lower(hex(span_id))', 'start: start::VARCHAR', 'duration: duration::VARCHAR', ...shown.map(({ place }, i) => `s${i}: ${printable(place)}`)].join()}}`
  const values = aggregates.map(({ sql, type }, i) => `${printable({ sql, type })} AS v${i}`)
  const columns = ['trace_id', 'count(*) AS matched', ...values]
  const having = aggregates.length === 0 ? '' : ` HAVING ${aggregates.map(({ test }) => test).join(' AND ')}`
  const limit = terms.limit === Number.MAX_SAFE_INTEGER ? '' : ` LIMIT ${terms.limit}`
  const spans = isAll ? `list(${span})` : `arg_min(${span}, start, ${terms.spansPerSet})`
  const found = `SELECT ${columns.join()}, ${spans} AS spans FROM spans WHERE ${rows} GROUP BY trace_id${having}${limit}`
  const answer = `{id: lower(hex(trace_id)), start: first::VARCHAR, duration: (last - first)::VARCHAR, root: root, services: services, matched: matched, values: [${aggregates.map((_, i) => `v${i}::VARCHAR`).join()}], spans: spans}`
  const before = prefix(
    fields,
    `found AS MATERIALIZED (${found})`,
    `services AS (${services})`,
    `traces AS (${traces})`,
  )
  const sql = `${before}
SELECT to_json(${answer})::VARCHAR FROM found JOIN traces USING (trace_id) ORDER BY first DESC`
  return { sql, shown, aggregates }
}

const services = `SELECT trace_id, coalesce(service_name, '') AS service, count(*) AS spans,
 count(*) FILTER (status_code = 'error') AS errors, min(start) AS first, max(start + duration) AS last,
 max(start) FILTER (parent_id IS NULL) AS root_start, arg_max(name, start) FILTER (parent_id IS NULL) AS root_name
 FROM spans SEMI JOIN found USING (trace_id) GROUP BY ALL`

const traces = `SELECT trace_id, min(first) AS first, max(last) AS last, list({service: service, spans: spans, errors: errors}) AS services,
 arg_max({service: service, name: root_name}, root_start) AS root FROM services GROUP BY trace_id`

interface FoundTrace {
  readonly id: string
  readonly start: string
  readonly duration: string
  readonly root: { readonly service: string; readonly name: string } | null
  readonly services: readonly { readonly service: string; readonly spans: number; readonly errors: number }[]
  readonly matched: number
  readonly values: readonly (string | null)[]
  readonly spans: readonly FoundSpan[]
}

type FoundSpan = { readonly id: string; readonly start: string; readonly duration: string } & Record<string, unknown>

/** The answer to a search, in the shape of all others. */
export async function searchSql(ask: AskSql, statement: SearchStatement): Promise<TraceAnswer[]> {
  const rows = await ask(statement.sql)
  return rows.map(([json]) => traceOf(JSON.parse(String(json)) as FoundTrace, statement))
}

const rootMissing = '<root span not yet received>'

function traceOf(found: FoundTrace, { shown, aggregates }: SearchStatement): TraceAnswer {
  const durationMs = Math.floor(Number(found.duration) / 1e6)
  const spans = found.spans.map(span => spanOf(span, shown))
  const attributes = aggregates.map(({ key, type }, i) => ({ key, value: answerOf(found.values[i], type) }))
  const set: SpanSetAnswer = { spans, matched: found.matched, ...(attributes.length > 0 ? { attributes } : {}) }
  const counts = found.services.map(({ service, spans: spanCount, errors: errorCount }) => [
    service,
    errorCount === 0 ? { spanCount } : { spanCount, errorCount },
  ])
  return {
    traceID: traceKey(found.id),
    rootServiceName: found.root?.service ?? rootMissing,
    rootTraceName: found.root?.name ?? rootMissing,
    startTimeUnixNano: found.start,
    spanSet: set,
    spanSets: [set],
    serviceStats: Object.fromEntries(counts),
    ...(durationMs === 0 ? {} : { durationMs }),
  }
}

function spanOf(span: FoundSpan, shown: readonly Shown[]): SpanAnswer {
  const attributes: KeyedValue[] = []
  let name: string | undefined
  for (const [i, { field, place }] of shown.entries()) {
    const value = span[`s${i}`]
    if (field.kind === 'intrinsic' && field.name === 'span:name') name = String(value)
    else if (value !== null) attributes.push({ key: answerKey(field), value: answerOf(value, place.type) })
  }
  return {
    spanID: span.id,
    startTimeUnixNano: span.start,
    durationNanos: span.duration,
    ...(name === undefined ? {} : { name }),
    ...(attributes.length === 0 ? {} : { attributes }),
  }
}
