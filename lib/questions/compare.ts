import type { Limits } from '../model/limits.ts'
import type { Question } from '../model/question.ts'
import type { SpanSource } from '../model/scan.ts'
import { parseQuery } from '../traceql/engine/validate.ts'
import { type MetricsAnswer, queryRange } from '../traceql/metrics/metrics.ts'
import { valueKey } from '../traceql/metrics/series.ts'
import type { Values } from './values.ts'

/** Of each attribute the values that occur most on each side: as many as can be asked for. */
const topN = 1_000

/** In one interval, whatever the clock says. */
const always = { startNanos: 0n, endNanos: 2n ** 63n }

/**
 * By attribute and value, with a NUL between, their share of the spans that the selection matches less their share of
 * the others; shares are of the spans that have the attribute.
 */
export async function compareShares(
  source: SpanSource,
  { selection, range = always }: Question & { ask: 'compare' },
  limits: Limits,
): Promise<Values> {
  const query = parseQuery(`{ } | compare(${selection}, ${topN})`)
  const stepNanos = range.endNanos
  const maxSeries = Number.MAX_SAFE_INTEGER
  const sums = sumsOf(await queryRange(source, query, { ...limits, ...range, stepNanos, maxSeries }))
  const keys = new Set([...sums.selection.keys(), ...sums.baseline.keys()])
  return new Map([...keys].map(key => [key, { value: share(sums, 'selection', key) - share(sums, 'baseline', key) }]))
}

/** By side: by attribute and value how many spans have it; the totals by attribute. */
type Sums = Record<string, Map<string, number>>

function sumsOf({ series }: MetricsAnswer): Sums {
  const sums: Sums = {
    selection: new Map(),
    baseline: new Map(),
    selection_total: new Map(),
    baseline_total: new Map(),
  }
  for (const { labels, samples } of series) {
    const [side, attribute] = [labels[0]!.value, labels[1]!]
    if (!('stringValue' in side)) continue
    const key = side.stringValue.endsWith('_total') ? attribute.key : `${attribute.key}\0${valueKey(attribute.value)}`
    sums[side.stringValue]!.set(
      key,
      samples.reduce((sum, { value }) => sum + (value ?? 0), 0),
    )
  }
  return sums
}

function share(sums: Sums, side: 'selection' | 'baseline', key: string): number {
  const total = sums[`${side}_total`]!.get(key.slice(0, key.indexOf('\0'))) ?? 0
  return total === 0 ? 0 : (sums[side]!.get(key) ?? 0) / total
}
