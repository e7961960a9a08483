import { checksum } from '../../bytes/checksum.ts'
import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { zstdCompressor, zstdDecompressor } from '../../codecs/compress.ts'
import { countSpans, type Trace } from '../../model/trace.ts'
import { CborReader, cborMajor, writeHead, writeText } from '../../wire/cbor/heads.ts'
import { expectArray } from '../../wire/cbor/value.ts'
import { checkEnd, checkRest, checkSum, checkVersion, placeOf, readWindow } from '../../wire/framing.ts'
import { TraceReader, TraceWriter } from './trace.ts'

const selfDescribedTag = 55799
const format = 'trace-storage-lab/cbor'
const version = 1
const maxBlockBytes = 2 ** 31 - 1
const maxHeadBytes = 64

type BlockCodec = 'none' | 'zstd'

export interface CborFileOptions {
  codec: BlockCodec
  /** Bytes of a block before compression at which it is closed. A trace is never split. */
  blockBytes: number
  level?: number
}

/** Writes a file of blocks (FORMAT.md). */
export async function encodeCborFile(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  { codec, blockBytes, level = 3 }: CborFileOptions,
): Promise<void> {
  const compress = codec === 'zstd' ? zstdCompressor(level) : (bytes: Buffer) => bytes
  const traces = new TraceWriter()
  const body = new ByteWriter(blockBytes + (blockBytes >> 2))
  let [traceCount, spanCount, totalTraces, blockCount] = [0, 0, 0, 0]
  const flush = async () => {
    const stored = compress(body.view())
    await sink.write(blockHead(traceCount, spanCount, body.length, stored))
    await sink.write(Uint8Array.from(stored))
    totalTraces += traceCount
    blockCount++
    traceCount = 0
    spanCount = 0
    body.clear()
  }
  await sink.write(fileHeader(format, version, codec))
  for await (const batch of batches)
    for (const trace of batch) {
      traces.write(body, trace)
      traceCount++
      spanCount += trace.spans.length
      if (body.length >= blockBytes) await flush()
    }
  if (traceCount > 0) await flush()
  await sink.write(items(writer => writeNumbers(writer, [totalTraces, blockCount])))
}

/** Reads a file of blocks: a batch of traces a block. */
export async function* decodeCborFile(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const { codec, position } = await readHeader(file)
  const decompress = zstdDecompressor()
  const traces = new TraceReader()
  let at = position
  let totalTraces = 0
  for (let block = 0; ; block++) {
    const subject = `CBOR block ${block}`
    const head = await readHead(file, at, subject)
    if (head.isEnd)
      return checkEnd(file, 'CBOR end', head.end, { traces: head.traceCount, blocks: head.spanCount }, [
        totalTraces,
        block,
      ])
    const [stored] = await file.read([{ start: head.end, end: head.end + head.storedLength }])
    checkSum(stored!, head.checksum, subject, head.end)
    const body = codec === 'zstd' ? decompress(stored!, head.byteLength) : plainBody(stored!, head, subject)
    const batch = traces.read(body, subject, codec === 'none' ? head.end : 0)
    checkCounts(batch, head, subject, at)
    totalTraces += batch.length
    at = head.end + head.storedLength
    yield batch
  }
}

function plainBody(stored: Uint8Array, { byteLength, end }: BlockHead, subject: string): Uint8Array {
  if (byteLength !== stored.length)
    placeOf(subject, end).fail('corrupt', `says ${byteLength} bytes, stores ${stored.length}`)
  return stored
}

interface BlockHead {
  isEnd: boolean
  traceCount: number
  spanCount: number
  byteLength: number
  checksum: number
  storedLength: number
  /** Where the head ends and the stored bytes begin. */
  end: number
}

function blockHead(traceCount: number, spanCount: number, byteLength: number, stored: Uint8Array): Buffer {
  return items(writer => {
    writeHead(writer, cborMajor.array, 5)
    for (const number of [traceCount, spanCount, byteLength, checksum(stored)])
      writeHead(writer, cborMajor.unsigned, number)
    writeHead(writer, cborMajor.bytes, stored.length)
  })
}

async function readHead(file: RangeReader, at: number, subject: string): Promise<BlockHead> {
  const reader = await readWindow(file, at, at + maxHeadBytes, subject)
  const cbor = new CborReader(reader)
  const itemCount = cbor.expect(cborMajor.array)
  const isEnd = itemCount === 2
  if (!isEnd && itemCount !== 5) reader.fail('corrupt', `expected a block or the end, found an array of ${itemCount}`)
  const numbers = Array.from({ length: isEnd ? 2 : 4 }, () => cbor.unsigned())
  const storedLength = isEnd ? 0 : cbor.expect(cborMajor.bytes)
  const end = at + reader.position
  checkRest(file, reader, end, storedLength)
  const [traceCount, spanCount, byteLength, sum] = numbers
  if (!isEnd && byteLength! > maxBlockBytes) reader.fail('corrupt', `a block of ${byteLength} bytes`)
  return {
    isEnd,
    traceCount: traceCount!,
    spanCount: spanCount!,
    byteLength: byteLength ?? 0,
    checksum: sum ?? 0,
    storedLength,
    end,
  }
}

function checkCounts(batch: readonly Trace[], head: BlockHead, subject: string, at: number): void {
  const spanCount = countSpans(batch)
  if (batch.length === head.traceCount && spanCount === head.spanCount) return
  placeOf(subject, at).fail(
    'corrupt',
    `says ${head.traceCount} traces and ${head.spanCount} spans, holds ${batch.length} and ${spanCount}`,
  )
}

async function readHeader(file: RangeReader): Promise<{ codec: BlockCodec; position: number }> {
  const reader = await readWindow(file, 0, maxHeadBytes, 'CBOR header')
  const cbor = new CborReader(reader)
  readFormat(cbor, format, version, 3)
  const codec = cbor.text()
  if (codec !== 'none' && codec !== 'zstd') reader.fail('unsupported', `codec ${JSON.stringify(codec)}`)
  return { codec: codec as BlockCodec, position: reader.position }
}

/** The header item of a file of this room: the self-described tag over the format's name, its version and more. */
export function fileHeader(name: string, fileVersion: number, ...more: string[]): Buffer {
  return items(writer => {
    writeHead(writer, cborMajor.tag, selfDescribedTag)
    writeHead(writer, cborMajor.array, 2 + more.length)
    writeText(writer, name)
    writeHead(writer, cborMajor.unsigned, fileVersion)
    for (const text of more) writeText(writer, text)
  })
}

/** Reads the header item up to the version and refuses any other format or version. */
export function readFormat(cbor: CborReader, name: string, fileVersion: number, itemCount: number): void {
  if (cbor.expect(cborMajor.tag) !== selfDescribedTag) cbor.reader.fail('corrupt', 'not a CBOR file of ours')
  expectArray(cbor, itemCount)
  const found = cbor.text()
  if (found !== name) cbor.reader.fail('unsupported', `format ${JSON.stringify(found)}, expected ${name}`)
  checkVersion(cbor.reader, cbor.unsigned(), fileVersion)
}

/** The bytes of what `write` writes. */
export function items(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(64)
  write(writer)
  return writer.take()
}

/** An array of whole numbers. */
function writeNumbers(writer: ByteWriter, numbers: readonly number[]): void {
  writeHead(writer, cborMajor.array, numbers.length)
  for (const number of numbers) writeHead(writer, cborMajor.unsigned, number)
}
