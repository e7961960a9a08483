import { StringCache } from '../../bytes/string-cache.ts'
import { LabError } from '../../error.ts'
import type { Trace } from '../../model/trace.ts'
import { strictUnits } from '../../model/units.ts'
import type { SpanRows } from '../../shred/rows.ts'
import { WireReader } from '../../wire/protobuf/reader.ts'
import { otherSignalOf } from './proto-detect.ts'
import { newReadContext, type ReadContext, readResourceSpans } from './proto-read.ts'
import { TracesWriter } from './proto-write.ts'

/** Reads messages that are held whole, TracesData or ExportTraceServiceRequest; equal resources of all are one object. */
export class OtlpMessages {
  readonly #context: ReadContext

  /** `dropped` is called with each unknown field. */
  constructor(rows: SpanRows, dropped: (field: string) => void) {
    this.#context = newReadContext({ strings: new StringCache(), dropped }, strictUnits, rows)
  }

  /** Adds the spans of a message to the rows; where it cannot be read, none are added. */
  read(bytes: Buffer, rows: SpanRows): void {
    const mark = rows.mark()
    this.#context.rows = rows
    try {
      this.#readMessage(bytes)
    } catch (error) {
      rows.reset(mark)
      throw error
    }
  }

  #readMessage(bytes: Buffer): void {
    const wire = new WireReader(bytes, 0, this.#context)
    const ranges = []
    for (let tag = wire.tag(); tag !== 0; tag = wire.tag())
      if (tag === 0x0a) ranges.push(wire.range('resourceSpans'))
      else wire.drop(tag)
    // A look at the first is enough: a message holds one signal.
    const signal = ranges[0] && otherSignalOf(wire.view(ranges[0]))
    if (signal !== undefined) throw new LabError('invalid', `holds ${signal}, expected resourceSpans`)
    readResourceSpans({ bytes, offset: 0, ranges }, this.#context)
  }
}

/** Traces as one message of OTLP protobuf. */
export function encodeTraces(traces: Iterable<Trace>): Buffer {
  const writer = new TracesWriter()
  for (const trace of traces) writer.add(trace)
  writer.end()
  return Buffer.concat(writer.take())
}
