import type { GroupNode, LeafNode, ListNode, Node } from '../../parquet/schema.ts'

/** The table of spans (FORMAT.md) as data. */

export type AttributeType = 'string' | 'int' | 'double' | 'bool'

/** An attribute with a column of its own, called `<owner>.<key>`. */
export interface AttributeColumn {
  readonly owner: 'span' | 'resource'
  readonly key: string
  readonly type: AttributeType
}

/** The numbers of OTLP by name. */
export const kindNames = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
export const statusNames = ['unset', 'ok', 'error'] as const

const codec = 'ZSTD'
const optional = { isOptional: true } as const

function leaf(name: string, node: Omit<LeafNode, 'kind' | 'name' | 'codec'>): LeafNode {
  return { kind: 'leaf', name, codec, ...node }
}

const text = (name: string, own: Partial<LeafNode> = {}) =>
  leaf(name, { type: 'BYTE_ARRAY', meaning: 'string', encoding: 'RLE_DICTIONARY', ...own })
const id = (name: string, byteLength: number, own: Partial<LeafNode> = {}) =>
  leaf(name, { type: 'FIXED_LEN_BYTE_ARRAY', byteLength, encoding: 'DICTIONARY_IF_SMALLER', ...own })
const bytes = (name: string) => leaf(name, { type: 'BYTE_ARRAY', encoding: 'DICTIONARY_IF_SMALLER' })
const count = (name: string) => leaf(name, { type: 'INT32', meaning: 'uint32', encoding: 'DELTA_BINARY_PACKED' })
const time = (name: string) => leaf(name, { type: 'INT64', meaning: 'nanos', encoding: 'DELTA_BINARY_PACKED' })

function attributes(name: string): [ListNode, LeafNode] {
  const element: GroupNode = { kind: 'group', name: 'key_value', children: [text('key'), text('value')] }
  return [{ kind: 'map', name, element }, text(`${name}_json`, { meaning: 'json', ...optional })]
}

function list(name: string, ...children: Node[]): ListNode {
  return { kind: 'list', name, element: { kind: 'group', name: 'element', children } }
}

const ownLeaves: Readonly<Record<AttributeType, Omit<LeafNode, 'kind' | 'name' | 'codec'>>> = {
  string: { type: 'BYTE_ARRAY', meaning: 'string', encoding: 'RLE_DICTIONARY' },
  int: { type: 'INT64', meaning: 'int64', encoding: 'DELTA_BINARY_PACKED' },
  double: { type: 'DOUBLE', encoding: 'PLAIN' },
  bool: { type: 'BOOLEAN', encoding: 'PLAIN' },
}

export function spanTable(columns: readonly AttributeColumn[]): GroupNode {
  const own = (owner: AttributeColumn['owner']) =>
    columns
      .filter(column => column.owner === owner)
      .map(({ key, type }) => leaf(`${owner}.${key}`, { ...ownLeaves[type], ...optional }))
  return {
    kind: 'group',
    name: 'spans',
    children: [
      id('trace_id', 16),
      id('span_id', 8),
      id('parent_span_id', 8, optional),
      leaf('id_lengths', { type: 'INT32', meaning: 'int32', encoding: 'DELTA_BINARY_PACKED', ...optional }),
      text('trace_state'),
      count('flags'),
      text('service_name', optional),
      text('name'),
      text('kind'),
      time('start_time'),
      leaf('duration', { type: 'INT64', meaning: 'int64', encoding: 'PLAIN' }),
      text('status_code', optional),
      text('status_message'),
      ...['attributes', 'events', 'links'].map(what => count(`dropped_${what}_count`)),
      text('scope_name', optional),
      text('scope_version'),
      text('scope_schema_url'),
      count('scope_dropped_attributes_count'),
      text('resource_schema_url', optional),
      count('resource_dropped_attributes_count'),
      ...own('span'),
      ...own('resource'),
      ...['span', 'resource', 'scope'].flatMap(owner => attributes(`${owner}_attributes`)),
      list('events', time('time'), text('name'), ...attributes('attributes'), count('dropped_attributes_count')),
      list(
        'links',
        ...[bytes('trace_id'), bytes('span_id'), text('trace_state'), count('flags')],
        ...[...attributes('attributes'), count('dropped_attributes_count')],
      ),
    ],
  }
}
