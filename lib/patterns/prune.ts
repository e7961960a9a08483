import { hashText } from '../bytes/hash.ts'
import { getOrInsert } from '../maps.ts'
import { newSpan } from '../model/draft.ts'
import type { Attribute, Span, Trace, Value } from '../model/trace.ts'
import { parentRows } from '../model/tree.ts'
import { attributeLoss } from './attribute-loss.ts'
import { globTest } from './glob.ts'
import { durationOf, medianOf, outliersOf, withinInt64 } from './outliers.ts'
import { defaultPruneConfig, type PruneConfig } from './prune-config.ts'
import { valueText } from './value-text.ts'

/**
 * Pruning as the OpenTelemetry collector's `spanpruning` processor does it: within a trace, similar leaf spans become one
 * summary span; then parents whose children have all become summaries may follow. Two things differ, so that the same
 * trace always gives the same bytes: a summary's id is a hash and not random, and it takes the place of its first span.
 */

/** Spans that become one. */
interface Group {
  /** Rows, the earliest start first. */
  readonly rows: readonly number[]
  /** 0 for leaves, 1 for parents of leaves. */
  readonly depth: number
  /** Rows that stay beside the summary, the slowest first. */
  readonly outliers: readonly number[]
  /** The median of all that were of the group, outliers included; undefined where these were not looked for. */
  readonly median: bigint | undefined
}

/** The trace with a summary span for each group of similar ones; the trace itself where there is nothing to prune. */
export function pruneTrace(trace: Trace, config: PruneConfig = defaultPruneConfig): Trace {
  const { spans } = trace
  if (spans.length < config.min_spans_to_aggregate) return trace
  const parents = parentRows(spans)
  const groups = findGroups(spans, parents, config)
  return groups.length === 0 ? trace : { traceId: trace.traceId, spans: replaceGroups(trace, parents, groups, config) }
}

function findGroups(spans: readonly Span[], parents: Int32Array, config: PruneConfig): Group[] {
  const children = childrenOf(parents)
  const leaves = byStart(
    spans,
    rowsWhere(children, of => of.length === 0),
  )
  const groups = [...groupBy(leaves, leafKey(spans, parents, config)).values()]
    .filter(rows => rows.length >= config.min_spans_to_aggregate)
    .map(rows => leafGroup(spans, rows, config))
    .filter(({ rows }) => rows.length >= config.min_spans_to_aggregate)
  const isGone = new Uint8Array(spans.length)
  const isSettled = new Uint8Array(spans.length)
  let last = groups
  for (let depth = 1; ; depth++) {
    for (const { rows, outliers } of last) {
      for (const row of rows) isGone[row] = isSettled[row] = 1
      for (const row of outliers) isSettled[row] = 1
    }
    if (last.length === 0 || (config.max_parent_depth >= 0 && depth > config.max_parent_depth)) return groups
    const above = new Set(last.flatMap(({ rows }) => rows.map(row => parents[row]!)))
    const ready = [...above].filter(
      row =>
        row >= 0 && parents[row]! >= 0 && isGone[row] === 0 && children[row]!.every(child => isSettled[child] === 1),
    )
    last = [...groupBy(byStart(spans, ready), row => `${statusOf(spans[row]!)} ${spans[row]!.name}`).values()]
      .filter(rows => rows.length >= 2)
      .map(rows => ({ rows, depth, outliers: [], median: medianOf(spans, rows, config) }))
    groups.push(...last)
  }
}

function leafGroup(spans: readonly Span[], rows: readonly number[], config: PruneConfig): Group {
  const outliers = outliersOf(spans, rows, config)
  const kept = new Set(outliers)
  return { rows: rows.filter(row => !kept.has(row)), depth: 0, outliers, median: medianOf(spans, rows, config) }
}

/** What leaves of a group share: the name of their parent, name, status code, and the attributes to group by. */
function leafKey(spans: readonly Span[], parents: Int32Array, config: PruneConfig): (row: number) => string {
  const globs = config.group_by_attributes.map(globTest)
  return row => {
    const span = spans[row]!
    const values = new Map<string, string>()
    for (const { key, value } of span.attributes)
      if (globs.some(matches => matches(key))) values.set(key, valueText(value))
    const parent = parents[row]!
    return JSON.stringify([parent < 0 ? null : spans[parent]!.name, span.name, statusOf(span), [...values].sort()])
  }
}

/** The spans that stay, with each group's summary in the place of its earliest span. */
function replaceGroups(trace: Trace, parents: Int32Array, groups: readonly Group[], config: PruneConfig): Span[] {
  const { spans } = trace
  const groupOf = new Map(groups.flatMap(group => group.rows.map(row => [row, group] as const)))
  const ids = summaryIds(trace, groups)
  const parentId = (row: number) => {
    const above = groupOf.get(parents[row]!)
    return above === undefined ? spans[row]!.parentSpanId : ids.get(above)!
  }
  const outlierOf = new Map(groups.flatMap(group => group.outliers.map(row => [row, group] as const)))
  return spans.flatMap((span, row): Span[] => {
    const group = groupOf.get(row)
    if (group !== undefined) {
      if (row !== group.rows[0]) return []
      return [{ ...summaryOf(spans, group, config), spanId: ids.get(group)!, parentSpanId: parentId(row) }]
    }
    const beside = outlierOf.get(row)
    if (beside === undefined) return [span]
    return [{ ...markOutlier(span, ids.get(beside)!, config), parentSpanId: parentId(beside.rows[0]!) }]
  })
}

