import { ByteReader } from '../../bytes/reader.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { newSpan } from '../../model/draft.ts'
import type { Link, Resource, Scope, Span, SpanEvent, Status, Trace } from '../../model/trace.ts'
import { CborReader, cborMajor, writeHead, writeHexBytes, writeInteger } from '../../wire/cbor/heads.ts'
import { Cache, readResource, readScope, Table, writeResource, writeScope } from '../../wire/cbor/resource.ts'
import {
  expectArray,
  readAttributes,
  readString,
  readUint32,
  writeAttributes,
  writeNumber,
  writeString,
} from '../../wire/cbor/value.ts'

const key = {
  spanId: 1,
  parentSpanId: 2,
  resource: 3,
  scope: 4,
  name: 5,
  kind: 6,
  start: 7,
  duration: 8,
  status: 9,
  attributes: 10,
  events: 11,
  links: 12,
  traceState: 13,
  flags: 14,
  droppedAttributesCount: 15,
  droppedEventsCount: 16,
  droppedLinksCount: 17,
} as const

const requiredFields = (1 << key.spanId) | (1 << key.start)

/** Writes traces as CBOR items (FORMAT.md). Holds the encoding of the resources and scopes that it has met. */
export class TraceWriter {
  readonly #resources = new Table(writeResource)
  readonly #scopes = new Table(writeScope)
  readonly #span = new FieldWriter()

  write(writer: ByteWriter, trace: Trace): void {
    const { spans } = trace
    writeHead(writer, cborMajor.array, 4)
    writeHexBytes(writer, trace.traceId)
    const [resources, scopes] = [spans.map(({ resource }) => resource), spans.map(({ scope }) => scope)]
    this.#resources.write(writer, resources)
    this.#scopes.write(writer, scopes)
    writeHead(writer, cborMajor.array, spans.length)
    const base = spans[0]!.startNanos
    for (let i = 0; i < spans.length; i++) this.#writeSpan(writer, spans[i]!, i === 0 ? 0n : base, i)
  }

  #writeSpan(writer: ByteWriter, span: Span, base: bigint, row: number): void {
    const fields = this.#span
    fields.begin()
    writeHexBytes(fields.at(key.spanId), span.spanId)
    if (span.parentSpanId !== '') writeHexBytes(fields.at(key.parentSpanId), span.parentSpanId)
    fields.number(key.resource, this.#resources.positions[row]!)
    fields.number(key.scope, this.#scopes.positions[row]!)
    if (span.name !== '') writeString(fields.at(key.name), span.name)
    fields.number(key.kind, span.kind)
    writeInteger(fields.at(key.start), span.startNanos - base)
    const duration = span.endNanos - span.startNanos
    if (duration !== 0n) writeInteger(fields.at(key.duration), duration)
    if (span.status !== null) writeStatus(fields.at(key.status), span.status)
    if (span.attributes.length > 0) writeAttributes(fields.at(key.attributes), span.attributes)
    if (span.events.length > 0) writeEvents(fields.at(key.events), span)
    if (span.links.length > 0) writeLinks(fields.at(key.links), span.links)
    if (span.traceState !== '') writeString(fields.at(key.traceState), span.traceState)
    fields.number(key.flags, span.flags)
    fields.number(key.droppedAttributesCount, span.droppedAttributesCount)
    fields.number(key.droppedEventsCount, span.droppedEventsCount)
    fields.number(key.droppedLinksCount, span.droppedLinksCount)
    fields.end(writer)
  }
}

/** Collects the fields of a map, whose number must stand in front of them. */
class FieldWriter {
  readonly #body = new ByteWriter(4096)
  #count = 0

  begin(): void {
    this.#body.clear()
    this.#count = 0
  }

