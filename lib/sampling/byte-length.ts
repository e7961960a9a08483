import {
  type Attributes,
  isKeyValueList,
  type Resource,
  type Scope,
  type Span,
  type Trace,
  type Value,
} from '../model/trace.ts'

/** Ids, times, kind and flags of a span with their tags. */
const fixedSpanBytes = 63
const eventBytes = 13
const linkBytes = 31

/**
 * What a trace takes as OTLP protobuf, within some per cent: characters count one byte, and each resource and scope
 * counts once per trace.
 */
export function estimateOtlpBytes({ spans }: Trace): number {
  const shared = new Set<Resource | Scope>()
  let byteLength = 0
  for (const span of spans) {
    byteLength += spanBytes(span)
    for (const owner of [span.resource, span.scope])
      if (owner !== null && !shared.has(owner)) {
        shared.add(owner)
        byteLength += ownerBytes(owner)
      }
  }
  return byteLength
}

function spanBytes({ name, traceState, parentSpanId, attributes, events, links, status }: Span): number {
  let byteLength = fixedSpanBytes + textBytes(name) + textBytes(traceState) + attributeBytes(attributes)
  if (parentSpanId !== '') byteLength += 10
  if (status !== null) byteLength += 4 + textBytes(status.message)
  for (const event of events) byteLength += eventBytes + textBytes(event.name) + attributeBytes(event.attributes)
  for (const link of links) byteLength += linkBytes + textBytes(link.traceState) + attributeBytes(link.attributes)
  return byteLength
}

function ownerBytes(owner: Resource | Scope): number {
  const names = 'name' in owner ? textBytes(owner.name) + textBytes(owner.version) : 0
  return 8 + names + textBytes(owner.schemaUrl) + attributeBytes(owner.attributes)
}

function textBytes({ length }: string): number {
  return length === 0 ? 0 : length + (length < 128 ? 2 : 3)
}

function attributeBytes(attributes: Attributes): number {
  let byteLength = 0
  for (const { key, value } of attributes) byteLength += 4 + textBytes(key) + valueBytes(value)
  return byteLength
}

function valueBytes(value: Value): number {
  if (typeof value === 'string') return textBytes(value)
  if (typeof value === 'boolean' || value === null) return 2
  if (typeof value === 'bigint') return value < 0n ? 11 : 2 + Math.ceil(value.toString(2).length / 7) - 1
  if (typeof value === 'number') return 9
  if (value instanceof Uint8Array) return 2 + value.length
  if (isKeyValueList(value)) return 2 + attributeBytes(value.entries)
  return value.reduce<number>((sum, item) => sum + 2 + valueBytes(item), 2)
}
