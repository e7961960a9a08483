import type { KeyedValue } from './otlp-json.ts'
import { readPlace } from './place.ts'

/** What the page asks of the server that it came from. */

export interface SpanFound {
  spanID: string
  name?: string
  startTimeUnixNano: string
  durationNanos: string
}

export interface TraceFound {
  traceID: string
  rootServiceName: string
  rootTraceName: string
  startTimeUnixNano: string
  durationMs?: number
  spanSet: { spans: SpanFound[]; matched: number }
  serviceStats: Record<string, { spanCount: number; errorCount?: number }>
}

export interface Found {
  traces: TraceFound[]
  metrics: { inspectedTraces?: number; inspectedSpans?: string; inspectedBytes?: string }
}

export interface Series {
  labels: KeyedValue[]
  samples: { timestampMs: string; value?: number }[]
}

export interface SeriesFound {
  series: Series[]
  message?: string
}

export interface Extent {
  startTimeUnixNano?: string
  endTimeUnixNano?: string
}

export type Parameters = Record<string, string | undefined>

/** What a route answers; a refusal is an error with the server's words. */
export async function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const { tenant } = readPlace()
  const headers = { accept: 'application/json', ...(tenant === '' ? {} : { 'x-scope-orgid': tenant }) }
  const response = await ask(`${path}?${new URLSearchParams(given)}`, { headers, signal: signal ?? null })
  if (response.ok) return (await response.json()) as T
  throw new Error((await response.text()) || `${response.status} ${response.statusText}`)
}

/** An answer of any kind; where there is none, an error with words for that. */
async function ask(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request)
  } catch (error) {
    if (request.signal?.aborted === true) throw error
    throw new Error('The server does not answer. Is it still running?', { cause: error })
  }
}

/** Whether a query gives series over time, not traces. */
export function isMetrics(query: string): boolean {
  return /\|\s*(?:rate|compare|\w+_over_time)\s*\(/.test(query)
}
