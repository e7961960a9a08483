import { bufferOf } from '../../bytes/buffer.ts'
import { checksum } from '../../bytes/checksum.ts'
import type { Range, RangeReader } from '../../bytes/range.ts'

/** Frames of the write-ahead log (FORMAT.md). */

const magic = 0x464c_5354
const headBytes = 16
const bodyHeadBytes = 12
const otlpProtobuf = 1
const kinds = { request: 1, carry: 2 } as const

/** What one frame holds. */
export interface Frame {
  readonly tenant: string
  /** When it arrived, ms since the epoch. */
  readonly timeMillis: number
  /** The segment whose traces it takes: absent of a request. */
  readonly from?: string | undefined
  /** OTLP protobuf. */
  readonly payload: Uint8Array
}

/** The frame as the parts that are written; the payload is not copied. */
export function encodeFrame({ tenant, timeMillis, from = '', payload }: Frame, segment: string): Uint8Array[] {
  const names = tenant.length + from.length
  const head = Buffer.allocUnsafe(headBytes + bodyHeadBytes + names)
  head.writeUInt32LE(magic, 0)
  head.writeUInt32LE(bodyHeadBytes + names + payload.length, 4)
  head[headBytes] = from === '' ? kinds.request : kinds.carry
  head[headBytes + 1] = tenant.length
  head[headBytes + 2] = from.length
  head[headBytes + 3] = otlpProtobuf
  head.writeBigUInt64LE(BigInt(timeMillis), headBytes + 4)
  head.write(tenant + from, headBytes + bodyHeadBytes, 'latin1')
  const seed = seedOf(segment)
  head.writeUInt32LE(checksum(head.subarray(0, 8), seed), 8)
  head.writeUInt32LE(checksum(payload, checksum(head.subarray(headBytes), seed)), 12)
  return [head, payload]
}

/** What checksums of a segment continue from. */
function seedOf(segment: string): number {
  return checksum(Buffer.from(segment, 'latin1'))
}

/** Bytes of a segment that are held at a time, but for a frame that has more. */
const windowBytes = 1 << 20

/** Reads a segment from front to back. */
export class SegmentReader {
  readonly #file: RangeReader
  readonly #seed: number
  /** Bytes before whole frames, as far as it has been read. */
  readonly damaged: Range[] = []
  /** Where the last whole frame begins and ends, as far as it has been read. */
  start: number
  end: number

  /** `from` is where a frame begins: what is before is left out. */
  constructor(file: RangeReader, segment: string, from = 0) {
    this.#file = file
    this.#seed = seedOf(segment)
    this.start = this.end = from
  }

  /** The frames, in order; their payloads are views. */
  async *frames(): AsyncIterable<Frame> {
    const { byteLength } = this.#file
    let bytes: Buffer = Buffer.alloc(0)
    for (let base = this.end, from = base; ; ) {
      const found = findFrame(bytes, from - base, byteLength - base, this.#seed)
      if (found && found.end <= bytes.length) {
        from = base + found.end
        this.#enter({ start: base + found.start, end: from })
        yield decodeBody(bytes.subarray(found.start + headBytes, found.end))
        continue
      }
      // The last bytes may begin a magic.
      const start = found ? base + found.start : Math.max(from, base + bytes.length - magicBytes.length + 1)
      const needed = found ? found.end - found.start : magicBytes.length
      if (start + needed > byteLength) return
      const end = Math.min(start + Math.max(needed, windowBytes), byteLength)
      bytes = bufferOf((await this.#file.read([{ start, end }]))[0]!)
      base = from = start
    }
  }

  #enter({ start, end }: Range): void {
    if (start > this.end) this.damaged.push({ start: this.end, end: start })
    this.start = start
    this.end = end
  }
}

const magicBytes = Buffer.from([0x54, 0x53, 0x4c, 0x46])

/**
 * The first whole frame at or after a position. One that ends after the bytes may be one: so many are needed to know.
 * `available` is what the file has from the first of the bytes on.
 */
function findFrame(bytes: Buffer, position: number, available: number, seed: number): Range | undefined {
  for (let start = bytes.indexOf(magicBytes, position); start >= 0; start = bytes.indexOf(magicBytes, start + 1)) {
    const end = endOf(bytes, start, seed)
    if (end <= available && (end > bytes.length || isWhole(bytes, start, end, seed))) return { start, end }
  }
  return undefined
}

/** Where a frame ends by its head, or the head where that is not all there; infinite where it is the head of none. */
function endOf(bytes: Buffer, start: number, seed: number): number {
  const body = start + headBytes
  if (body > bytes.length) return body
  if (bytes.readUInt32LE(start + 8) !== checksum(bytes.subarray(start, start + 8), seed)) return Infinity
  const byteLength = bytes.readUInt32LE(start + 4)
  return byteLength < bodyHeadBytes ? Infinity : body + byteLength
}

function isWhole(bytes: Buffer, start: number, end: number, seed: number): boolean {
  const body = bytes.subarray(start + headBytes, end)
  if (bodyHeadBytes + body[1]! + body[2]! > body.length) return false
  return bytes.readUInt32LE(start + 12) === checksum(body, seed)
}

function decodeBody(body: Buffer): Frame {
  const tenantEnd = bodyHeadBytes + body[1]!
  const payloadStart = tenantEnd + body[2]!
  return {
    tenant: body.toString('latin1', bodyHeadBytes, tenantEnd),
    timeMillis: Number(body.readBigUInt64LE(4)),
    from: body[0] === kinds.carry ? body.toString('latin1', tenantEnd, payloadStart) : undefined,
    payload: body.subarray(payloadStart),
  }
}
