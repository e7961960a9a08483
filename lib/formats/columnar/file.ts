import { checksum } from '../../bytes/checksum.ts'
import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { LabError } from '../../error.ts'
import { spanCountOf, type Trace } from '../../model/trace.ts'
import { addTrace } from '../../shred/add-trace.ts'
import { Segment } from '../../shred/shred.ts'
import { checkEnd, checkRest, checkSum, checkVersion, placeOf, readWindow } from '../../wire/framing.ts'
import { maxSegmentItems, type Parts } from './columns.ts'
import { type DecodedSegment, decodeSegment, encodeSegment } from './segment.ts'

export const magic = 0x4c4f4354
const version = 1

/** A segment ends before it has more spans, and after the trace that brings more of the others. */
export interface SegmentLimits {
  readonly spanCount: number
  /** Traces, spans, events, links and values together. */
  readonly itemCount: number
  /** Characters of strings. */
  readonly textLength: number
}

/**
 * Half of the items that a reader takes: the trace at hand may bring as many again. Characters of up to three bytes: with
 * 16 MiB of one more trace they are what a reader takes. Pools repeat across segments: agent-chat takes 244 B/span in
 * segments of 2^26 characters, 234 in one.
 */
const defaultLimits: SegmentLimits = { spanCount: 131_072, itemCount: maxSegmentItems / 2, textLength: 5 * 2 ** 24 }
const maxHeadBytes = 32

/** What precedes each segment; a segment of 0 bytes ends the file. */
interface SegmentHead {
  byteLength: number
  checksum: number
  traceCount: number
  /** Where the segment's bytes begin. */
  end: number
}

/** Writes traces as segments of columns (FORMAT.md). */
export async function encodeColumnarFile(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  level: number,
  limits: SegmentLimits = defaultLimits,
): Promise<void> {
  let segment = new Segment()
  let traceCount = 0
  const flush = async () => {
    if (segment.itemCount > maxSegmentItems)
      throw new LabError(
        'unsupported',
        `trace ${segment.trace.ids.at(-1)}: ${segment.itemCount} spans, events, links and values in one trace`,
      )
    const bytes = encodeSegment(segment, level)
    await sink.write(write(writer => writeHead(writer, bytes, segment.trace.ids.length)))
    await sink.write(bytes)
    traceCount += segment.trace.ids.length
    segment = new Segment()
  }
  await sink.write(
    write(writer => {
      writer.u32(magic)
      writer.u8(version)
    }),
  )
  for await (const batch of batches)
    for (const trace of batch) {
      if (segment.spanCount > 0 && segment.spanCount + spanCountOf(trace) > limits.spanCount) await flush()
      addTrace(segment, trace)
      if (segment.itemCount > limits.itemCount || segment.textLength > limits.textLength) await flush()
    }
  if (segment.spanCount > 0) await flush()
  await sink.write(write(writer => writeHead(writer, Buffer.alloc(0), traceCount)))
}

/** Reads the traces back: a batch a segment. */
export async function* decodeColumnarFile(file: RangeReader): AsyncIterable<readonly Trace[]> {
  for await (const { traces } of decodeSegments(file)) yield traces
}

/** Bytes by column and encoding; they sum to the file's size. */
export async function columnarParts(file: RangeReader): Promise<Parts> {
  const sums: Parts = {}
  let segmentBytes = 0
  for await (const { parts } of decodeSegments(file))
    for (const [part, byteLength] of Object.entries(parts)) {
      sums[part] = (sums[part] ?? 0) + byteLength
      segmentBytes += byteLength
    }
  return { ...sums, framing: file.byteLength - segmentBytes }
}

/** The segments of a file, in turn. */
export async function* decodeSegments(file: RangeReader): AsyncIterable<DecodedSegment> {
  const front = await readWindow(file, 0, maxHeadBytes, 'columnar header')
  if (front.u32() !== magic) front.fail('corrupt', 'not a columnar file')
  checkVersion(front, front.u8(), version)
  let at = front.position
  let traceCount = 0
  for (let index = 0; ; index++) {
    const subject = `columnar segment ${index}`
    const head = await readHead(file, at, subject)
    if (head.byteLength === 0) {
      checkSum(new Uint8Array(), head.checksum, 'columnar end', head.end)
      return checkEnd(file, 'columnar end', head.end, { traces: head.traceCount }, [traceCount])
    }
    const [bytes] = await file.read([{ start: head.end, end: head.end + head.byteLength }])
    checkSum(bytes!, head.checksum, subject, head.end)
    const segment = decodeSegment(bytes!, subject, head.end)
    if (segment.traces.length !== head.traceCount)
      placeOf(subject, head.end).fail('corrupt', `says ${head.traceCount} traces, holds ${segment.traces.length}`)
    traceCount += head.traceCount
    at = head.end + head.byteLength
    yield segment
  }
}

function writeHead(writer: ByteWriter, bytes: Buffer, traceCount: number): void {
  writer.varint(bytes.length)
  writer.u32(checksum(bytes))
  writer.varint(traceCount)
}

async function readHead(file: RangeReader, at: number, subject: string): Promise<SegmentHead> {
  const reader = await readWindow(file, at, at + maxHeadBytes, subject)
  const [byteLength, sum, traceCount] = [reader.varint(), reader.u32(), reader.varint()]
  const end = at + reader.position
  checkRest(file, reader, end, byteLength)
  return { byteLength, checksum: sum, traceCount, end }
}

function write(fill: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(maxHeadBytes)
  fill(writer)
  return writer.take()
}
