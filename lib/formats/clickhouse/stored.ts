import type { Footer, ParquetFile } from '../../parquet/read/footer.ts'
import { readSpanRowGroup } from '../span-rows.ts'
import { type ColumnMeaning, ofNames, ofRest, storedParquet, structure } from '../stored/parquet.ts'
import type { StoredPart } from '../stored/stored.ts'
import { rowReader } from './table.ts'

/** True where a file is the table `otel_traces`, by its first columns. */
export function isClickhouse({ leaves }: Footer): boolean {
  const [first, second] = leaves.keys()
  return first === 'Timestamp' && second === 'TraceId'
}

/** What each column of the table takes, with its spans, row group by row group. */
export function storedClickhouse(file: ParquetFile): AsyncIterable<StoredPart> {
  return storedParquet(file, meaningOf, number => readSpanRowGroup(file, number, rowReader))
}

/** Fields of spans by their columns. */
const fields: Readonly<Record<string, string>> = {
  Timestamp: 'span:start',
  TraceId: 'trace:id',
  SpanId: 'span:id',
  ParentSpanId: 'span:parentID',
  TraceState: 'span:traceState',
  SpanName: 'span:name',
  SpanKind: 'span:kind',
  ServiceName: 'resource.service.name',
  ScopeName: 'instrumentation:name',
  ScopeVersion: 'instrumentation:version',
  Duration: 'span:duration',
  StatusCode: 'span:status',
  StatusMessage: 'span:statusMessage',
  'Events.Timestamp': 'event:time',
  'Events.Name': 'event:name',
  'Links.TraceId': 'link:traceID',
  'Links.SpanId': 'link:spanID',
  'Links.TraceState': 'link:traceState',
}

/** Scopes by their maps of attributes. */
const maps: Readonly<Record<string, string>> = {
  ResourceAttributes: 'resource',
  SpanAttributes: 'span',
  'Events.Attributes': 'event',
  'Links.Attributes': 'link',
}

function meaningOf(column: string): ColumnMeaning {
  const field = fields[column]
  if (field !== undefined) return ofNames(field)
  const scope = maps[column.replace(/\.key_value\.(?:key|value)$/, '')]
  return scope === undefined ? structure : ofRest(scope)
}
