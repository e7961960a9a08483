import { checksum } from '../../bytes/checksum.ts'
import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { countSpans, type Trace } from '../../model/trace.ts'
import { makeTraces, readBlock } from './block-read.ts'
import { writeBlock } from './block-write.ts'
import { BodyReader } from './body.ts'
import { maxBlockSpans, maxMessageBytes } from './limits.ts'
import { cutPieces } from './pieces.ts'

const magic = Buffer.from('TSL/relations')
const version = 1
const blockMark = 1
const endMark = 0
const maxHeadBytes = 40
const headerBytes: number = magic.length + 1
const checksumBytes = 4

/** Writes a file of blocks (FORMAT.md), each at this zstd level. */
export async function encodeRelations(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  level: number,
): Promise<void> {
  let [traceCount, spanCount, blockCount] = [0, 0, 0]
  await sink.write(Buffer.concat([magic, Uint8Array.of(version)]))
  for await (const pieces of cutPieces(batches)) {
    await sink.write(encodeBlock(pieces, level))
    traceCount += pieces.length
    spanCount += countSpans(pieces)
    blockCount++
  }
  await sink.write(sealed(endMark, [traceCount, spanCount, blockCount], []))
}

/** Reads the traces back. A trace that was cut comes as pieces that follow one another. */
export async function* decodeRelations(file: RangeReader): AsyncIterable<readonly Trace[]> {
  for await (const { body, traceCount, spanCount } of readBodies(file))
    yield* makeTraces(body, readBlock(body, traceCount, spanCount))
}

/** Bytes by part of the file. */
export async function partsOfRelations(file: RangeReader): Promise<Record<string, number>> {
  const parts: Record<string, number> = { 'messages: tables and short streams': 0 }
  let named = 0
  for await (const { body, traceCount, spanCount, messageLength } of readBodies(file)) {
    readBlock(body, traceCount, spanCount)
    for (const [part, byteLength] of [
      ['messages: tables and short streams', messageLength] as const,
      ...Object.entries(body.parts),
    ]) {
      parts[part] = (parts[part] ?? 0) + byteLength
      named += byteLength
    }
  }
  parts.framing = file.byteLength - named
  return parts
}

function encodeBlock(pieces: readonly Trace[], level: number): Buffer {
  const { byteLength, message, streams } = writeBlock(pieces).finish(level)
  const streamsLength = streams.reduce((sum, stream) => sum + stream.length, 0)
  const numbers = [pieces.length, countSpans(pieces), byteLength, message.length, streamsLength]
  return sealed(blockMark, numbers, [message, ...streams])
}

/** A mark, numbers and bytes, followed by a checksum of all of them. */
function sealed(mark: number, numbers: readonly number[], content: readonly Uint8Array[]): Buffer {
  const head = new ByteWriter(maxHeadBytes)
  head.u8(mark)
  for (const number of numbers) head.varint(number)
  const bytes = Buffer.concat([head.take(), ...content])
  const sum = Buffer.alloc(checksumBytes)
  sum.writeUInt32LE(checksum(bytes))
  return Buffer.concat([bytes, sum])
}

interface StoredBlock {
  body: BodyReader
  traceCount: number
  spanCount: number
  messageLength: number
}

async function* readBodies(file: RangeReader): AsyncIterable<StoredBlock> {
  await readHeader(file)
  let at = headerBytes
  const totals = [0, 0, 0]
  for (let block = 0; ; block++) {
    const subject = `relations block ${block}`
    const head = await readHead(file, at, subject)
    const end = head.end + head.messageLength + head.streamsLength + checksumBytes
    const bytes = await readSealed(file, at, end, subject)
    if (head.isEnd) return checkEnd(file, head, totals, end)
    const [from, to] = [head.end - at, head.end - at + head.messageLength]
    const content = bytes.subarray(0, bytes.length - checksumBytes)
    const place = `${subject} at byte ${at}`
    const body = new BodyReader(content.subarray(from, to), head.byteLength, content.subarray(to), place)
    totals[0]! += head.traceCount
    totals[1]! += head.spanCount
    totals[2]!++
    yield { body, ...head }
    at = end
  }
}

async function readHeader(file: RangeReader): Promise<void> {
  const [bytes] = await file.read([{ start: 0, end: Math.min(headerBytes, file.byteLength) }])
  const reader = new ByteReader(bytes!, 'relations header')
  if (!reader.raw(magic.length).equals(magic)) reader.fail('corrupt', 'not a relations file of ours')
  const found = reader.u8()
  if (found !== version) reader.fail('unsupported', `version ${found}, known is ${version}`)
}

interface Head {
  isEnd: boolean
  traceCount: number
  spanCount: number
  byteLength: number
  messageLength: number
  streamsLength: number
  blockCount: number
  /** Where the head ends. */
  end: number
}

async function readHead(file: RangeReader, at: number, subject: string): Promise<Head> {
  const [bytes] = await file.read([{ start: at, end: Math.min(at + maxHeadBytes, file.byteLength) }])
  const reader = new ByteReader(bytes!, subject, at)
  const mark = reader.u8()
  if (mark !== blockMark && mark !== endMark) reader.fail('corrupt', `mark ${mark} is neither a block nor the end`)
  const isEnd = mark === endMark
  const [traceCount, spanCount, third] = [reader.varint(), reader.varint(), reader.varint()]
  const [messageLength, streamsLength] = isEnd ? [0, 0] : [reader.varint(), reader.varint()]
  const end = at + reader.position
  const left = file.byteLength - end - checksumBytes
  if (messageLength > left || streamsLength > left - messageLength)
    reader.fail('truncated', `needs ${messageLength} + ${streamsLength} bytes, the file has ${left}`)
  if (!isEnd && !(traceCount > 0 && traceCount <= spanCount && spanCount <= maxBlockSpans))
    reader.fail('corrupt', `a block of ${traceCount} traces and ${spanCount} spans`)
  if (!isEnd && third > maxMessageBytes) reader.fail('corrupt', `a message of ${third} bytes`)
  return { isEnd, traceCount, spanCount, byteLength: third, blockCount: third, messageLength, streamsLength, end }
}

async function readSealed(file: RangeReader, start: number, end: number, subject: string): Promise<Buffer> {
  if (end > file.byteLength)
    new ByteReader(new Uint8Array(), subject, start).fail('truncated', `ends at ${end}, the file at ${file.byteLength}`)
  const [stored] = await file.read([{ start, end }])
  const bytes = Buffer.from(stored!.buffer, stored!.byteOffset, stored!.byteLength)
  const expected = bytes.readUInt32LE(bytes.length - checksumBytes)
  const actual = checksum(bytes.subarray(0, bytes.length - checksumBytes))
  if (actual !== expected)
    new ByteReader(bytes, subject, start).fail('corrupt', `expected checksum ${expected}, found ${actual}`)
  return bytes
}

function checkEnd(file: RangeReader, head: Head, totals: readonly number[], end: number): void {
  const reader = new ByteReader(new Uint8Array(), 'relations end', end)
  const said = [head.traceCount, head.spanCount, head.blockCount]
  if (said.some((count, i) => count !== totals[i]))
    reader.fail('corrupt', `says ${said} traces, spans and blocks, read ${totals}`)
  if (end !== file.byteLength) reader.fail('corrupt', `${file.byteLength - end} bytes follow`)
}
