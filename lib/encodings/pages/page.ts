import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { LabError, withSubject } from '../../error.ts'
import type { PartSink, PartSource } from '../integers.ts'

/** What is done to the bytes of a page beyond its structure. */
export interface PageCodec {
  /** The general codec's bytes; undefined where there is none. */
  readonly compress?: ((bytes: Uint8Array) => Uint8Array) | undefined
  /** False keeps numbers in whole bytes. */
  readonly packsBits: boolean
  /** Lays out by few rows, predicts no page by another and looks for no tokens: faster, and larger. */
  readonly isQuick?: boolean
}

/** What `PageCodec.compress` made, undone to exactly `byteLength` bytes. */
export type Decompress = (stored: Uint8Array, byteLength: number) => Uint8Array

/** Blobs of fewer bytes are not worth a frame of their own. */
const minCompressed = 24

/** Writes one page: numbers of its own, and blobs, each of which may be compressed. */
export class PageWriter implements PartSink {
  readonly out = new ByteWriter(1 << 12)
  readonly codec: PageCodec

  constructor(codec: PageCodec) {
    this.codec = codec
  }

  /** Writes a number from 0 to 255. */
  number(value: number): void {
    this.out.u8(value)
  }

  /** Writes bytes whose length the reader knows, compressed if that is shorter. */
  bytes(bytes: Uint8Array): void {
    const stored = squeeze(bytes, this.codec)
    this.out.varint(stored.length * 2 + (stored === bytes ? 0 : 1))
    this.out.raw(stored)
  }

  /** Writes bytes that look random. */
  randomBytes(bytes: Uint8Array): void {
    this.out.varint(bytes.length * 2)
    this.out.raw(bytes)
  }
}

/** The bytes as they are stored in a blob: the same object where they stay as they are. */
export function squeeze(bytes: Uint8Array, { compress }: PageCodec): Uint8Array {
  if (!compress || bytes.length < minCompressed) return bytes
  const compressed = compress(bytes)
  return compressed.length < bytes.length ? compressed : bytes
}

/** A page open for reading. */
export class PageReader implements PartSource {
  readonly in: ByteReader
  /** How the values read last were laid out, in words. */
  layout = ''
  /** The blobs so far that the general codec had made shorter. */
  squeezedCount = 0
  readonly #decompress: Decompress
  readonly #offset: number

  /** `offset` is where `bytes` begins in the file, for messages. */
  constructor(bytes: Uint8Array, subject: string, offset: number, decompress: Decompress) {
    this.in = new ByteReader(bytes, subject, offset)
    this.#decompress = decompress
    this.#offset = offset
  }

  /** What `read` gives; to errors of codecs, which do not know where they are, the subject and the place are added. */
  naming<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof LabError) || error.message.startsWith(this.in.subject)) throw error
      throw withSubject(`${this.in.subject} before byte ${this.#offset + this.in.position}`, error)
    }
  }

  /** The number of a byte, at most `max`. */
  number(max: number, what: string): number {
    const value = this.in.u8()
    return value <= max ? value : this.in.fail('corrupt', `numbers: ${value} ${what}`)
  }

  /** The blob that holds exactly `byteLength` bytes. */
  bytes(byteLength: number): Uint8Array {
    const head = this.in.varint()
    const stored = this.in.raw(Math.floor(head / 2))
    if (head % 2 === 1) {
      this.squeezedCount++
      return this.#decompress(stored, byteLength)
    }
    if (stored.length !== byteLength)
      this.in.fail(
        stored.length < byteLength ? 'truncated' : 'corrupt',
        `expected a blob of ${byteLength} bytes, found ${stored.length}`,
      )
    return stored
  }
}
