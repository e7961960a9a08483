import type { ByteReader } from '../../bytes/reader.ts'
import type { ByteWriter } from '../../bytes/writer.ts'

/** Major types of CBOR (RFC 8949, 3.1). */
export const cborMajor = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const

export const cborSimple = { false: 20, true: 21, null: 22, undefined: 23, float64: 27 } as const

/** The head of an item: its major type and argument, a whole number up to 2^53 - 1, in the fewest bytes. */
export function writeHead(writer: ByteWriter, major: number, argument: number): void {
  const type = major << 5
  if (argument < 24) writer.u8(type | argument)
  else if (argument < 0x100) {
    writer.u8(type | 24)
    writer.u8(argument)
  } else if (argument < 0x10000) {
    writer.u8(type | 25)
    writer.u16BigEndian(argument)
  } else if (argument < 0x100000000) {
    writer.u8(type | 26)
    writer.u32BigEndian(argument)
  } else {
    writer.u8(type | 27)
    writer.u64BigEndian(BigInt(argument))
  }
}

/** An integer of -2^64 to 2^64 - 1. */
export function writeInteger(writer: ByteWriter, value: bigint): void {
  const isNegative = value < 0n
  const argument = isNegative ? -1n - value : value
  const major = isNegative ? cborMajor.negative : cborMajor.unsigned
  if (argument <= 0xffffffffn) return writeHead(writer, major, Number(argument))
  writer.u8((major << 5) | 27)
  writer.u64BigEndian(argument)
}

/** A double, always in 8 bytes: every bit pattern of a non-NaN comes back. */
export function writeDouble(writer: ByteWriter, value: number): void {
  writer.u8((cborMajor.simple << 5) | cborSimple.float64)
  writer.f64BigEndian(value)
}

export function writeSimple(writer: ByteWriter, value: number): void {
  writer.u8((cborMajor.simple << 5) | value)
}

export function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writeHead(writer, cborMajor.bytes, bytes.length)
  writer.raw(bytes)
}

/** Bytes given as hex digits. */
export function writeHexBytes(writer: ByteWriter, digits: string): void {
  writeHead(writer, cborMajor.bytes, digits.length >> 1)
  writer.hex(digits)
}

/** The text of a well-formed string. */
export function writeText(writer: ByteWriter, text: string): void {
  const byteLength = Buffer.byteLength(text)
  writeHead(writer, cborMajor.text, byteLength)
  writer.utf8(text)
}

/** The head of an item that was read: `argument` is exact up to 2^53 - 1, `large` holds it beyond. */
export interface CborHead {
  major: number
  /** The low five bits: 24 to 27 say how many bytes the argument had. */
  info: number
  argument: number
  large: bigint
}

/** Reads heads into one object, so that reading allocates nothing. Indefinite lengths are refused as unsupported. */
export class CborReader {
  readonly reader: ByteReader
  readonly head: CborHead = { major: 0, info: 0, argument: 0, large: 0n }

  constructor(reader: ByteReader) {
    this.reader = reader
  }

  /** The next head, consumed. A float64 leaves its bytes to be read. */
  next(): CborHead {
    const { reader, head } = this
    const initial = reader.u8()
    head.major = initial >> 5
    head.info = initial & 31
    head.large = 0n
    if (head.info < 24 || head.major === cborMajor.simple) head.argument = head.info
    else if (head.info === 24) head.argument = reader.u8()
    else if (head.info === 25) head.argument = reader.u16BigEndian()
    else if (head.info === 26) head.argument = reader.u32BigEndian()
    else if (head.info === 27) {
      head.large = reader.u64BigEndian()
      head.argument = Number(head.large)
    } else reader.fail('unsupported', `CBOR of additional information ${head.info}`)
    return head
  }

  /** The argument of a head that must have this major type. */
  expect(major: number): number {
    const head = this.next()
    if (head.major !== major) this.reader.fail('corrupt', `expected CBOR of major type ${major}, found ${head.major}`)
    return head.argument
  }

  /** The number of items of an array, each of which takes at least a byte. */
  array(): number {
    return this.reader.checkCount(this.expect(cborMajor.array))
  }

  text(): string {
    return this.reader.utf8(this.expect(cborMajor.text))
  }

  /** A whole number that fits a double exactly. */
  unsigned(): number {
    const value = this.expect(cborMajor.unsigned)
    if (value > Number.MAX_SAFE_INTEGER) this.reader.fail('corrupt', `${this.head.large} exceeds 2^53 - 1`)
    return value
  }

  /** Any integer of CBOR. */
  integer(): bigint {
    const head = this.next()
    if (head.major > cborMajor.negative) this.reader.fail('corrupt', `expected an integer, found major ${head.major}`)
    return integerOf(head)
  }
}

/** The integer whose head was read. */
export function integerOf(head: CborHead): bigint {
  const argument = head.info === 27 ? head.large : BigInt(head.argument)
  return head.major === cborMajor.negative ? -1n - argument : argument
}
