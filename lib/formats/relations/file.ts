import { bufferOf } from '../../bytes/buffer.ts'
import { checksum } from '../../bytes/checksum.ts'
import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { inBatches } from '../../model/batches.ts'
import { countSpans, type Trace } from '../../model/trace.ts'
import { checkEnd, checkRest, checkSum, checkVersion, readWindow } from '../../wire/framing.ts'
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
    yield* inBatches(makeTraces(body, readBlock(body, traceCount, spanCount)))
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
    if (head.isEnd) {
      const declared = { traces: head.traceCount, spans: head.spanCount, blocks: head.blockCount }
      return checkEnd(file, 'relations end', end, declared, totals)
    }
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
  const reader = await readWindow(file, 0, headerBytes, 'relations header')
  if (!reader.raw(magic.length).equals(magic)) reader.fail('corrupt', 'not a relations file')
  checkVersion(reader, reader.u8(), version)
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
  const reader = await readWindow(file, at, at + maxHeadBytes, subject)
  const mark = reader.u8()
  if (mark !== blockMark && mark !== endMark) reader.fail('corrupt', `mark ${mark} is neither a block nor the end`)
  const isEnd = mark === endMark
  const [traceCount, spanCount, third] = [reader.varint(), reader.varint(), reader.varint()]
  const [messageLength, streamsLength] = isEnd ? [0, 0] : [reader.varint(), reader.varint()]
  const end = at + reader.position
  checkRest(file, reader, end, messageLength + streamsLength + checksumBytes)
  if (!isEnd && !(traceCount > 0 && traceCount <= spanCount && spanCount <= maxBlockSpans))
    reader.fail('corrupt', `a block of ${traceCount} traces and ${spanCount} spans`)
  if (!isEnd && third > maxMessageBytes) reader.fail('corrupt', `a message of ${third} bytes`)
  return { isEnd, traceCount, spanCount, byteLength: third, blockCount: third, messageLength, streamsLength, end }
}

async function readSealed(file: RangeReader, start: number, end: number, subject: string): Promise<Buffer> {
  const [stored] = await file.read([{ start, end }])
  const bytes = bufferOf(stored!)
  const contentLength = bytes.length - checksumBytes
  checkSum(bytes.subarray(0, contentLength), bytes.readUInt32LE(contentLength), subject, start)
  return bytes
}
