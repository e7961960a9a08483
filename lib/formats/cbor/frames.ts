import { checksum } from '../../bytes/checksum.ts'
import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { zstdCompressor, zstdDecompressor } from '../../codecs/compress.ts'
import { LabError } from '../../error.ts'
import { inBatches } from '../../model/batches.ts'
import type { Trace } from '../../model/trace.ts'
import { CborReader, cborMajor, writeBytes, writeHead } from '../../wire/cbor/heads.ts'
import { expectArray } from '../../wire/cbor/value.ts'
import { checkSum } from '../../wire/framing.ts'
import { fileHeader, items, readFormat } from './file.ts'
import { TraceReader, TraceWriter } from './trace.ts'

const format = 'trace-storage-lab/cbor-frames'
const version = 1
const entryBytes = 23
const footerBytes = 16
const maxTraceBytes = 2 ** 31 - 1
/** The dictionary is what the first traces hold: as much of it pays on a thousand traces as on a million. */
const dictionaryBytes = 64 << 10
const maxDictionaryBytes = 1 << 20
const dictionaryLevel = 19

interface Entry {
  traceId: string
  start: number
  end: number
}

interface FrameFile {
  dictionary: Uint8Array
  entries: Entry[]
}

/** Writes one zstd frame a trace over a shared dictionary, with an index by trace id (FORMAT.md). */
export async function encodeCborFrames(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  level: number,
): Promise<void> {
  const entries = new ByteWriter(1 << 16)
  const traces = new TraceWriter()
  const waiting: { trace: Trace; bytes: Buffer }[] = []
  let [position, waitingBytes, traceCount] = [0, 0, 0]
  let compress: ((bytes: Uint8Array) => Uint8Array) | undefined
  const write = async (bytes: Uint8Array) => {
    await sink.write(bytes)
    position += bytes.length
  }
  const writeFrame = async (trace: Trace, bytes: Buffer) => {
    writeEntry(entries, trace.traceId, position)
    traceCount++
    await write(frameItem(trace, bytes, compress!(bytes)))
  }
  const begin = async () => {
    const dictionary = Buffer.concat(waiting.map(({ bytes }) => bytes)).subarray(0, dictionaryBytes)
    compress = zstdCompressor(level, dictionary)
    await write(sealed([dictionary.length], zstdCompressor(dictionaryLevel)(dictionary)))
    framesStart = position
    for (const { trace, bytes } of waiting) await writeFrame(trace, bytes)
  }
  let framesStart = 0
  await write(fileHeader(format, version))
  const body = new ByteWriter(1 << 16)
  for await (const batch of batches)
    for (const trace of batch) {
      traces.write(body, trace)
      const bytes = body.take()
      if (compress) await writeFrame(trace, bytes)
      else {
        waiting.push({ trace, bytes })
        waitingBytes += bytes.length
        if (waitingBytes >= dictionaryBytes) await begin()
      }
    }
  if (!compress) await begin()
  const indexStart = position
  await write(sealed([traceCount], entries.view()))
  await write(footer(indexStart, framesStart))
}

/** True for a file of trace frames, false for anything else. */
export async function isCborFrames(file: RangeReader): Promise<boolean> {
  const header = fileHeader(format, version)
  const [bytes] = await file.read([{ start: 0, end: Math.min(header.length - 1, file.byteLength) }])
  return header.subarray(0, -1).equals(bytes!)
}

/** Reads all traces in file order. */
export function decodeCborFrames(file: RangeReader): AsyncIterable<readonly Trace[]> {
  return inBatches(readFrames(file))
}

async function* readFrames(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const { dictionary, entries } = await openFrames(file)
  const readTrace = frameDecoder(dictionary)
  for (const entry of entries) yield [await readTrace(file, entry)]
}

/** Reads one trace by its id, or undefined: the footer, the header with the dictionary, the index and one frame. */
export async function readTraceFrame(file: RangeReader, traceId: string): Promise<Trace | undefined> {
  const { dictionary, entries } = await openFrames(file)
  const entry = entries.find(candidate => candidate.traceId === traceId)
  return entry && frameDecoder(dictionary)(file, entry)
}

function frameItem(trace: Trace, bytes: Uint8Array, stored: Uint8Array): Buffer {
  return sealed([trace.spans.length, bytes.length], stored)
}

/** An array of some numbers, the checksum of `bytes`, and `bytes`. */
function sealed(numbers: readonly number[], bytes: Uint8Array): Buffer {
  return items(writer => {
    writeHead(writer, cborMajor.array, numbers.length + 2)
    for (const number of [...numbers, checksum(bytes)]) writeHead(writer, cborMajor.unsigned, number)
    writeBytes(writer, bytes)
  })
}