/** Ids that no span of the trace has, made of the trace's and of the place of the group. */
function summaryIds({ traceId, spans }: Trace, groups: readonly Group[]): Map<Group, string> {
  const taken = new Set(spans.flatMap(({ spanId, parentSpanId }) => [spanId, parentSpanId]))
  const words = new Uint32Array(2)
  return new Map(
    groups.map(group => {
      let id = ''
      for (let seed = 0; id === '' || taken.has(id); seed++) {
        hashText(`${traceId} ${group.rows[0]} ${group.depth}`, words, 0, seed)
        id = [...words].map(word => word.toString(16).padStart(8, '0')).join('')
      }
      taken.add(id)
      return [group, id]
    }),
  )
}

/** As its slowest span, over the time of all; events, links and trace state are gone. */
function summaryOf(spans: readonly Span[], { rows, outliers, median }: Group, config: PruneConfig): Span {
  const members = rows.map(row => spans[row]!)
  const slowest = members.reduce((most, span) => (durationOf(span) > durationOf(most) ? span : most))
  const { name, kind, status, resource, scope, attributes } = slowest
  const told = {
    ...statisticsOf(members, config),
    ...(median === undefined ? {} : { outlier_method: config.outlier_analysis.method, duration_median_ns: median }),
    ...outliersTold(outliers.map(row => spans[row]!)),
    ...(config.enable_attribute_loss_analysis ? attributeLoss(members, slowest) : {}),
  }
  const ends = { startNanos: earliest(members), endNanos: latest(members) }
  return { ...newSpan(), name, kind, status, resource, scope, ...ends, attributes: putAll(attributes, told, config) }
}

function statisticsOf(members: readonly Span[], config: PruneConfig): Record<string, Value> {
  const durations = members.map(durationOf)
  const total = durations.reduce((sum, duration) => sum + duration, 0n)
  const bounds = config.aggregation_histogram_buckets
  return {
    is_summary: true,
    span_count: BigInt(members.length),
    duration_min_ns: durations.reduce((a, b) => (a < b ? a : b)),
    duration_max_ns: durations.reduce((a, b) => (a > b ? a : b)),
    duration_total_ns: withinInt64(total),
    duration_avg_ns: total / BigInt(members.length),
    ...(bounds.length > 0 && {
      histogram_bucket_bounds_s: bounds.map(bound => Number(bound) / 1e9),
      histogram_bucket_counts: [...bounds, undefined].map(bound =>
        BigInt(durations.filter(duration => bound === undefined || duration <= bound).length),
      ),
    }),
  }
}

function outliersTold(outliers: readonly Span[]): Record<string, Value> {
  if (outliers.length === 0) return {}
  return {
    preserved_outlier_count: BigInt(outliers.length),
    preserved_outlier_span_ids: outliers.map(({ spanId }) => spanId),
  }
}

function markOutlier(span: Span, summarySpanId: string, config: PruneConfig): Span {
  const told = { is_preserved_outlier: true, summary_span_id: summarySpanId }
  return { ...span, attributes: putAll(span.attributes, told, config) }
}

/** The attributes, and under the prefix what is told: a key that they have takes the new value. */
function putAll(attributes: readonly Attribute[], told: Record<string, Value>, config: PruneConfig): Attribute[] {
  const put = [...attributes]
  for (const [suffix, value] of Object.entries(told)) {
    const key = config.aggregation_attribute_prefix + suffix
    const at = put.findIndex(attribute => attribute.key === key)
    if (at < 0) put.push({ key, value })
    else put[at] = { key, value }
  }
  return put
}

function statusOf({ status }: Span): number {
  return status?.code ?? 0
}

function earliest(spans: readonly Span[]): bigint {
  return spans.reduce((least, { startNanos }) => (startNanos < least ? startNanos : least), spans[0]!.startNanos)
}

function latest(spans: readonly Span[]): bigint {
  return spans.reduce((most, { endNanos }) => (endNanos > most ? endNanos : most), spans[0]!.endNanos)
}

function childrenOf(parents: Int32Array): number[][] {
  const children = Array.from(parents, (): number[] => [])
  for (const [row, parent] of parents.entries()) if (parent >= 0) children[parent]!.push(row)
  return children
}

function rowsWhere<T>(items: readonly T[], is: (item: T) => boolean): number[] {
  return items.flatMap((item, row) => (is(item) ? [row] : []))
}

/** By start, then by id, as the processor orders them. */
function byStart(spans: readonly Span[], rows: readonly number[]): number[] {
  const before = (a: Span, b: Span) =>
    a.startNanos < b.startNanos || (a.startNanos === b.startNanos && a.spanId < b.spanId)
  return [...rows].sort((a, b) => (before(spans[a]!, spans[b]!) ? -1 : before(spans[b]!, spans[a]!) ? 1 : a - b))
}

function groupBy(rows: readonly number[], keyOf: (row: number) => string): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  for (const row of rows) getOrInsert(groups, keyOf(row), (): number[] => []).push(row)
  return groups
}
