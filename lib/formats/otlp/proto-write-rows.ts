import { growingCodes } from '../../bytes/growing.ts'
import type { Attribute, Status } from '../../model/trace.ts'
import {
  eventField,
  eventWidth,
  linkField,
  linkWidth,
  type RowTables,
  type SpanRows,
  spanField,
  spanWidth,
} from '../../shred/rows.ts'
import { WireWriter } from '../../wire/protobuf/writer.ts'
import { writeAttribute } from './proto-value.ts'
import { writeCount, writeId, writeStatus } from './proto-write-fields.ts'

/** Writes rows as spans, in the same bytes as their objects; what a code stands for is encoded once. */
export class RowWriter {
  readonly #wire: WireWriter
  #tables: RowTables | undefined
  #traceId = ''
  #traceField = new WireWriter(32)
  #texts = new EncodedOnce<string>([], (wire, text) => wire.content(text))
  #attributes = new EncodedOnce<Attribute>([], writeAttribute)
  #statuses = new EncodedOnce<Status | null>([], writeKnownStatus)

  constructor(wire: WireWriter) {
    this.#wire = wire
  }

  write(traceId: string, rows: SpanRows, row: number): void {
    this.#useTables(rows.tables)
    const wire = this.#wire
    const { spans, tables } = rows
    const at = row * spanWidth
    const lengths = spans.at(at + spanField.idLengths)
    const kind = spans.at(at + spanField.kind) | 0
    const dropped = tables.dropped.values[spans.at(at + spanField.dropped)]!
    const start = wire.begin(0x12)
    this.#writeTraceId(traceId)
    this.#id(0x12, spans.at(at + spanField.idHigh), spans.at(at + spanField.idLow), lengths & 15)
    this.#text(0x1a, spans.at(at + spanField.traceState))
    this.#id(0x22, spans.at(at + spanField.parentHigh), spans.at(at + spanField.parentLow), lengths >> 4)
    this.#text(0x2a, spans.at(at + spanField.name))
    if (kind !== 0) wire.int32(0x30, kind)
    this.#time(0x39, spans.at(at + spanField.startHigh), spans.at(at + spanField.startLow))
    this.#time(0x41, spans.at(at + spanField.endHigh), spans.at(at + spanField.endLow))
    this.#list(0x4a, rows, spans.at(at + spanField.attributes), spans.at(at + spanField.attributeCount))
    writeCount(wire, 0x50, dropped[0])
    const [events, eventCount] = [spans.at(at + spanField.events), spans.at(at + spanField.eventCount)]
    for (let event = events; event < events + eventCount; event++) this.#event(rows, event * eventWidth)
    writeCount(wire, 0x60, dropped[1])
    const [links, linkCount] = [spans.at(at + spanField.links), spans.at(at + spanField.linkCount)]
    for (let link = links; link < links + linkCount; link++) this.#link(rows, link)
    writeCount(wire, 0x70, dropped[2])
    const status = spans.at(at + spanField.status)
    if (tables.statuses.values[status] !== null) this.#statuses.write(wire, 0x7a, status)
    const flags = spans.at(at + spanField.flags)
    if (flags !== 0) wire.fixed32(0x85, flags)
    wire.end(start)
  }

  #useTables(tables: RowTables): void {
    if (tables === this.#tables) return
    this.#tables = tables
    this.#texts = this.#texts.of(tables.texts.values)
    this.#attributes = this.#attributes.of(tables.attributes.values)
    this.#statuses = this.#statuses.of(tables.statuses.values)
  }

  /** The field of the trace's id: spans of one trace follow each other. */
  #writeTraceId(traceId: string): void {
    if (traceId !== this.#traceId) {
      this.#traceId = traceId
      this.#traceField = new WireWriter(32)
      writeId(this.#traceField, 0x0a, traceId)
    }
    this.#wire.rawOf(this.#traceField)
  }

  #event(rows: SpanRows, at: number): void {
    const { events } = rows
    const start = this.#wire.begin(0x5a)
    this.#time(0x09, events.at(at + eventField.timeHigh), events.at(at + eventField.timeLow))
    this.#text(0x12, events.at(at + eventField.name))
    this.#list(0x1a, rows, events.at(at + eventField.attributes), events.at(at + eventField.attributeCount))
    writeCount(this.#wire, 0x20, events.at(at + eventField.dropped))
    this.#wire.end(start)
  }

  #link(rows: SpanRows, link: number): void {
    const { links, linkIds } = rows
    const at = link * linkWidth
    const start = this.#wire.begin(0x6a)
    writeId(this.#wire, 0x0a, linkIds[2 * link]!)
    writeId(this.#wire, 0x12, linkIds[2 * link + 1]!)
    this.#text(0x1a, links.at(at + linkField.traceState))
    this.#list(0x22, rows, links.at(at + linkField.attributes), links.at(at + linkField.attributeCount))
    writeCount(this.#wire, 0x28, links.at(at + linkField.dropped))
    const flags = links.at(at + linkField.flags)
    if (flags !== 0) this.#wire.fixed32(0x35, flags)
    this.#wire.end(start)
  }

  #list(tag: number, { attributes }: SpanRows, first: number, count: number): void {
    for (let i = first; i < first + count; i++) this.#attributes.write(this.#wire, tag, attributes.at(i))
  }

  #id(tag: number, high: number, low: number, byteLength: number): void {
    if (byteLength > 0) this.#wire.idHalves(tag, high, low, byteLength)
  }

  /** The first text is empty. */
  #text(tag: number, code: number): void {
    if (code > 0) this.#texts.write(this.#wire, tag, code)
  }

  #time(tag: number, high: number, low: number): void {
    if (high !== 0 || low !== 0) this.#wire.fixed64Halves(tag, high, low)
  }
}

function writeKnownStatus(wire: WireWriter, status: Status | null): void {
  if (status !== null) writeStatus(wire, status)
}

/** Values by code as the content of fields, each encoded when it is first written. */
class EncodedOnce<T> {
  readonly #values: readonly T[]
  readonly #encode: (wire: WireWriter, value: T) => void
  readonly #encoded = new WireWriter(1 << 12)
  /** By code: where its bytes end, or 0; and how many they are. */
  readonly #ends = growingCodes()
  readonly #lengths = growingCodes()

  constructor(values: readonly T[], encode: (wire: WireWriter, value: T) => void) {
    this.#values = values
    this.#encode = encode
  }

  /** Other values, encoded in the same way. */
  of(values: readonly T[]): EncodedOnce<T> {
    return new EncodedOnce(values, this.#encode)
  }

  /** Writes a value as a field. */
  write(wire: WireWriter, tag: number, code: number): void {
    if (code >= this.#ends.length) {
      const missing = code + 1 - this.#ends.length
      this.#ends.extend(missing)
      this.#lengths.extend(missing)
    }
    if (this.#ends.at(code) === 0) this.#add(code)
    wire.copyOf(tag, this.#encoded, this.#ends.at(code) - this.#lengths.at(code), this.#lengths.at(code))
  }

  /** A field with its length but without its tag. */
  #add(code: number): void {
    const start = this.#encoded.beginContent()
    this.#encode(this.#encoded, this.#values[code]!)
    this.#encoded.end(start)
    this.#ends.set(code, this.#encoded.length)
    this.#lengths.set(code, this.#encoded.length - (start - 1))
  }
}
