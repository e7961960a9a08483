import { crc32c } from '@platformatic/kafka'
import { LabError } from '../../../error.ts'
import type { LogHeader, StoredRecord } from '../log.ts'
import { decompressBatch } from './decompress.ts'

/** Batches of records, version 2 (kafka.apache.org/documentation, record batch). */

const headBytes = 61
const lengthEnd = 12
const magicAt = 16
const checkedStart = 21
const [codecBits, appendTimeBit, controlBit] = [7, 8, 32]

/** What batches hold. */
export interface Batches {
  readonly records: readonly StoredRecord[]
  /** The offset beyond the last batch that is whole; undefined where none is. */
  readonly end: number | undefined
}

/** Reads all batches that are whole; what is cut at the end is left out, and so are the marks of transactions. */
export async function readBatches(bytes: Buffer): Promise<Batches> {
  const records: StoredRecord[] = []
  let end: number | undefined
  for (let start = 0; start + lengthEnd <= bytes.length; ) {
    const next = endOfBatch(bytes, start)
    if (next > bytes.length) break
    const batch = bytes.subarray(start, next)
    checkBatch(batch)
    for (const record of await recordsOf(batch)) records.push(record)
    end = offsetOf(batch) + batch.readInt32BE(23) + 1
    start = next
  }
  return { records, end }
}

function offsetOf(batch: Buffer): number {
  return Number(batch.readBigInt64BE(0))
}

/** Where the batch that begins there ends; older versions are refused by name. */
function endOfBatch(bytes: Buffer, start: number): number {
  const byteLength = lengthEnd + bytes.readInt32BE(start + 8)
  const subject = `the batch at offset ${offsetOf(bytes.subarray(start))}`
  const magic = bytes[start + magicAt] ?? 2
  if (magic !== 2) throw new LabError('unsupported', `${subject} is of version ${magic}, expected 2`)
  if (byteLength >= headBytes) return start + byteLength
  throw new LabError('corrupt', `${subject} has ${byteLength} bytes, expected ${headBytes}`)
}

function checkBatch(batch: Buffer): void {
  const [stored, found] = [batch.readUInt32BE(17), crc32c(batch.subarray(checkedStart)) >>> 0]
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
