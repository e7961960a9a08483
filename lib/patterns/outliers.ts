import { int64Max, int64Min, type Span } from '../model/trace.ts'
import type { PruneConfig } from './prune-config.ts'

/** Makes the median absolute deviation of normal values their standard deviation. */
const deviationScale = 1.4826

/** Below 0 where a span ends before it starts. */
export function durationOf({ startNanos, endNanos }: Span): bigint {
  return withinInt64(endNanos - startNanos)
}

/** The nearest that an attribute can hold. */
export function withinInt64(nanos: bigint): bigint {
  if (nanos < int64Min) return int64Min
  return nanos > int64Max ? int64Max : nanos
}

/** The rows of a group that stay beside its summary, the slowest first. */
export function outliersOf(spans: readonly Span[], rows: readonly number[], config: PruneConfig): number[] {
  const { preserve_outliers, min_group_size, max_preserved_outliers } = config.outlier_analysis
  if (!config.enable_outlier_analysis || !preserve_outliers || rows.length < min_group_size) return []
  const threshold = thresholdOf(sortedDurations(spans, rows), config)
  const slow = rows.filter(row => Number(durationOf(spans[row]!)) > threshold)
  slow.sort((a, b) => Number(durationOf(spans[b]!) - durationOf(spans[a]!)))
  return max_preserved_outliers === 0 ? slow : slow.slice(0, max_preserved_outliers)
}

/** The median that a summary tells; undefined where outliers are not looked for. */
export function medianOf(spans: readonly Span[], rows: readonly number[], config: PruneConfig): bigint | undefined {
  if (!config.enable_outlier_analysis || rows.length < config.outlier_analysis.min_group_size) return undefined
  return BigInt(Math.trunc(middleOf(sortedDurations(spans, rows))))
}

function thresholdOf(durations: readonly number[], { outlier_analysis }: PruneConfig): number {
  const { method, iqr_multiplier, mad_multiplier } = outlier_analysis
  if (method === 'mad') {
    const median = middleOf(durations)
    const deviations = durations.map(duration => Math.abs(duration - median)).sort((a, b) => a - b)
    return median + mad_multiplier * deviationScale * middleOf(deviations)
  }
  const first = durations[durations.length >> 2]!
  const third = durations[Math.floor((3 * durations.length) / 4)]!
  return third + (third - first) * iqr_multiplier
}

function sortedDurations(spans: readonly Span[], rows: readonly number[]): number[] {
  return rows.map(row => Number(durationOf(spans[row]!))).sort((a, b) => a - b)
}

function middleOf(sorted: readonly number[]): number {
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
