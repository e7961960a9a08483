import { roundUp } from '../../../lib/conformance/api/request.ts'
import type { AnyValue, KeyedValue } from '../../../lib/conformance/api/response.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import type { Field, MetricsAggregate, MetricsPipeline } from '../../../lib/traceql/language/ast.ts'
import { printField } from '../../../lib/traceql/language/print-expression.ts'
import { first, naiveSearch } from '../traceql/engine/naive.ts'

/** Metrics as one would write them first: a span at a time. */

export interface Range {
  readonly start: bigint
  readonly end: bigint
  readonly step: bigint
}

interface Counted {
  readonly span: Span
  readonly trace: Trace
}

type Aggregate = Exclude<MetricsAggregate, { kind: 'compare' }>

/** The series of a pipeline without second stages, in the shape of Tempo's answers. */
export function naiveSeries(traces: readonly Trace[], { pipeline, aggregate, stages }: MetricsPipeline, range: Range) {
  if (aggregate.kind === 'compare' || stages.length > 0) throw new Error('not known')
  const found = naiveSearch(traces, pipeline).flatMap((spans, i) =>
    [...spans].map(span => ({ span, trace: traces[i]! })),
  )
  const counted = found.filter(({ span }) => span.startNanos >= range.start && span.startNanos < range.end)
  const groups = new Map<string, { labels: KeyedValue[]; spans: Counted[] }>()
  if (aggregate.by.length === 0) groups.set('', { labels: [], spans: [] })
  for (const one of counted) {
    const labels = aggregate.by.map(field => ({ key: printField(field), value: labelOf(field, one) }))
    const key = JSON.stringify(labels)
    if (!groups.has(key === '[]' ? '' : key)) groups.set(key, { labels, spans: [] })
    groups.get(key === '[]' ? '' : key)!.spans.push(one)
  }
  const isCount = aggregate.kind === 'rate' || aggregate.kind === 'count_over_time'
  const all = [...groups.values()].flatMap(({ labels, spans }) => seriesOfGroup(aggregate, labels, spans, range))
  return { series: isCount ? all : all.filter(({ samples }) => samples.length > 0) }
}

function labelOf(field: Field, { span, trace }: Counted): AnyValue {
  const value = first(field, { span, trace })?.value
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') return { doubleValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return { stringValue: typeof value === 'string' ? value : 'nil' }
}

/** By interval, each with the time of its end. */
function intervalsOf({ start, end, step }: Range): bigint[] {
  const times: bigint[] = []
  for (let time = roundUp(start, step); time - step < end - 1n; time += step) times.push(time)
  return times
}

function seriesOfGroup(aggregate: Aggregate, labels: KeyedValue[], spans: readonly Counted[], range: Range) {
  const times = intervalsOf(range)
  const within = times.map(time =>
    spans.filter(({ span }) => span.startNanos > time - range.step && span.startNanos <= time),
  )
  const series = (more: KeyedValue[], values: (number | undefined)[]) => ({
    labels: [...labels, ...more],
    samples: values.flatMap((value, i) =>
      value === undefined ? [] : [{ timestampMs: String(times[i]! / 1_000_000n), value }],
    ),
  })
  if (!('argument' in aggregate)) {
    const seconds = aggregate.kind === 'rate' ? Number(range.step) / 1e9 : 1
    const counts = within.map(own => own.length / seconds)
    return [series([], counts)]
  }
  const unit = aggregate.argument.kind === 'intrinsic' ? 1e9 : 1
  const values = within.map(own => own.flatMap(one => numberOf(aggregate.argument, one)))
  if (aggregate.kind === 'histogram_over_time')
    return histogram(values, unit).map(([bound, counts]) =>
      series([{ key: '__bucket', value: { doubleValue: bound } }], counts),
    )
  if (aggregate.kind === 'quantile_over_time')
    return values.flat().length === 0
      ? []
      : aggregate.quantiles.map(p =>
          series(
            [{ key: 'p', value: { doubleValue: Number(p) } }],
            values.map(own => quantile(Number(p), own) / unit),
          ),
        )
  const fold = folds[aggregate.kind]
  const folded = values.map(own => (own.length === 0 ? undefined : fold(own) / unit))
  return [series([], folded)]
}

function numberOf(field: Field, { span, trace }: Counted): number[] {
  const value = first(field, { span, trace })
  return value?.type === 'number' ? [Number(value.value)] : []
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const folds = {
  sum_over_time: sum,
  avg_over_time: (values: readonly number[]) => sum(values) / values.length,
  min_over_time: (values: readonly number[]) => Math.min(...values),
  max_over_time: (values: readonly number[]) => Math.max(...values),
}

/** The power of two that is no less than a value. */
const boundOf = (value: number) => 2 ** Math.ceil(Math.log2(value))

function histogram(values: readonly (readonly number[])[], unit: number): [bound: number, counts: number[]][] {
  const bounds = [
    ...new Set(
      values
        .flat()
        .filter(value => value >= 2)
        .map(boundOf),
    ),
  ]
  return bounds.map(bound => [bound / unit, values.map(own => own.filter(value => boundOf(value) === bound).length)])
}

/** Exponentially between the bucket that is filled before and that of the rank. */
function quantile(p: number, values: readonly number[]): number {
  const bounds = values
    .filter(value => value >= 2)
    .map(boundOf)
    .sort((a, b) => a - b)
  if (bounds.length === 0) return 0
  const rank = Math.max(1, Math.ceil(p * bounds.length))
  const bound = bounds[rank - 1]!
  const below = bounds.filter(other => other < bound)
  const lower = Math.log2(below.at(-1) ?? bound / 2)
  const share = (rank - below.length) / bounds.filter(other => other === bound).length
  return 2 ** (lower + (Math.log2(bound) - lower) * share)
}
