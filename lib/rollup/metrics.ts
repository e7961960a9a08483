import { getOrInsert } from '../maps.ts'
import { uint64Max } from '../model/trace.ts'
import { firstIndex, scale } from './buckets.ts'
import type { RollupReader } from './file.ts'
import { levels } from './levels.ts'
import type { Series } from './series.ts'

export const durationMetric = 'traces.span.duration'

/** Of a series all that was counted so far. */
interface Running {
  readonly series: Series
  readonly firstNanos: bigint
  /** Spans by bucket, by weight. */
  readonly buckets: Map<number, number>
}

/** By series what one interval adds. */
type Interval = Map<string, { readonly series: Series; readonly buckets: Map<number, number> }>

/**
 * Rollups as OTLP metrics: of each interval of a level in which a span starts one JSON document, an
 * ExportMetricsServiceRequest with a cumulative exponential histogram of durations (ns) per caller, service, operation
 * and status. Memory holds the series and the intervals of the chunks at hand.
 */
export async function* metricsDocuments(rollups: readonly RollupReader[], level: number): AsyncIterable<string> {
  const running = new Map<string, Running>()
  const open = new Map<number, Interval>()
  const chunks = rollups.flatMap(rollup => rollup.chunksOf(level)).sort((a, b) => a.firstInterval - b.firstInterval)
  for (const { firstInterval, read } of [...chunks, { firstInterval: Number.POSITIVE_INFINITY, read: undefined }]) {
    for (const interval of [...open.keys()].filter(own => own < firstInterval).sort((a, b) => a - b)) {
      yield documentOf(open.get(interval)!, running, level, interval)
      open.delete(interval)
    }
    if (read === undefined) return
    const { series, rows } = await read()
    for (let row = 0; row < rows.length; row++) {
      const own = series[rows.series[row]!]!
      const interval = getOrInsert(open, rows.intervals[row]!, () => new Map())
      const { buckets } = getOrInsert(interval, keyOf(own), () => ({ series: own, buckets: new Map<number, number>() }))
      addTo(buckets, rows.buckets[row]!, rows.counts[row]! * own.weight)
    }
  }
}

/** Series that differ in their weights are one here. */
function keyOf({ caller, service, operation, status }: Series): string {
  return JSON.stringify([caller ?? null, service, operation, status])
}

function addTo(buckets: Map<number, number>, bucket: number, count: number): void {
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + count)
}

function documentOf(added: Interval, running: Map<string, Running>, level: number, interval: number): string {
  const widthNanos = BigInt(levels[level]!.seconds) * 1_000_000_000n
  const startNanos = BigInt(interval) * widthNanos
  const endNanos = startNanos + widthNanos
  const byService = new Map<string, unknown[]>()
  for (const [key, { series, buckets }] of added) {
    const total = getOrInsert(running, key, () => ({ series, firstNanos: startNanos, buckets: new Map() }))
    for (const [bucket, count] of buckets) addTo(total.buckets, bucket, count)
    const timeNanos = endNanos > uint64Max ? uint64Max : endNanos
    getOrInsert(byService, series.service, () => []).push(pointOf(total, timeNanos))
  }
  return JSON.stringify({
    resourceMetrics: Array.from(byService, ([service, dataPoints]) => ({
      resource: { attributes: [attribute('service.name', service)] },
      scopeMetrics: [
        {
          scope: { name: 'trace-storage-lab' },
          metrics: [
            { name: durationMetric, unit: 'ns', exponentialHistogram: { dataPoints, aggregationTemporality: 2 } },
          ],
        },
      ],
    })),
  })
}

const statusNames = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']

function pointOf({ series, firstNanos, buckets }: Running, timeNanos: bigint): unknown {
  // Weights need not be whole; the counts of a histogram must be.
  const counts = new Map(Array.from(buckets, ([bucket, count]) => [bucket, Math.round(count)]))
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return {
    attributes: [
      attribute('span.name', series.operation),
      attribute('status.code', statusNames[series.status] ?? `${series.status}`),
      ...(series.caller === undefined ? [] : [attribute('client', series.caller)]),
    ],
    startTimeUnixNano: `${firstNanos}`,
    timeUnixNano: `${timeNanos}`,
    count: `${total}`,
    scale,
    zeroCount: `${counts.get(0) ?? 0}`,
    positive: side(counts, 1),
    negative: side(counts, -1),
  }
}

function attribute(key: string, text: string) {
  return { key, value: { stringValue: text.toWellFormed() } }
}

/** The buckets of one sign, from the lowest index that has spans to the highest. */
function side(counts: ReadonlyMap<number, number>, sign: 1 | -1): { offset: number; bucketCounts: string[] } {
  const own = [...counts.keys()].filter(bucket => bucket * sign > 0).map(Math.abs)
  if (own.length === 0) return { offset: 0, bucketCounts: [] }
  const lowest = own.reduce((a, b) => Math.min(a, b))
  const highest = own.reduce((a, b) => Math.max(a, b))
  const bucketCounts = Array.from({ length: highest - lowest + 1 }, (_, i) => `${counts.get((lowest + i) * sign) ?? 0}`)
  return { offset: lowest - 1 + firstIndex, bucketCounts }
}