  /** The writer of the value of one more field. */
  at(field: number): ByteWriter {
    this.#count++
    writeHead(this.#body, cborMajor.unsigned, field)
    return this.#body
  }

  /** A number, left out where it is 0. */
  number(field: number, value: number): void {
    if (value !== 0) writeNumber(this.at(field), value)
  }

  end(writer: ByteWriter): void {
    writeHead(writer, cborMajor.map, this.#count)
    writer.raw(this.#body.view())
  }
}

function writeStatus(writer: ByteWriter, status: Status): void {
  if (status.message === '') return writeNumber(writer, status.code)
  writeHead(writer, cborMajor.array, 2)
  writeNumber(writer, status.code)
  writeString(writer, status.message)
}

function writeEvents(writer: ByteWriter, span: Span): void {
  writeHead(writer, cborMajor.array, span.events.length)
  for (const event of span.events) {
    writeHead(writer, cborMajor.array, 4)
    writeInteger(writer, event.timeNanos - span.startNanos)
    writeString(writer, event.name)
    writeAttributes(writer, event.attributes)
    writeNumber(writer, event.droppedAttributesCount)
  }
}

function writeLinks(writer: ByteWriter, links: readonly Link[]): void {
  writeHead(writer, cborMajor.array, links.length)
  for (const link of links) {
    writeHead(writer, cborMajor.array, 6)
    writeHexBytes(writer, link.traceId)
    writeHexBytes(writer, link.spanId)
    writeString(writer, link.traceState)
    writeNumber(writer, link.flags)
    writeAttributes(writer, link.attributes)
    writeNumber(writer, link.droppedAttributesCount)
  }
}

/** Reads traces from CBOR items. Resources and scopes with the same encoding become one object. */
export class TraceReader {
  readonly #strings = new StringCache()
  readonly #resources = new Cache(readResource)
  readonly #scopes = new Cache(readScope)

  /** The traces in `bytes`, one item after another; `subject` and `offset` name the place in errors. */
  read(bytes: Uint8Array, subject: string, offset: number): Trace[] {
    const reader = new ByteReader(bytes, subject, offset, this.#strings)
    const cbor = new CborReader(reader)
    const traces: Trace[] = []
    while (reader.remaining > 0) traces.push(this.#readTrace(cbor))
    return traces
  }

  #readTrace(cbor: CborReader): Trace {
    expectArray(cbor, 4)
    const traceId = readId(cbor, 16)
    const resources = this.#resources.read(cbor)
    const scopes = this.#scopes.read(cbor)
    const spanCount = cbor.array()
    if (spanCount === 0) cbor.reader.fail('corrupt', 'a trace without spans')
    const spans: Span[] = []
    let base = 0n
    for (let i = 0; i < spanCount; i++) {
      const span = readSpan(cbor, base, resources, scopes)
      if (i === 0) base = span.startNanos
      spans.push(span)
    }
    return { traceId, spans }
  }
}

function readSpan(cbor: CborReader, base: bigint, resources: Resource[], scopes: Scope[]): Span {
  const span = newSpan()
  const fieldCount = cbor.expect(cborMajor.map)
  let [previous, found] = [0, 0]
  for (let i = 0; i < fieldCount; i++) {
    const field = cbor.unsigned()
    if (field <= previous) cbor.reader.fail('corrupt', `field ${field} follows field ${previous}`)
    previous = field
    found |= 1 << field
    if (field === key.spanId) span.spanId = readId(cbor, 8)
    else if (field === key.parentSpanId) span.parentSpanId = readId(cbor, 8)
    else if (field === key.resource) span.resource = readPlace(cbor, resources)
    else if (field === key.scope) span.scope = readPlace(cbor, scopes)
    else if (field === key.name) span.name = readString(cbor)
    else if (field === key.kind) span.kind = readInt32(cbor)
    else if (field === key.start) span.startNanos = checkTime(cbor, base + cbor.integer())
    else if (field === key.duration) span.endNanos = checkTime(cbor, span.startNanos + cbor.integer())
    else if (field === key.status) span.status = readStatus(cbor)
    else if (field === key.attributes) span.attributes = readAttributes(cbor)
    else if (field === key.events) span.events = readEvents(cbor, span.startNanos)
    else if (field === key.links) span.links = readLinks(cbor)
    else if (field === key.traceState) span.traceState = readString(cbor)
    else if (field === key.flags) span.flags = readUint32(cbor)
    else if (field === key.droppedAttributesCount) span.droppedAttributesCount = readUint32(cbor)
    else if (field === key.droppedEventsCount) span.droppedEventsCount = readUint32(cbor)
    else if (field === key.droppedLinksCount) span.droppedLinksCount = readUint32(cbor)
    else cbor.reader.fail('unsupported', `a span has no field ${field}`)
  }
  if ((found & requiredFields) !== requiredFields) cbor.reader.fail('corrupt', 'a span without an id or a start')
  if ((found & (1 << key.duration)) === 0) span.endNanos = span.startNanos
  return span
}

function readId(cbor: CborReader, maxByteLength: number): string {
  const byteLength = cbor.expect(cborMajor.bytes)
  if (byteLength > maxByteLength)
    cbor.reader.fail('corrupt', `an id of ${byteLength} bytes, at most ${maxByteLength} are allowed`)
  return cbor.reader.hex(byteLength)
}

function readPlace<T>(cbor: CborReader, items: readonly T[]): T {
  const place = cbor.unsigned()
  return items[place - 1] ?? cbor.reader.fail('corrupt', `position ${place} of a table of ${items.length}`)
}

function readInt32(cbor: CborReader): number {
  const value = Number(cbor.integer())
  return value === (value | 0) ? value : cbor.reader.fail('corrupt', `${value} exceeds 32 bits`)
}

function checkTime(cbor: CborReader, nanos: bigint): bigint {
  return BigInt.asUintN(64, nanos) === nanos ? nanos : cbor.reader.fail('corrupt', `a time of ${nanos} ns`)
}

function readStatus(cbor: CborReader): Status {
  const head = cbor.next()
  if (head.major === cborMajor.array && head.argument === 2) return { code: readInt32(cbor), message: readString(cbor) }
  if (head.major > cborMajor.negative) cbor.reader.fail('corrupt', 'expected a status')
  const code = head.major === cborMajor.negative ? -1 - head.argument : head.argument
  if (code !== (code | 0)) cbor.reader.fail('corrupt', `${code} exceeds 32 bits`)
  return { code, message: '' }
}

function readEvents(cbor: CborReader, startNanos: bigint): SpanEvent[] {
  const count = cbor.array()
  const events: SpanEvent[] = []
  for (let i = 0; i < count; i++) {
    expectArray(cbor, 4)
    events.push({
      timeNanos: checkTime(cbor, startNanos + cbor.integer()),
      name: readString(cbor),
      attributes: readAttributes(cbor),
      droppedAttributesCount: readUint32(cbor),
    })
  }
  return events
}

function readLinks(cbor: CborReader): Link[] {
  const count = cbor.array()
  const links: Link[] = []
  for (let i = 0; i < count; i++) {
    expectArray(cbor, 6)
    links.push({
      traceId: readId(cbor, 16),
      spanId: readId(cbor, 8),
      traceState: readString(cbor),
      flags: readUint32(cbor),
      attributes: readAttributes(cbor),
      droppedAttributesCount: readUint32(cbor),
    })
  }
  return links
}
