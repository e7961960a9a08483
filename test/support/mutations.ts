import { type Attributes, isKeyValueList, type Span, type Trace, type Value } from '../../lib/model/trace.ts'
import { attributes, span } from './nasty.ts'

/** A trace with one field changed, and where: a pattern that the path of the difference begins with. */
export interface Mutation {
  path: string
  trace: Trace
}

const counted = { attributes: attributes(['k', 'v'], ['n', 1n]), droppedAttributesCount: 1 }

/** A trace in which every field of the model holds something. */
export const richTrace: Trace = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spans: [
    span({}),
    span({
      spanId: 'eee19b7ec3c1b175',
      parentSpanId: 'eee19b7ec3c1b174',
      traceState: 'a=1',
      flags: 1,
      status: { code: 2, message: 'broken' },
      ...counted,
      attributes: attributes(
        ['s', 'text'],
        ['b', true],
        ['i', 7n],
        ['d', 1.5],
        ['x', new Uint8Array([1, 2])],
        ['a', ['y', 2n, { entries: attributes(['in', false]) }]],
        ['m', { entries: attributes(['p', 'q']) }],
        ['e', null],
      ),
      events: [{ timeNanos: 1_700_000_000_200_000_000n, name: 'event', ...counted }],
      droppedEventsCount: 3,
      links: [
        {
          traceId: '5b8efff798038103d269b633813fc60d',
          spanId: 'eee19b7ec3c1b176',
          traceState: 'b=2',
          flags: 2,
          ...counted,
        },
      ],
      droppedLinksCount: 4,
      resource: { ...counted, schemaUrl: 'resource-schema' },
      scope: { name: 'scope', version: '1', ...counted, schemaUrl: 'scope-schema' },
    }),
  ],
}

/** The trace with one field changed, for every field that holds something, down to the items of lists. */
export function mutations(trace: Trace): Mutation[] {
  return changes(trace).map(({ path, value }) => ({ path, trace: value as Trace }))
}

interface Change {
  path: string
  value: unknown
}

function changes(value: unknown): Change[] {
  if (typeof value === 'string')
    return [{ path: '', value: /^[0-9a-f]{16,}$/.test(value) ? `${value.slice(0, -1)}0` : `${value}~` }]
  if (typeof value === 'bigint') return [{ path: '', value: value ^ 1n }]
  if (typeof value === 'number') return [{ path: '', value: value + 1 }]
  if (typeof value === 'boolean') return [{ path: '', value: !value }]
  if (value === null || value === undefined) return []
  if (value instanceof Uint8Array) return [{ path: '', value: value.map(byte => byte ^ 1) }]
  return Array.isArray(value) ? listChanges(value) : fieldChanges(value as Record<string, unknown>)
}

function listChanges(list: unknown[]): Change[] {
  const inner = list.flatMap((item, i) =>
    changes(item).map(change => ({ path: `/${i}${change.path}`, value: list.with(i, change.value) })),
  )
  return [...inner, ...(list.length > 0 ? [{ path: '', value: list.slice(0, -1) }] : [])]
}

function fieldChanges(fields: Record<string, unknown>): Change[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    const found = field === 'attributes' ? attributeChanges(value as Attributes) : changes(value)
    const absent = ['status', 'resource', 'scope'].includes(field) && value !== null ? [{ path: '', value: null }] : []
    return [...found, ...absent].map(change => ({
      path: `/${field}${change.path}`,
      value: { ...fields, [field]: change.value },
    }))
  })
}

/** Attributes are named by key where the value differs and by position where the key does. */
function attributeChanges(list: Attributes): Change[] {
  const inner = list.flatMap(({ key, value }, i) => [
    { path: `/${i}`, value: list.with(i, { key: `${key}~`, value }) },
    ...valueChanges(value).map(changed => ({ path: `/${key}`, value: list.with(i, { key, value: changed }) })),
  ])
  return [...inner, ...(list.length > 0 ? [{ path: '', value: list.slice(0, -1) }] : [])]
}

function valueChanges(value: Value): Value[] {
  if (value === null) return [false, '']
  if (typeof value === 'object' && !(value instanceof Uint8Array) && isKeyValueList(value))
    return attributeChanges(value.entries).map(change => ({ entries: change.value as Attributes }))
  if (Array.isArray(value))
    return value.flatMap((item, i) => valueChanges(item).map(changed => value.with(i, changed)) as Value[])
  return changes(value).map(change => change.value as Value)
}

/** The spans in the opposite order. */
export function reverseSpans(trace: Trace): Trace {
  return { ...trace, spans: [...trace.spans].reverse() }
}

/** The attributes of each span, event, link, resource and scope in the opposite order. */
export function reverseAttributes(trace: Trace): Trace {
  const reversed = <T extends { attributes: Attributes }>(item: T): T => ({
    ...item,
    attributes: [...item.attributes].reverse(),
  })
  const reversedSpan = (item: Span): Span => ({
    ...reversed(item),
    events: item.events.map(reversed),
    links: item.links.map(reversed),
    resource: item.resource && reversed(item.resource),
    scope: item.scope && reversed(item.scope),
  })
  return { ...trace, spans: trace.spans.map(reversedSpan) }
}
