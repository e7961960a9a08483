import { idsOf, startsOf, textsOf, uint32sOf, uint64sOf } from '../../parquet/read/fields.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { Block } from './block.ts'
import type { Projection } from './read-rows.ts'

/** A trace without its spans, as the columns of the block's rows have it. */
export interface TraceSummary {
  readonly traceId: string
  readonly startNanos: bigint
  readonly endNanos: bigint
  /** Empty where the trace has no root. */
  readonly rootServiceName: string
  readonly rootSpanName: string
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[]
}

const summaryColumns = ['TraceID', 'StartTimeUnixNano', 'EndTimeUnixNano', 'RootServiceName', 'RootSpanName']

/** Traces without their spans. */
export function summaryProjection(block: Block): Projection<TraceSummary> {
  const stats = statsOf(block)
  const names = [...summaryColumns, stats.service, stats.spanCount, stats.errorCount]
  return { columnsOf: () => names, reader: columns => summariesOf(columns, stats) }
}

interface StatsColumns {
  readonly service: string
  readonly spanCount: string
  readonly errorCount: string
}

function statsOf({ layout: { version } }: Block): StatsColumns {
  const prefix = 'ServiceStats'
  return version === 'vParquet4'
    ? {
        service: `${prefix}.key_value.key`,
        spanCount: `${prefix}.key_value.value.SpanCount`,
        errorCount: `${prefix}.key_value.value.ErrorCount`,
      }
    : { service: `${prefix}.ServiceName`, spanCount: `${prefix}.SpanCount`, errorCount: `${prefix}.ErrorCount` }
}

function summariesOf(columns: RowGroupColumns, names: StatsColumns): (row: number) => readonly TraceSummary[] {
  const { rowCount } = columns
  const column = (name: string) => columns.get(name, rowCount)
  const traceId = idsOf(column('TraceID'), 16)
  const [start, end] = [uint64sOf(column('StartTimeUnixNano')), uint64sOf(column('EndTimeUnixNano'))]
  const [service, name] = [textsOf(column('RootServiceName')), textsOf(column('RootSpanName'))]
  const starts = startsOf(columns.get(names.service), 1, rowCount)
  const [stat, spanCount, errorCount] = [
    textsOf(columns.get(names.service, starts.at(-1)!)),
    uint32sOf(columns.get(names.spanCount, starts.at(-1)!)),
    uint32sOf(columns.get(names.errorCount, starts.at(-1)!)),
  ]
  const summary = (row: number): TraceSummary => ({
    traceId: traceId(row),
    startNanos: start(row),
    endNanos: end(row),
    rootServiceName: service(row),
    rootSpanName: name(row),
    services: Array.from({ length: starts[row + 1]! - starts[row]! }, (_, i) => {
      const at = starts[row]! + i
      return { name: stat(at), spanCount: spanCount(at), errorCount: errorCount(at) }
    }),
  })
  return row => [summary(row)]
}
