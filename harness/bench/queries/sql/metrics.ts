import type { KeyedValue } from '../../../../lib/traceql/engine/answer-value.ts'
import { planPipeline } from '../../../../lib/traceql/engine/plan.ts'
import type { MetricsPipeline } from '../../../../lib/traceql/language/ast.ts'
import { printField } from '../../../../lib/traceql/language/print-expression.ts'
import type { CellSums } from '../../../../lib/traceql/metrics/cell-sums.ts'
import { type CountingAggregate, nameLabels } from '../../../../lib/traceql/metrics/group-labels.ts'
import type { Intervals } from '../../../../lib/traceql/metrics/intervals.ts'
import {
  accumulatorOf,
  type MetricsRun,
  type PipelineSeries,
} from '../../../../lib/traceql/metrics/metrics-pipeline.ts'
import { answerOf, fieldValue, type Place, printable } from './fields.ts'
import { pipelineRows } from './spansets.ts'
import { type AskSql, prefix, refuse, type SpanTable } from './table.ts'

/** A pipeline in SQL: a row for each group, interval and bucket, and the places of what groups. */
export interface MetricsStatement {
  readonly sql: string
  readonly groups: readonly Place[]
}

/** The columns of a row are the group's, then `interval`, `count`, `value` and `exponent`. */
export function metricsStatement(
  { pipeline }: MetricsPipeline,
  aggregate: CountingAggregate,
  { intervals, isExact }: Pick<MetricsRun, 'intervals' | 'isExact'>,
  table: SpanTable,
): MetricsStatement {
  if (aggregate.kind === 'quantile_over_time' && isExact) refuse('an exact quantile')
  const groups = aggregate.by.map(field => fieldValue(field, table))
  const value = 'argument' in aggregate ? fieldValue(aggregate.argument, table) : undefined
  const { pipeline: planned, shown } = planPipeline(pipeline, {})
  const conditions = [inRange(intervals), pipelineRows(planned, table)]
  if (value !== undefined) conditions.push(`${value.sql} IS NOT NULL`)
  if (value?.type === 'double') conditions.push(`NOT isnan(${value.sql})`)
  const columns = [
    ...groups.map((place, i) => `${printable(place)} AS g${i}`),
    `((start - ${intervals.startNanos}::BIGINT - 1) // ${intervals.stepNanos})::INTEGER AS interval`,
    'count(*)::DOUBLE AS count',
    `${summed(aggregate, value)} AS value`,
    `${bucketed(aggregate, value)} AS exponent`,
  ]
  const fields = [...shown, ...aggregate.by, ...('argument' in aggregate ? [aggregate.argument] : [])]
  return {
    sql: `${prefix(fields)}SELECT ${columns.join()} FROM spans WHERE ${conditions.join(' AND ')} GROUP BY ALL`,
    groups,
  }
}

function inRange({ fromNanos, untilNanos }: Intervals): string {
  return `start >= ${fromNanos}::BIGINT AND start < ${untilNanos}::BIGINT`
}

function summed({ kind }: CountingAggregate, value: Place | undefined): string {
  switch (kind) {
    case 'min_over_time':
      return `min(${value!.sql})::DOUBLE`
    case 'max_over_time':
      return `max(${value!.sql})::DOUBLE`
    case 'avg_over_time':
    case 'sum_over_time':
      return `sum(${value!.sql})::DOUBLE`
    default:
      return 'NULL'
  }
}

/** The exponent of the least power of two that a value is not above; values below 2 are in no bucket. */
function bucketed({ kind }: CountingAggregate, value: Place | undefined): string {
  if (kind !== 'histogram_over_time' && kind !== 'quantile_over_time') return 'NULL'
  return `CASE WHEN ${value!.sql} >= 2 THEN ceil(log2(${value!.sql}))::INTEGER END`
}

/** The series of a pipeline, as all others are made. */
export async function gatherSql(
  ask: AskSql,
  node: MetricsPipeline,
  run: MetricsRun,
  table: SpanTable,
): Promise<PipelineSeries> {
  const { aggregate } = node
  if (aggregate.kind === 'compare') return refuse('compare()')
  const statement = metricsStatement(node, aggregate, run, table)
  const accumulator = accumulatorOf(aggregate, run)
  const rows = await ask(statement.sql)
  const found = groupsOf(rows, aggregate, statement.groups)
  accumulator.add(sumsOf(rows, found.codes, statement.groups.length), found)
  const explain = { ...unexplained, cost: { byteLength: 0, spanCount: table.spanCount }, spanCount: table.spanCount }
  return { name: aggregate.kind, series: accumulator.finish(), isTruncated: accumulator.isTruncated, explain }
}

/** How DuckDB finds what it finds is its own affair. */
const unexplained = { needs: [], firstColumns: [], laterColumns: [], batchCount: 1, stages: [] }

type Row = readonly unknown[]

function groupsOf(rows: readonly Row[], { by, kind }: CountingAggregate, places: readonly Place[]) {
  const known = new Map<string, number>()
  const labels: KeyedValue[][] = []
  const codes = rows.map(row => {
    const key = JSON.stringify(row.slice(0, places.length))
    let code = known.get(key)
    if (code === undefined) {
      code = labels.push(places.map(({ type }, i) => ({ key: printField(by[i]!), value: answerOf(row[i], type) }))) - 1
      known.set(key, code)
    }
    return code
  })
  const keys = [...known.keys()]
  const unnamed = nameLabels(kind)
  const labelsOf = (code: number) => (by.length === 0 ? unnamed : labels[code]!)
  return { codes, count: keys.length, key: (code: number) => keys[code]!, labels: labelsOf }
}

/** Each row as a cell of its own. */
function sumsOf(rows: readonly Row[], codes: readonly number[], groupCount: number): CellSums {
  const column = (i: number) => rows.map(row => row[groupCount + i] as number | null)
  const [intervals, counts, values, exponents] = [0, 1, 2, 3].map(column) as [number[], number[], number[], Row]
  const filled = [...rows.keys()].filter(i => exponents[i] !== null)
  return {
    codes,
    intervals,
    counts: Float64Array.from(counts),
    values: Float64Array.from(values),
    buckets: {
      cells: filled,
      exponents: filled.map(i => exponents[i] as number),
      counts: filled.map(i => counts[i]!),
    },
  }
}
