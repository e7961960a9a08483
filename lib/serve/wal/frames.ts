import { bufferOf } from '../../bytes/buffer.ts'
import { checksum } from '../../bytes/checksum.ts'
import type { Range } from '../../bytes/range.ts'

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

/** What a segment holds, and what of it is no frame. */
export interface Scanned {
  readonly frames: readonly Frame[]
  /** Bytes before whole frames. */
  readonly damaged: readonly Range[]
  /** Where the last whole frame ends. */
  readonly end: number
}

/** The frames of a segment that is held whole; their payloads are views. */
export function scanFrames(bytes: Uint8Array, segment: string): Scanned {
  const buffer = bufferOf(bytes)
  const seed = seedOf(segment)
  const frames: Frame[] = []
  const damaged: Range[] = []
  let end = 0
  for (let start = nextFrame(buffer, 0, seed); start >= 0; start = nextFrame(buffer, end, seed)) {
    if (start > end) damaged.push({ start: end, end: start })
    end = start + headBytes + buffer.readUInt32LE(start + 4)
    frames.push(decodeBody(buffer.subarray(start + headBytes, end)))
  }
  return { frames, damaged, end }
}

const magicBytes = Buffer.from([0x54, 0x53, 0x4c, 0x46])

/** Where the first whole frame at or after a position begins, or -1. */
function nextFrame(buffer: Buffer, position: number, seed: number): number {
  let start = buffer.indexOf(magicBytes, position)
  while (start >= 0 && !isFrame(buffer, start, seed)) start = buffer.indexOf(magicBytes, start + 1)
  return start
}

function isFrame(buffer: Buffer, start: number, seed: number): boolean {
  const body = start + headBytes
  if (body > buffer.length) return false
  const head = buffer.subarray(start, start + 8)
  if (buffer.readUInt32LE(start + 8) !== checksum(head, seed)) return false
  const byteLength = buffer.readUInt32LE(start + 4)
  if (byteLength < bodyHeadBytes || body + byteLength > buffer.length) return false
  if (bodyHeadBytes + buffer[body + 1]! + buffer[body + 2]! > byteLength) return false
  return buffer.readUInt32LE(start + 12) === checksum(buffer.subarray(body, body + byteLength), seed)
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
