import { medianOf } from '../../../lib/median.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { capturedSource, generatedSource } from '../../open/source.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import type { Capture } from './job.ts'
import { Load } from './load.ts'
import { type EndOf, Replay } from './replay.ts'

/** The requests of a capture, and connections for them. */
export async function loadOf(capture: Capture, seed: number, endOf?: EndOf): Promise<{ replay: Replay; load: Load }> {
  const { input } = capture
  const source =
    input === undefined ? generatedSource({ workload: 'otel', size: 'medium', seed }) : capturedSource([input], {})
  const traces: Trace[] = []
  for await (const batch of source.traces) traces.push(...batch)
  const replay = new Replay(traces, endOf)
  return { replay, load: new Load(replay) }
}

/** How many spans a server counts over all the time of a replay. */
export async function countSpans(
  api: string,
  { lengthNanos }: Pick<Replay, 'lengthNanos'>,
  sinceMillis: number,
): Promise<number> {
  const start = Math.floor(sinceMillis / 1e3 - Number(lengthNanos) / 1e9) - 120
  const range = { start: String(start), end: String(Math.ceil(Date.now() / 1e3) + 120), step: '60s' }
  const parameters = new URLSearchParams({ q: '{ } | count_over_time()', ...range })
  return sumOf(await ask<Series>(`${api}/api/metrics/query_range?${parameters}`))
}

/** The answer to a metrics query. */
export interface Series {
  readonly series: readonly { readonly samples: readonly { readonly value?: number }[] }[]
}

/** All samples of all series. */
export function sumOf({ series }: Series): number {
  return series.flatMap(({ samples }) => samples).reduce((sum, { value = 0 }) => sum + value, 0)
}

/** What is wrong with a count of the spans, if anything. */
export function problemOfCount(found: number, { acknowledgedSpans, refused }: Load): string | undefined {
  const refusals = Array.from(refused, ([status, count]) => `${count} requests were answered ${status}`)
  const wrong = found === acknowledgedSpans ? [] : [`acknowledged ${acknowledgedSpans} spans, found ${found}`]
  return [...wrong, ...(wrong.length > 0 ? refusals : [])].join('; ') || undefined
}

/** A figure of several rounds: their median, lowest and highest. */
export function figureOf(
  values: readonly number[],
  { problem, ...facts }: Pick<Figure, 'what' | 'unit' | 'wanted' | 'problem'>,
): Figure {
  if (problem !== undefined) return { ...facts, value: null, problem }
  const sorted = values.toSorted((a, b) => a - b)
  const range = values.length > 1 ? ([sorted[0]!, sorted.at(-1)!] as const) : undefined
  return { ...facts, value: medianOf(values), range }
}

/** Figures of some latencies: their median, 99th percentile, for which a limit may be wanted, and maximum. */
export function latencyFigures(
  what: string,
  millis: readonly number[],
  problem: string | undefined,
  limit?: number,
): Figure[] {
  const sorted = millis.toSorted((a, b) => a - b)
  const row = (word: string, share: number, wanted?: Figure['wanted']) =>
    figureOf([quantileOf(sorted, share)], { what: `${what}, ${word}`, unit: 'ms', wanted, problem })
  return [row('p50', 0.5), row('p99', 0.99, limit === undefined ? undefined : ['≤', limit]), row('max', 1)]
}

/** The least of some sorted numbers that so many of them do not exceed. */
function quantileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** An answer that takes longer counts as none. */
const answerMillis = 300_000

/** An answer of the API. */
export async function ask<T>(url: string): Promise<T> {
  const headers = { accept: 'application/json' }
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(answerMillis) })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url}: ${response.status}: ${text}`)
  return JSON.parse(text) as T
}

/** How many milliseconds it takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
