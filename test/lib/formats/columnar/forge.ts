import { checksum } from '../../../../lib/bytes/checksum.ts'
import { ByteReader } from '../../../../lib/bytes/reader.ts'
import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { zstdCompressor, zstdDecompressor } from '../../../../lib/codecs/compress.ts'
import type { ColumnarOptions, SegmentLimits } from '../../../../lib/formats/columnar/file.ts'
import { decodeColumnarFile, encodeColumnarFile } from '../../../../lib/formats/columnar/file.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { collect, streamOf } from '../../../support/chunks.ts'

/** A columnar file of the traces. */
export async function encode(
  traces: readonly Trace[],
  limits?: SegmentLimits,
  level = 1,
  options: ColumnarOptions = {},
): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeColumnarFile(streamOf([traces]), sink, level, { ...options, ...(limits && { limits }) })
  return sink.bytes()
}

export async function decode(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(decodeColumnarFile(openMemory(bytes)))).flat()
}

/** A segment taken apart: what a forger changes. */
export interface OpenSegment {
  head: Buffer
  texts: Buffer
  blobs: Buffer
  /** The pool as it is stored: a segment of its own. */
  pool?: Buffer
  traceCount: number
}

/** The segments of a file. */
export function openSegments(file: Uint8Array): OpenSegment[] {
  const reader = new ByteReader(file, 'forged')
  reader.u32()
  if (reader.u8() === 2) reader.u8()
  const segments: OpenSegment[] = []
  for (;;) {
    const [byteLength, , traceCount] = [reader.varint(), reader.u32(), reader.varint()]
    if (byteLength === 0) return segments
    segments.push({ ...openSegment(reader.raw(byteLength)), traceCount })
  }
}

/** Takes the bytes of a segment apart. */
export function openSegment(bytes: Uint8Array): Omit<OpenSegment, 'traceCount'> {
  const reader = new ByteReader(bytes, 'forged')
  let headLength = reader.varint()
  const hasPool = headLength === 2 ** 28 + 1
  const pool = hasPool ? Buffer.from(reader.raw(reader.varint())) : undefined
  if (hasPool) headLength = reader.varint()
  const textLength = reader.varint()
  const both = Buffer.from(zstdDecompressor()(reader.raw(reader.varint()), headLength + textLength))
  return {
    head: both.subarray(0, headLength),
    texts: both.subarray(headLength),
    blobs: Buffer.from(reader.raw(reader.remaining)),
    ...(pool && { pool }),
  }
}

/** A file of these segments, with checksums that are right; of version 2 with the ids that it keeps. */
export function closeSegments(segments: readonly OpenSegment[], version: 1 | 2 = 1): Buffer {
  const writer = new ByteWriter()
  writer.u32(0x4c4f4354)
  writer.u8(version)
  if (version === 2) writer.u8(0)
  for (const segment of segments) writeSegment(writer, printSegment(segment), segment.traceCount, version)
  writeSegment(
    writer,
    Buffer.alloc(0),
    segments.reduce((sum, { traceCount }) => sum + traceCount, 0),
    version,
  )
  return writer.take()
}

/** The bytes of a segment of these parts. */
export function printSegment({ head, texts, blobs, pool }: Omit<OpenSegment, 'traceCount'>): Buffer {
  const stored = zstdCompressor(1)(Buffer.concat([head, texts]))
  const front = new ByteWriter()
  if (pool) {
    for (const number of [2 ** 28 + 1, pool.length]) front.varint(number)
    front.raw(pool)
  }
  for (const length of [head.length, texts.length, stored.length]) front.varint(length)
  return Buffer.concat([front.view(), stored, blobs])
}

function writeSegment(writer: ByteWriter, bytes: Buffer, traceCount: number, version: 1 | 2): void {
  writer.varint(bytes.length)
  writer.u32(checksum(bytes, version === 2 ? 2 : 0))
  writer.varint(traceCount)
  writer.raw(bytes)
}
