import type { RangeReader } from '../../bytes/range.ts'
import { valueTypes } from '../../shred/attributes.ts'
import type { StoredColumn, StoredPart } from '../stored/stored.ts'
import type { Values } from '../stored/weights.ts'
import { decodeSegments, magic } from './file.ts'

/** True where bytes begin as a columnar file does. */
export function isColumnar(head: Uint8Array): boolean {
  return head.length >= 4 && new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0, true) === magic
}

/** What each column of a file takes, with its traces, segment by segment. */
export async function* storedColumnar(file: RangeReader): AsyncIterable<StoredPart> {
  let left = file.byteLength
  for await (const { traces, parts, pooled } of decodeSegments(file)) {
    const columns = Object.entries(parts).map(([part, byteLength]) => ({ ...columnOf(part, pooled), byteLength }))
    for (const { byteLength } of columns) left -= byteLength
    yield { traces, columns }
  }
  yield { traces: [], columns: [{ name: 'framing', share: 'shared', byteLength: left }] }
}

/** Fields of spans by their columns. */
const fields: Readonly<Record<string, string>> = {
  'trace.id': 'trace:id',
  'span.parent': 'span:parentID',
  'span.name': 'span:name',
  'span.kind': 'span:kind',
  'span.status': 'span:status',
  'span.traceState': 'span:traceState',
  'span.flags': 'span:flags',
  'span.id': 'span:id',
  'trace.start': 'span:start',
  'span.start': 'span:start',
  'span.duration': 'span:duration',
  'event.name': 'event:name',
  'event.time': 'event:time',
  'link.traceId': 'link:traceID',
  'link.spanId': 'link:spanID',
  'link.traceState': 'link:traceState',
}

const attribute = new RegExp(`^(span|event|link) (.*) \\((${valueTypes.join('|')})\\)$`, 's')

function columnOf(part: string, pooled: readonly string[]): Omit<StoredColumn, 'byteLength'> {
  // Entries of tables are in the head: of all columns, compressed as one.
  if (part === 'head') return { name: 'tables', share: 'shared' }
  if (part === 'padding') return { name: part, share: 'shared' }
  if (part === 'pool') return { name: part, share: 'entries', holds: anyOf(pooled) }
  const column = part.slice(0, encodingStart(part))
  if (column === 'span.resource') return { name: 'resources', share: 'values', holds: isOf('resource.') }
  if (column === 'span.scope') return { name: 'scopes', share: 'values', holds: isOf('instrumentation') }
  const values = valuesOf(column)
  return values ? { name: values.name, share: 'values', holds: isSame(values) } : { name: 'structure', share: 'spans' }
}

/** Where the name of a column ends in that of a part: `span http.route (string): ranked`, `trace.id word 0: uniform`. */
function encodingStart(part: string): number {
  const type = part.lastIndexOf('): ')
  if (type >= 0) return type + 1
  const encoding = part.indexOf(': ')
  return encoding >= 0 ? encoding : part.length
}

/** The values in a column; undefined where it says which there are, and where. */
function valuesOf(column: string): Values | undefined {
  const found = attribute.exec(column)
  if (found) return { name: `${found[1]}.${found[2]}`, type: found[3] as Values['type'] }
  const field = fields[column.split(' ')[0]!]
  return field === undefined ? undefined : { name: field, type: 'empty' }
}

/** The values of a field have one name, whatever their types are. */
function isSame({ name, type }: Values): (values: Values) => boolean {
  return values => values.name === name && (type === 'empty' || values.type === type)
}

function anyOf(columns: readonly string[]): (values: Values) => boolean {
  const tests = columns.flatMap(column => valuesOf(column) ?? []).map(isSame)
  return values => tests.some(test => test(values))
}

function isOf(prefix: string): (values: Values) => boolean {
  return ({ name }) => name.startsWith(prefix)
}
