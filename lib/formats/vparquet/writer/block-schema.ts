import type { AttributeScope } from '../../../model/scan.ts'
import type { GroupNode, LeafNode, ListNode, Node } from '../../../parquet/schema.ts'
import { allDedicatedLeaves } from '../dedicated.ts'
import type { DedicatedColumn, Version } from '../meta.ts'
import { roundings, wellKnown } from '../schema.ts'

/** The schema of Tempo's blocks as data, in the order of its columns: how each is encoded and compressed. */

const snappy = { codec: 'SNAPPY' } as const
const plainCodec = { codec: 'UNCOMPRESSED' } as const
const delta = { encoding: 'DELTA_BINARY_PACKED', ...plainCodec } as const
const optional = { isOptional: true } as const

type Own = Partial<Omit<LeafNode, 'kind' | 'name' | 'type'>>

function leaf(name: string, node: Omit<LeafNode, 'kind' | 'name'>): LeafNode {
  return { kind: 'leaf', name, ...node }
}

const bytes = (name: string) => leaf(name, { type: 'BYTE_ARRAY', encoding: 'DELTA_LENGTH_BYTE_ARRAY', ...plainCodec })
const text = (name: string, own: Own = {}) =>
  leaf(name, { type: 'BYTE_ARRAY', meaning: 'string', encoding: 'DELTA_LENGTH_BYTE_ARRAY', ...snappy, ...own })
const word = (name: string, own: Own = {}) =>
  leaf(name, { type: 'BYTE_ARRAY', meaning: 'string', encoding: 'RLE_DICTIONARY', ...snappy, ...own })
const uint64 = (name: string) => leaf(name, { type: 'INT64', meaning: 'uint64', ...delta })
const int64 = (name: string) => leaf(name, { type: 'INT64', meaning: 'int64', ...delta })
const int32 = (name: string, own: Own = {}) => leaf(name, { type: 'INT32', meaning: 'int32', ...delta, ...own })
const count = (name: string) => leaf(name, { type: 'INT32', meaning: 'uint32', ...delta })
const plainInt64 = (name: string, own: Own = {}) =>
  leaf(name, { type: 'INT64', meaning: 'int64', encoding: 'PLAIN', ...snappy, ...own })
const plainInt32 = (name: string) => int32(name, { encoding: 'PLAIN', ...snappy })

const group = (name: string, ...children: Node[]): GroupNode => ({ kind: 'group', name, children })

/** What differs between the versions. */
interface Shape {
  /** A list of values, and one of groups. */
  values(element: LeafNode): ListNode
  list(name: string, ...children: Node[]): ListNode
  resource(attributes: Node[], own: Node[], dedicated: Node[]): Node[]
  readonly stats: ListNode
  readonly span: { readonly tree: Node[]; readonly end: Node[] }
  readonly scopeSpans: Node[]
  dedicatedLeaf(name: string, column: DedicatedColumn | undefined): Node
}

const shapes: Readonly<Record<Version, Shape>> = {
  vParquet4: {
    values: element => ({ kind: 'list', name: element.name, element: { ...element, name: 'element' } }),
    list: (name, ...children) => ({ kind: 'list', name, element: group('element', ...children) }),
    resource: (attributes, own, dedicated) => [...attributes, word('ServiceName'), ...own, ...dedicated],
    stats: {
      kind: 'map',
      name: 'ServiceStats',
      element: group('key_value', text('key', plainCodec), group('value', count('SpanCount'), count('ErrorCount'))),
    },
    span: { tree: [], end: [] },
    scopeSpans: [],
    dedicatedLeaf: name => word(name, optional),
  },
  vParquet5: {
    values: element => ({ kind: 'repeated', name: element.name, element }),
    list: (name, ...children) => ({ kind: 'repeated', name, element: group(name, ...children) }),
    resource: (attributes, own, dedicated) => [word('ServiceName'), ...own, ...attributes, ...dedicated],
    stats: {
      kind: 'repeated',
      name: 'ServiceStats',
      element: group('ServiceStats', word('ServiceName'), count('SpanCount'), count('ErrorCount')),
    },
    span: { tree: [int32('ChildCount')], end: roundings.map(seconds => count(`StartTimeRounded${seconds}`)) },
    scopeSpans: [int32('SpanCount')],
    dedicatedLeaf: (name, column) => ({ kind: 'repeated', name, element: dedicatedValue(name, column!) }),
  },
}

function dedicatedValue(name: string, { type, isBlob }: DedicatedColumn): LeafNode {
  if (type === 'int') return plainInt64(name)
  return isBlob ? text(name, { codec: 'ZSTD' }) : word(name)
}

/** A row: a trace. */
export function blockSchema(version: Version, columns: readonly DedicatedColumn[]): GroupNode {
  const shape = shapes[version]
  const { list } = shape
  const attributes = list(
    'Attrs',
    word('Key'),
    leaf('IsArray', { type: 'BOOLEAN', encoding: 'PLAIN', ...snappy }),
    shape.values(word('Value')),
    shape.values(plainInt64('ValueInt')),
    shape.values(leaf('ValueDouble', { type: 'DOUBLE', encoding: 'PLAIN', ...snappy })),
    shape.values(leaf('ValueBool', { type: 'BOOLEAN', encoding: 'PLAIN', ...snappy })),
    text('ValueUnsupported', optional),
  )
  const dropped = int32('DroppedAttributesCount', snappy)
  const own = (scope: AttributeScope) =>
    Object.keys(wellKnown[version][scope] ?? {}).map(name =>
      name === 'HttpStatusCode' ? plainInt64(name, optional) : word(name, optional),
    )
  const dedicatedOf = (scope: AttributeScope) => {
    const leaves = allDedicatedLeaves(version, scope, columns)
    const children = leaves.map(({ name, column }) => shape.dedicatedLeaf(name, column))
    return children.length === 0 ? [] : [group('DedicatedAttributes', ...children)]
  }
  const event = [uint64('TimeSinceStartNano'), word('Name'), attributes, dropped, ...dedicatedOf('event')]
  const link = [bytes('TraceID'), bytes('SpanID'), text('TraceState'), attributes, dropped]
  const span = [
    ...[bytes('SpanID'), bytes('ParentSpanID')],
    ...[int32('ParentID'), int32('NestedSetLeft'), int32('NestedSetRight'), ...shape.span.tree],
    ...[word('Name'), int64('Kind'), text('TraceState'), uint64('StartTimeUnixNano'), uint64('DurationNano')],
    ...[int64('StatusCode'), text('StatusMessage'), attributes, dropped],
    ...[list('Events', ...event), plainInt32('DroppedEventsCount')],
    ...[list('Links', ...link), plainInt32('DroppedLinksCount')],
    ...own('span'),
    ...dedicatedOf('span'),
    ...shape.span.end,
  ]
  const scope = group('Scope', word('Name'), word('Version'), attributes, dropped)
  return group(
    'Trace',
    ...[bytes('TraceID'), text('TraceIDText')],
    ...[uint64('StartTimeUnixNano'), uint64('EndTimeUnixNano'), uint64('DurationNano')],
    ...[word('RootServiceName', plainCodec), word('RootSpanName', plainCodec), shape.stats],
    list(
      'rs',
      group('Resource', ...shape.resource([attributes, dropped], own('resource'), dedicatedOf('resource'))),
      list('ss', scope, list('Spans', ...span), ...shape.scopeSpans),
    ),
  )
}
