import { crc32c } from '@platformatic/kafka'
import { ByteWriter } from '../../../bytes/writer.ts'
import { LabError } from '../../../error.ts'
import { type LogHeader, type LogRecord, recordBytes, type StoredRecord } from '../log.ts'
import { compressBatch, decompressBatch } from './compression.ts'

/** Batches of records, version 2 (kafka.apache.org/documentation, record batch). */

const headBytes = 61
const lengthEnd = 12
const [magicAt, checksumAt] = [16, 17]
const checkedStart = 21
const [codecBits, appendTimeBit, controlBit] = [7, 8, 32]
const [version, noLeaderEpoch] = [2, -1]

/** Who writes a batch, and the number of its first record, by which a broker knows what it has already. */
export interface BatchProducer {
  readonly id: bigint
  readonly epoch: number
  readonly sequence: number
}

/** What is written now: the records of a batch, and what one of them has before and after its value. */
const [content, head, tail] = [new ByteWriter(1 << 20), new ByteWriter(), new ByteWriter()]

/** Writes records as one batch, compressed. Its offset is the broker's to say. */
export function encodeBatch(records: readonly LogRecord[], { id, epoch, sequence }: BatchProducer): Buffer {
  const times = records.map(({ timeMillis }) => timeMillis)
  content.clear()
  for (const [i, record] of records.entries()) writeRecord(record, times[i]! - times[0]!, i)
  const { codec, bytes } = compressBatch(content.view())
  const batch = Buffer.allocUnsafe(headBytes + bytes.length)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - lengthEnd, 8)
  batch.writeInt32BE(noLeaderEpoch, lengthEnd)
  batch.writeInt8(version, magicAt)
  batch.writeInt16BE(codec, checkedStart)
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(times[0]!), 27)
  batch.writeBigInt64BE(BigInt(times.reduce((latest, time) => Math.max(latest, time))), 35)
  batch.writeBigInt64BE(id, 43)
  batch.writeInt16BE(epoch, 51)
  batch.writeInt32BE(sequence, 53)
  batch.writeInt32BE(records.length, 57)
  batch.set(bytes, headBytes)
  batch.writeUInt32BE(crc32c(batch.subarray(checkedStart)) >>> 0, checksumAt)
  return batch
}

function writeRecord({ key, value, headers = [] }: LogRecord, millis: number, index: number): void {
  head.clear()
  head.u8(0)
  for (const number of [millis, index]) writeNumber(head, number)
  writeBytes(head, key)
  writeNumber(head, value.length)
  tail.clear()
  writeNumber(tail, headers.length)
  for (const header of headers) {
    writeBytes(tail, Buffer.from(header.key))
    writeBytes(tail, header.value)
  }
  writeNumber(content, head.length + value.length + tail.length)
  for (const part of [head.view(), value, tail.view()]) content.raw(part)
}

/** Bytes behind their length; -1 where there are none. */
function writeBytes(wire: ByteWriter, bytes: Uint8Array | undefined): void {
  writeNumber(wire, bytes?.length ?? -1)
  if (bytes !== undefined) wire.raw(bytes)
}

/** A zigzag varint. */
function writeNumber(wire: ByteWriter, number: number): void {
  wire.varint(number < 0 ? -2 * number - 1 : 2 * number)
}

/** What batches hold. */
export interface Batches {
  readonly records: readonly StoredRecord[]
  /** The offset beyond the last batch that was read; undefined where none is whole. */
  readonly end: number | undefined
  /** What these batches take in the log. */
  readonly storedBytes: number
}

/** Which records are wanted: from an offset on, and of so many bytes together. */
export interface Wanted {
  readonly from: number
  readonly maxBytes: number
}

const all: Wanted = { from: 0, maxBytes: Number.POSITIVE_INFINITY }

/**
 * Reads batches that are whole until they have what is wanted; what is cut at the end is left out, and so are the marks of
 * transactions.
 */