/** Reads what `sealed` wrote, which must fill `bytes`. */
function unseal(bytes: Uint8Array, numberCount: number, subject: string, at: number) {
  const reader = new ByteReader(bytes, subject, at)
  const cbor = new CborReader(reader)
  expectArray(cbor, numberCount + 2)
  const numbers = Array.from({ length: numberCount }, () => cbor.unsigned())
  const expected = cbor.unsigned()
  const content = reader.raw(cbor.expect(cborMajor.bytes))
  reader.end()
  checkSum(content, expected, subject, at)
  return { numbers, content }
}

function writeEntry(entries: ByteWriter, traceId: string, position: number): void {
  entries.hex(traceId.padEnd(32, '0'))
  entries.u8(traceId.length >> 1)
  entries.u32(position % 2 ** 32)
  entries.u8(Math.floor(position / 2 ** 32) & 0xff)
  entries.u8(Math.floor(position / 2 ** 40))
}

function readEntry(reader: ByteReader): { traceId: string; start: number } {
  const id = reader.hex(16)
  const byteLength = reader.u8()
  if (byteLength > 16) reader.fail('corrupt', `an id of ${byteLength} bytes`)
  const start = reader.u32() + reader.u8() * 2 ** 32 + reader.u8() * 2 ** 40
  return { traceId: id.slice(0, byteLength * 2), start }
}

function footer(indexStart: number, framesStart: number): Buffer {
  return items(writer => {
    writer.u64(BigInt(indexStart))
    writer.u64(BigInt(framesStart))
  })
}

async function openFrames(file: RangeReader): Promise<FrameFile> {
  const footerStart = file.byteLength - footerBytes
  if (footerStart < 0)
    throw new LabError('truncated', `CBOR frames: a footer has ${footerBytes} bytes, file ${file.byteLength}`)
  const [footerStored] = await file.read([{ start: footerStart, end: file.byteLength }])
  const reader = new ByteReader(footerStored!, 'CBOR frames footer', footerStart)
  const [indexStart, framesStart] = [Number(reader.u64()), Number(reader.u64())]
  if (!(framesStart <= indexStart && indexStart <= footerStart))
    reader.fail('corrupt', `frames at ${framesStart}, index at ${indexStart}, file of ${file.byteLength}`)
  const [front, index] = await file.read([
    { start: 0, end: framesStart },
    { start: indexStart, end: footerStart },
  ])
  return { dictionary: readFront(front!), entries: readIndex(index!, indexStart, framesStart) }
}

function readFront(front: Uint8Array): Uint8Array {
  const header = new ByteReader(front, 'CBOR frames header')
  readFormat(new CborReader(header), format, version, 2)
  const at = header.position
  const { numbers, content } = unseal(front.subarray(at), 1, 'CBOR frames dictionary', at)
  if (numbers[0]! > maxDictionaryBytes)
    header.fail('corrupt', `a dictionary of ${numbers[0]} bytes, at most ${maxDictionaryBytes} are read`)
  return zstdDecompressor()(content, numbers[0]!)
}

function readIndex(stored: Uint8Array, indexStart: number, framesStart: number): Entry[] {
  const { numbers, content } = unseal(stored, 1, 'CBOR frames index', indexStart)
  const reader = new ByteReader(content, 'CBOR frames index', indexStart)
  if (numbers[0]! * entryBytes !== content.length)
    reader.fail('corrupt', `says ${numbers[0]} traces, holds ${content.length / entryBytes}`)
  const starts = Array.from({ length: numbers[0]! }, () => readEntry(reader))
  const entries = starts.map((entry, i) => ({ ...entry, end: starts[i + 1]?.start ?? indexStart }))
  const isInOrder = entries.every(({ start, end }) => start < end) && (starts[0]?.start ?? indexStart) === framesStart
  return isInOrder ? entries : reader.fail('corrupt', 'the frames do not follow one another')
}

function frameDecoder(dictionary: Uint8Array): (file: RangeReader, entry: Entry) => Promise<Trace> {
  const decompress = zstdDecompressor(dictionary)
  const traces = new TraceReader()
  return async (file, { traceId, start, end }) => {
    const subject = `CBOR frame of trace ${traceId}`
    const [bytes] = await file.read([{ start, end }])
    const { numbers, content } = unseal(bytes!, 2, subject, start)
    const [spanCount, byteLength] = numbers
    const place = new ByteReader(content, subject, start)
    if (byteLength! > maxTraceBytes) place.fail('corrupt', `a trace of ${byteLength} bytes`)
    const [trace, ...more] = traces.read(decompress(content, byteLength!), subject, 0)
    if (trace?.traceId !== traceId || trace.spans.length !== spanCount || more.length > 0)
      place.fail('corrupt', `should hold one trace of this id with ${spanCount} spans`)
    return trace
  }
}
