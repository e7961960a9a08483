import type { ConvertedType, Encoding, ParquetType, SchemaElement } from 'hyparquet'
import { dedicated, wellKnown } from '../schema.ts'

/** The schema of vParquet4 as data, in the order of its columns: how each is encoded and compressed. */

/** A column of values. */
export interface LeafNode {
  readonly kind: 'leaf'
  readonly name: string
  readonly type: ParquetType
  readonly meaning?: ConvertedType
  readonly encoding: Encoding
  readonly codec: 'UNCOMPRESSED' | 'SNAPPY'
  readonly isOptional?: boolean
}

export interface GroupNode {
  readonly kind: 'group'
  readonly name: string
  readonly children: readonly Node[]
}

/** A list of three levels; the name of its element is `element`. A map is one of `key_value`, with two levels. */
export interface ListNode {
  readonly kind: 'list' | 'map'
  readonly name: string
  readonly element: Node
}

export type Node = LeafNode | GroupNode | ListNode

type Spelled = Partial<Pick<LeafNode, 'name' | 'isOptional'>>

const snappy = { codec: 'SNAPPY' } as const
const plainCodec = { codec: 'UNCOMPRESSED' } as const
const delta = { encoding: 'DELTA_BINARY_PACKED', ...plainCodec } as const

function leaf(name: string, node: Omit<LeafNode, 'kind' | 'name'>): LeafNode {
  return { kind: 'leaf', name, ...node }
}

const bytes = (name: string) => leaf(name, { type: 'BYTE_ARRAY', encoding: 'DELTA_LENGTH_BYTE_ARRAY', ...plainCodec })
const text = (name: string, own: Spelled = {}) =>
  leaf(name, { type: 'BYTE_ARRAY', meaning: 'UTF8', encoding: 'DELTA_LENGTH_BYTE_ARRAY', ...snappy, ...own })
const word = (name: string, own: Spelled & Partial<LeafNode> = {}) =>
  leaf(name, { type: 'BYTE_ARRAY', meaning: 'UTF8', encoding: 'RLE_DICTIONARY', ...snappy, ...own })
const uint64 = (name: string) => leaf(name, { type: 'INT64', meaning: 'UINT_64', ...delta })
const int64 = (name: string) => leaf(name, { type: 'INT64', meaning: 'INT_64', ...delta })
const int32 = (name: string, own: Partial<LeafNode> = {}) =>
  leaf(name, { type: 'INT32', meaning: 'INT_32', ...delta, ...own })
const plainInt64 = (name: string, own: Spelled = {}) =>
  leaf(name, { type: 'INT64', meaning: 'INT_64', encoding: 'PLAIN', ...snappy, ...own })
const dropped = int32('DroppedAttributesCount', snappy)

const group = (name: string, ...children: Node[]): GroupNode => ({ kind: 'group', name, children })
const list = (name: string, element: Node): ListNode => ({ kind: 'list', name, element })
const listOf = (name: string, ...children: Node[]): ListNode => list(name, group('element', ...children))

const attributes = listOf(
  'Attrs',
  word('Key'),
  leaf('IsArray', { type: 'BOOLEAN', encoding: 'PLAIN', ...snappy }),
  list('Value', word('element')),
  list('ValueInt', plainInt64('element')),
  list('ValueDouble', leaf('element', { type: 'DOUBLE', encoding: 'PLAIN', ...snappy })),
  list('ValueBool', leaf('element', { type: 'BOOLEAN', encoding: 'PLAIN', ...snappy })),
  text('ValueUnsupported', { isOptional: true }),
)

const optional = { isOptional: true }
const dedicatedColumns = group(
  'DedicatedAttributes',
  ...Array.from({ length: dedicated.vParquet4.string }, (_, i) =>
    word(`String${String(i + 1).padStart(2, '0')}`, optional),
  ),
)