export async function readBatches(bytes: Buffer, { from, maxBytes }: Wanted = all): Promise<Batches> {
  const records: StoredRecord[] = []
  let end: number | undefined
  let [start, wantedBytes] = [0, 0]
  while (start + lengthEnd <= bytes.length && wantedBytes < maxBytes) {
    const next = endOfBatch(bytes, start)
    if (next > bytes.length) break
    const batch = bytes.subarray(start, next)
    checkBatch(batch)
    for (const record of await recordsOf(batch)) {
      records.push(record)
      if (record.offset >= from) wantedBytes += recordBytes(record)
    }
    end = offsetOf(batch) + batch.readInt32BE(23) + 1
    start = next
  }
  return { records, end, storedBytes: start }
}

function offsetOf(batch: Buffer): number {
  return Number(batch.readBigInt64BE(0))
}

/** Where the batch that begins there ends; older versions are refused by name. */
function endOfBatch(bytes: Buffer, start: number): number {
  const byteLength = lengthEnd + bytes.readInt32BE(start + 8)
  const subject = `the batch at offset ${offsetOf(bytes.subarray(start))}`
  const magic = bytes[start + magicAt] ?? version
  if (magic !== version) throw new LabError('unsupported', `${subject} is of version ${magic}, expected ${version}`)
  if (byteLength >= headBytes) return start + byteLength
  throw new LabError('corrupt', `${subject} has ${byteLength} bytes, expected ${headBytes}`)
}

function checkBatch(batch: Buffer): void {
  const [stored, found] = [batch.readUInt32BE(checksumAt), crc32c(batch.subarray(checkedStart)) >>> 0]
  if (stored === found) return
  const message = `its checksum is ${stored}, that of its content ${found}`
  throw new LabError('corrupt', `the batch at offset ${offsetOf(batch)}: ${message}`)
}

async function recordsOf(batch: Buffer): Promise<StoredRecord[]> {
  const attributes = batch.readInt16BE(21)
  if ((attributes & controlBit) !== 0) return []
  const [first, last] = [Number(batch.readBigInt64BE(27)), Number(batch.readBigInt64BE(35))]
  const content = await decompressBatch(attributes & codecBits, batch.subarray(headBytes))
  const reader = new RecordReader(content, offsetOf(batch))
  const records: StoredRecord[] = []
  for (let count = batch.readInt32BE(57); count > 0; count--) {
    const record = reader.record(first)
    records.push((attributes & appendTimeBit) === 0 ? record : { ...record, timeMillis: last })
  }
  return records
}

/** A cursor over records; what lies beyond their end is `corrupt`. */
class RecordReader {
  readonly #bytes: Buffer
  readonly #offset: number
  #position = 0

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes
    this.#offset = offset
  }

  record(firstMillis: number): StoredRecord {
    const end = this.#number() + this.#position
    this.#position++
    const timeMillis = firstMillis + this.#number()
    const offset = this.#offset + this.#number()
    const key = this.#view()
    const value = this.#view() ?? Buffer.alloc(0)
    const headers: LogHeader[] = []
    for (let count = this.#number(); count > 0; count--)
      headers.push({ key: this.#view()?.toString() ?? '', value: this.#view() ?? Buffer.alloc(0) })
    if (this.#position !== end) this.#fail('a record does not end where it says')
    return { offset, key, value, headers, timeMillis }
  }

  /** Bytes behind their length; undefined where that is -1. */
  #view(): Buffer | undefined {
    const byteLength = this.#number()
    if (byteLength < 0) return undefined
    const start = this.#position
    this.#position += byteLength
    if (this.#position > this.#bytes.length)
      this.#fail(`${byteLength} bytes should follow, ${this.#bytes.length - start} are left`)
    return this.#bytes.subarray(start, this.#position)
  }

  /** A zigzag varint of up to 53 bits. */
  #number(): number {
    let [value, scale] = [0, 1]
    for (;;) {
      const byte = this.#bytes[this.#position++]
      if (byte === undefined) return this.#fail('it ends inside a number')
      value += (byte & 127) * scale
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      if (scale >= 2 ** 63) return this.#fail('a number is longer than 10 bytes')
      scale *= 128
    }
  }

  #fail(message: string): never {
    throw new LabError('corrupt', `the batch at offset ${this.#offset}: ${message}`)
  }
}
