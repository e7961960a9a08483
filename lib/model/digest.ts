import { createHash, type Hash } from 'node:crypto'
import { ByteWriter } from '../bytes/writer.ts'
import { getOrInsert } from '../maps.ts'
import {
  type Attribute,
  type Attributes,
  isKeyValueList,
  type Link,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  type Trace,
  type Value,
} from './trace.ts'

/** Which orders count. */
export interface Orders {
  spanOrder: boolean
  attributeOrder: boolean
}

export const everyOrder: Orders = { spanOrder: true, attributeOrder: true }

const digestBytes = 16

/**
 * Digests of traces: equal for equal traces, different (SHA-256, cut to 16 bytes) for any others. It shares no code
 * with the formats that it watches over. Where an order does not count, spans or the attributes of one list are sorted
 * by their serialisation first. A list's nested lists keep their order: they are values.
 */
export class Digester {
  readonly #orders: Orders
  readonly #trace = new ByteWriter(1 << 16)
  readonly #shared = new WeakMap<object, Buffer>()

  constructor(orders: Orders = everyOrder) {
    this.#orders = orders
  }

  /** The digest of a trace as hex. */
  digest(trace: Trace): string {
    const writer = this.#trace
    writer.clear()
    writeText(writer, trace.traceId)
    if (this.#orders.spanOrder) for (const span of trace.spans) this.#writeSpan(writer, span)
    else for (const bytes of this.#sortedSpans(trace.spans)) writer.raw(bytes)
    return createHash('sha256')
      .update(writer.view())
      .digest('hex')
      .slice(0, digestBytes * 2)
  }

  #sortedSpans(spans: readonly Span[]): Buffer[] {
    return spans.map(span => serialise(writer => this.#writeSpan(writer, span))).sort(Buffer.compare)
  }

  #writeSpan(writer: ByteWriter, span: Span): void {
    for (const text of [span.spanId, span.parentSpanId, span.traceState, span.name]) writeText(writer, text)
    for (const number of [
      span.flags,
      span.kind,
      span.droppedAttributesCount,
      span.droppedEventsCount,
      span.droppedLinksCount,
    ])
      writer.f64(number)
    writer.u64(span.startNanos)
    writer.u64(span.endNanos)
    this.#writeAttributes(writer, span.attributes)
    writer.varint(span.events.length)
    for (const event of span.events) this.#writeEvent(writer, event)
    writer.varint(span.links.length)
    for (const link of span.links) this.#writeLink(writer, link)
    writer.u8(span.status === null ? 0 : 1)
    if (span.status !== null) {
      writer.f64(span.status.code)
      writeText(writer, span.status.message)
    }
    this.#writeShared(writer, span.resource, this.#writeResource)
    this.#writeShared(writer, span.scope, this.#writeScope)
  }

  #writeEvent(writer: ByteWriter, event: SpanEvent): void {
    writer.u64(event.timeNanos)
    writeText(writer, event.name)
    this.#writeAttributes(writer, event.attributes)
    writer.f64(event.droppedAttributesCount)
  }

  #writeLink(writer: ByteWriter, link: Link): void {
    for (const text of [link.traceId, link.spanId, link.traceState]) writeText(writer, text)
    writer.f64(link.flags)
    this.#writeAttributes(writer, link.attributes)
    writer.f64(link.droppedAttributesCount)
  }

  #writeShared<T extends object>(
    writer: ByteWriter,
    item: T | null,
    write: (this: Digester, writer: ByteWriter, item: T) => void,
  ): void {
    writer.u8(item === null ? 0 : 1)
    if (item === null) return
    writer.raw(getOrInsert(this.#shared, item, () => serialise(own => write.call(this, own, item))))
  }

  #writeResource(writer: ByteWriter, resource: Resource): void {
    this.#writeAttributes(writer, resource.attributes)
    writer.f64(resource.droppedAttributesCount)
    writeText(writer, resource.schemaUrl)
  }

  #writeScope(writer: ByteWriter, scope: Scope): void {
    writeText(writer, scope.name)
    writeText(writer, scope.version)
    this.#writeAttributes(writer, scope.attributes)
    writer.f64(scope.droppedAttributesCount)
    writeText(writer, scope.schemaUrl)
  }

  #writeAttributes(writer: ByteWriter, attributes: Attributes): void {
    writer.varint(attributes.length)
    if (this.#orders.attributeOrder || attributes.length < 2)
      for (const attribute of attributes) writeAttribute(writer, attribute)
    else
      for (const bytes of attributes
        .map(attribute => serialise(own => writeAttribute(own, attribute)))
        .sort(Buffer.compare))
        writer.raw(bytes)
  }
}

/** The digest of a dataset: of its traces' digests, in order. */
export class DatasetDigest {
  readonly #hash: Hash = createHash('sha256')
  readonly #digester = new Digester()

  add(trace: Trace): void {
    this.#hash.update(this.#digester.digest(trace))
  }

  /** 64 hex digits. Nothing can be added afterwards. */
  finish(): string {
    return this.#hash.digest('hex')
  }
}

function serialise(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(256)
  write(writer)
  return writer.take()
}

function writeText(writer: ByteWriter, text: string): void {
  const isWellFormed = text.isWellFormed()
  writer.varint(Buffer.byteLength(text, isWellFormed ? 'utf8' : 'utf16le') * 2 + (isWellFormed ? 0 : 1))
  if (isWellFormed) writer.utf8(text)
  else writer.raw(Buffer.from(text, 'utf16le'))
}

function writeAttribute(writer: ByteWriter, { key, value }: Attribute): void {
  writeText(writer, key)
  writeValue(writer, value)
}

const tag = { empty: 0, false: 1, true: 2, string: 3, int: 4, double: 5, bytes: 6, array: 7, kvlist: 8 } as const

function writeValue(writer: ByteWriter, value: Value): void {
  if (value === null) return writer.u8(tag.empty)
  if (typeof value === 'boolean') return writer.u8(value ? tag.true : tag.false)
  if (typeof value === 'string') {
    writer.u8(tag.string)
    return writeText(writer, value)
  }
  if (typeof value === 'bigint') {
    writer.u8(tag.int)
    return writer.i64(value)
  }
  if (typeof value === 'number') {
    writer.u8(tag.double)
    return writer.f64(Number.isNaN(value) ? Number.NaN : value)
  }
  if (value instanceof Uint8Array) {
    writer.u8(tag.bytes)
    writer.varint(value.length)
    return writer.raw(value)
  }
  const isList = isKeyValueList(value)
  const items = isList ? value.entries : value
  writer.u8(isList ? tag.kvlist : tag.array)
  writer.varint(items.length)
  if (isList) for (const entry of value.entries) writeAttribute(writer, entry)
  else for (const item of value) writeValue(writer, item)
}
