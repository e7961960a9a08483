import type { ParquetFile } from '../../parquet/read/footer.ts'
import { readSpanRowGroup } from '../span-rows.ts'
import { type ColumnMeaning, ofNames, ofRest, storedParquet, structure } from '../stored/parquet.ts'
import type { StoredPart } from '../stored/stored.ts'
import { checkColumns, spansOf } from './reader.ts'

/** What each column of a table of spans takes, with its spans, row group by row group. */
export function storedFlat(file: ParquetFile): AsyncIterable<StoredPart> {
  checkColumns(file.footer)
  const names = [...file.footer.leaves.keys()]
  const own = new Set(names.filter(name => /^(?:span|resource)\./.test(name)))
  return storedParquet(
    file,
    name => meaningOf(name, own),
    number => readSpanRowGroup(file, number, columns => spansOf(columns, names)),
  )
}

/** Fields of spans by their columns. */
const fields: Readonly<Record<string, string>> = {
  trace_id: 'trace:id',
  span_id: 'span:id',
  parent_span_id: 'span:parentID',
  trace_state: 'span:traceState',
  flags: 'span:flags',
  service_name: 'resource.service.name',
  name: 'span:name',
  kind: 'span:kind',
  start_time: 'span:start',
  duration: 'span:duration',
  status_code: 'span:status',
  status_message: 'span:statusMessage',
  scope_name: 'instrumentation:name',
  scope_version: 'instrumentation:version',
  'events.time': 'event:time',
  'events.name': 'event:name',
  'links.trace_id': 'link:traceID',
  'links.span_id': 'link:spanID',
  'links.trace_state': 'link:traceState',
}

/** Scopes by their maps of attributes. */
const maps: Readonly<Record<string, string>> = {
  span_attributes: 'span',
  resource_attributes: 'resource',
  scope_attributes: 'instrumentation',
  'events.attributes': 'event',
  'links.attributes': 'link',
}

function meaningOf(column: string, own: ReadonlySet<string>): ColumnMeaning {
  const field = fields[column]
  if (field !== undefined) return ofNames(field)
  if (own.has(column)) return ofNames(column)
  const scope = maps[column.replace(/(?:\.key_value\.(?:key|value)|_json)$/, '')]
  return scope === undefined ? structure : ofRest(scope, own)
}