function wellKnownColumns(scope: 'resource' | 'span'): LeafNode[] {
  const names = Object.keys(wellKnown.vParquet4[scope] ?? {})
  return names.map(name => (name === 'HttpStatusCode' ? plainInt64(name, optional) : word(name, optional)))
}

const event = listOf('Events', uint64('TimeSinceStartNano'), word('Name'), attributes, dropped)
const link = listOf('Links', bytes('TraceID'), bytes('SpanID'), text('TraceState'), attributes, dropped)

const span = listOf(
  'Spans',
  bytes('SpanID'),
  bytes('ParentSpanID'),
  int32('ParentID'),
  int32('NestedSetLeft'),
  int32('NestedSetRight'),
  word('Name'),
  int64('Kind'),
  text('TraceState'),
  uint64('StartTimeUnixNano'),
  uint64('DurationNano'),
  int64('StatusCode'),
  text('StatusMessage'),
  attributes,
  dropped,
  event,
  int32('DroppedEventsCount', { encoding: 'PLAIN', ...snappy }),
  link,
  int32('DroppedLinksCount', { encoding: 'PLAIN', ...snappy }),
  ...wellKnownColumns('span'),
  dedicatedColumns,
)

const count = (name: string) => leaf(name, { type: 'INT32', meaning: 'UINT_32', ...delta })

/** A row: a trace. */
export const traceNode: GroupNode = group(
  'Trace',
  bytes('TraceID'),
  text('TraceIDText'),
  uint64('StartTimeUnixNano'),
  uint64('EndTimeUnixNano'),
  uint64('DurationNano'),
  word('RootServiceName', plainCodec),
  word('RootSpanName', plainCodec),
  {
    kind: 'map',
    name: 'ServiceStats',
    element: group(
      'key_value',
      { ...text('key'), ...plainCodec },
      group('value', count('SpanCount'), count('ErrorCount')),
    ),
  },
  listOf(
    'rs',
    group('Resource', attributes, dropped, word('ServiceName'), ...wellKnownColumns('resource'), dedicatedColumns),
    listOf('ss', group('Scope', word('Name'), word('Version'), attributes, dropped), span),
  ),
)

/** The elements of a schema, each node before its children. */
export function schemaElements(node: Node, isRoot = true): SchemaElement[] {
  const repetition = isRoot ? {} : ({ repetition_type: 'REQUIRED' } as const)
  switch (node.kind) {
    case 'leaf':
      return [leafElement(node)]
    case 'group': {
      const { name, children } = node
      const inner = children.flatMap(child => schemaElements(child, false))
      return [{ name, ...repetition, num_children: children.length }, ...inner]
    }
    case 'map': {
      const [own, ...inner] = schemaElements(node.element, false)
      const outer: SchemaElement = { name: node.name, ...repetition, num_children: 1, ...meaning('MAP') }
      return [outer, { ...own!, repetition_type: 'REPEATED' }, ...inner]
    }
    default:
      return [
        { name: node.name, ...repetition, num_children: 1, ...meaning('LIST') },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...schemaElements(node.element, false),
      ]
  }
}

function leafElement({ name, type, meaning: converted, isOptional }: LeafNode): SchemaElement {
  const repetition_type = isOptional ? 'OPTIONAL' : 'REQUIRED'
  return { name, type, repetition_type, ...(converted === undefined ? {} : meaning(converted)) }
}

/**
 * What a column means, in the older terms of Parquet; in the newer ones only where they are no integers: the width of
 * these is a byte, which hyparquet-writer 0.17.0 writes as another type, and strict readers refuse the file.
 */
function meaning(converted: ConvertedType): Pick<SchemaElement, 'converted_type' | 'logical_type'> {
  if (converted === 'UTF8') return { converted_type: converted, logical_type: { type: 'STRING' } }
  return converted === 'MAP' || converted === 'LIST'
    ? { converted_type: converted, logical_type: { type: converted } }
    : { converted_type: converted }
}
