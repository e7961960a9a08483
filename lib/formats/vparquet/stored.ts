import { getOrInsert } from '../../maps.ts'
import type { AttributeScope } from '../../model/scan.ts'
import type { Trace } from '../../model/trace.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { type ColumnMeaning, ofNames, ofRest, storedParquet, structure } from '../stored/parquet.ts'
import type { StoredPart } from '../stored/stored.ts'
import type { Block } from './block.ts'
import { traceColumns, tracesOf } from './rows.ts'
import { prefixes } from './schema.ts'

/** What each column of a block takes, with its traces, row group by row group. */
export function storedVparquet(block: Block): AsyncIterable<StoredPart> {
  const meanings = new Map<string, ColumnMeaning>()
  return storedParquet(
    block,
    column => getOrInsert(meanings, column, () => meaningOf(block, column)),
    number => readRowGroup(block, number),
  )
}

async function readRowGroup(block: Block, number: number): Promise<Trace[]> {
  const columns = new RowGroupColumns(block, number)
  await columns.load(traceColumns(columns, block.layout))
  const trace = columns.named(() => tracesOf(columns, block.layout))
  return Array.from({ length: columns.rowCount }, (_, row) => columns.named(() => trace(row)))
}

/** Fields of spans by their columns. */
const fields: Readonly<Record<string, string>> = {
  TraceID: 'trace:id',
  TraceIDText: 'trace:id',
  StartTimeUnixNano: 'trace:start',
  EndTimeUnixNano: 'trace:end',
  DurationNano: 'trace:duration',
  RootServiceName: 'trace:rootService',
  RootSpanName: 'trace:rootName',
  'rs.ss.Scope.Name': 'instrumentation:name',
  'rs.ss.Scope.Version': 'instrumentation:version',
  'rs.ss.Spans.SpanID': 'span:id',
  'rs.ss.Spans.ParentSpanID': 'span:parentID',
  'rs.ss.Spans.Name': 'span:name',
  'rs.ss.Spans.Kind': 'span:kind',
  'rs.ss.Spans.TraceState': 'span:traceState',
  'rs.ss.Spans.StartTimeUnixNano': 'span:start',
  'rs.ss.Spans.DurationNano': 'span:duration',
  'rs.ss.Spans.StatusCode': 'span:status',
  'rs.ss.Spans.StatusMessage': 'span:statusMessage',
  'rs.ss.Spans.Events.TimeSinceStartNano': 'event:time',
  'rs.ss.Spans.Events.Name': 'event:name',
  'rs.ss.Spans.Links.TraceID': 'link:traceID',
  'rs.ss.Spans.Links.SpanID': 'link:spanID',
  'rs.ss.Spans.Links.TraceState': 'link:traceState',
}

function meaningOf({ layout }: Block, column: string): ColumnMeaning {
  const field = fields[column]
  if (field !== undefined) return ofNames(field)
  for (const [scope, prefix] of Object.entries(prefixes) as [AttributeScope, string][]) {
    const own = layout.attributes[scope].find(one => one.column === column)
    if (own) return ofNames(`${scope}.${own.key}`)
    const known = new Set(layout.attributes[scope].map(({ key }) => `${scope}.${key}`))
    if (column.startsWith(`${prefix}.Attrs.`)) {
      const isText = /\.(?:Key|Value)$/.test(column)
      // Most of the others is levels, which every attribute of the list has.
      return isText ? ofRest(scope, known) : { ...ofRest(scope, known), share: 'codes' }
    }
  }
  return layout.nameless.includes(column) ? { name: 'dedicated columns without a key' } : structure
}
