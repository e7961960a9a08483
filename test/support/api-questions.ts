import type { FastifyInstance } from 'fastify'
import type { SpanSource } from '../../lib/model/scan.ts'
import type { Trace } from '../../lib/model/trace.ts'
import type { ApiConfig } from '../../lib/serve/api/answer.ts'
import { apiServer } from '../../lib/serve/api/server.ts'
import { tenantHeader } from '../../lib/serve/tenant.ts'

/** A server of the API that answers from a source. */
export function serverOf(source: ApiConfig['source'] | SpanSource, config: Partial<ApiConfig> = {}): FastifyInstance {
  const own = typeof source === 'function' ? source : async () => source
  return apiServer({ source: own, version: '1', revision: '', timeoutMillis: 60_000, maxBytes: 1e12, ...config })
}

/** The body of an answer, and its status where that is not 200. */
export async function ask(app: FastifyInstance, url: string, tenant: string): Promise<string> {
  const { statusCode, body } = await app.inject({ url, headers: { [tenantHeader]: tenant } })
  return statusCode === 200 ? body : `${statusCode} ${body}`
}

const searches = [
  '{ }',
  '{ name = "x" }',
  '{ status = error }',
  '{ .a != nil } | select(.a, span.b, resource.c)',
  '{ span.a = "x" } && { kind = server }',
  '{ name = "x" } >> { name = "y" }',
  '{ name = "x" } !> { name = "x" }',
  '{ rootName = "x" } | count() > 2',
  '{ event:name = "e" } | by(name)',
  '{ kind = server } ~ { kind = server }',
  '{ span.nowhere = 1 }',
]
const metrics = [
  '{ } | rate() by (resource.a)',
  '{ kind = server } | count_over_time() by (name)',
  '{ } | quantile_over_time(duration, .5, .99) by (name)',
  '{ } | histogram_over_time(duration)',
  '{ } | sum_over_time(duration) by (name)',
  '{ } | avg_over_time(duration)',
  '{ } | max_over_time(duration) by (name)',
  '{ name = "x" } >> { } | rate()',
  '{ } | compare({ status = error })',
  '{ } | rate() by (name) | topk(2)',
  '({ status = error } | count_over_time()) / ({ } | count_over_time())',
]
const names = ['name', 'span.a', '.b', 'resource.service.name', 'kind', 'rootName', 'event.a']

export interface AskedRange {
  readonly startNanos: bigint
  readonly endNanos: bigint
  readonly stepNanos: bigint
}

/** Questions to all routes of the API about some traces; answers that are limited are left out where `isWhole`. */
export function questionsAbout(
  traces: readonly Trace[],
  { startNanos, endNanos, stepNanos }: AskedRange,
  { isWhole, more = [] }: { readonly isWhole: boolean; readonly more?: readonly string[] },
): string[] {
  const urlOf = (path: string, parameters: Record<string, unknown> = {}) =>
    `${path}?${new URLSearchParams(Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])))}`
  const range = { start: startNanos, end: endNanos }
  const all = { limit: 100_000, spss: 100_000 }
  const isSearch = (text: string) => !/\|\s*(rate|compare|\w+_over_time)\(/.test(text)
  const asked = [...searches, ...more.filter(isSearch)]
  const series = [...metrics, ...more.filter(text => !isSearch(text))]
  return [
    ...asked.flatMap(q => [
      urlOf('/api/search', { q, ...all }),
      urlOf('/api/search', { q: `${q} with(most_recent=true)`, ...all, limit: 7 }),
      ...(isWhole ? [] : [urlOf('/api/search', { q, limit: 3, spss: 2 }), urlOf('/api/search', { q, limit: 40 })]),
    ]),
    urlOf('/api/search', { q: '{ }', ...all, ...range, end: startNanos + 3n * stepNanos }),
    ...series.map(q => urlOf('/api/metrics/query_range', { q, ...range, step: `${stepNanos}ns`, exemplars: 0 })),
    ...series.map(q => urlOf('/api/metrics/query', { q, ...range })),
    ...(isWhole ? [] : series.map(q => urlOf('/api/metrics/query_range', { q, ...range, exemplars: 5 }))),
    ...['/api/search/tags', '/api/v2/search/tags'].flatMap(path => [urlOf(path), urlOf(path, { q: '{ name = "x" }' })]),
    ...names.flatMap(name =>
      [urlOf('', {}), urlOf('', { q: '{ kind = server }' }), ...(isWhole ? [] : [urlOf('', { limit: 2 })])].map(
        tail => `/api/v2/search/tag/${encodeURIComponent(name)}/values${tail}`,
      ),
    ),
    '/api/search/tag/a/values',
    '/status/extent',
    urlOf('/api/metrics/service_graph', range),
    ...traces.slice(0, 5).flatMap(({ traceId }) => [`/api/v2/traces/${traceId}`, `/api/traces/${traceId}`]),
    '/api/v2/traces/abcdef',
  ]
}

/** An answer but for what it says of how it was found, for comparison with one of spans in another order. */
export function inAnyOrder(body: string): unknown {
  if (!body.startsWith('{')) return body
  const { metrics: _, ...answer } = JSON.parse(body) as Record<string, unknown>
  return sorted('batches' in answer || 'trace' in answer ? spansOf(answer) : answer)
}

interface Printed {
  readonly [name: string]: unknown
}

/** Each span with its resource and scope, however they were grouped. */
function spansOf(answer: Record<string, unknown>): unknown {
  const { trace, batches = (trace as Printed).resourceSpans ?? [], ...rest } = answer as Printed
  const spans = (batches as Printed[]).flatMap(({ scopeSpans, ...resource }) =>
    (scopeSpans as Printed[]).flatMap(({ spans: own, ...scope }) =>
      (own as Printed[]).map(span => ({ span, resource, scope })),
    ),
  )
  return { ...rest, spans }
}

function sorted(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(10))
  if (Array.isArray(value)) return value.map(item => JSON.stringify(sorted(item))).sort()
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
