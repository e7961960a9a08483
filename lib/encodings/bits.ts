import { words } from '../bytes/arena.ts'

const wordRange = 0x100000000

/** The lowest n bits of a word. */
const masks = Uint32Array.from({ length: 33 }, (_, bitCount) => 2 ** bitCount - 1)

/** Appends groups of bits, the lowest bit first. */
export class BitWriter {
  readonly #words: Uint32Array<ArrayBuffer>
  readonly #byteLength: number
  #at = 0

  /** `bitCount` is the number of bits that will come in all. */
  constructor(bitCount: number) {
    this.#byteLength = Math.ceil(bitCount / 8)
    this.#words = new Uint32Array((this.#byteLength >> 2) + 3)
  }

  /** The lowest `bitCount` bits, at most 64, of a number. */
  write(value: number, bitCount: number): void {
    if (bitCount <= 32) return this.#write(value & masks[bitCount]!, bitCount)
    this.#write(value >>> 0, 32)
    this.#write(Math.floor(value / wordRange) & masks[bitCount - 32]!, bitCount - 32)
  }

  #write(bits: number, bitCount: number): void {
    const word = this.#at >>> 5
    const shift = this.#at & 31
    this.#words[word]! |= bits << shift
    if (shift + bitCount > 32) this.#words[word + 1] = bits >>> (32 - shift)
    this.#at += bitCount
  }

  /** All bytes; the last one is filled with zeros. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#words.buffer, 0, this.#byteLength)
  }
}

/** The bytes as words, followed by zeros, so that any bits of them can be read. */
export function bitWords(bytes: Uint8Array): Uint32Array {
  const filled = words((bytes.length >> 2) + 3)
  filled.fill(0, bytes.length >> 2)
  new Uint8Array(filled.buffer, filled.byteOffset, bytes.length).set(bytes)
  return filled
}

/** The unsigned value of the `bitCount` bits (0 to 32) that begin at bit `at`. */
export function readBits(words: Uint32Array, at: number, bitCount: number): number {
  const word = at >>> 5
  const shift = at & 31
  // In two steps, as a shift by 32 would be none: whether the bits go on in the next word, no branch could foresee.
  const high = (words[word + 1]! << (31 - shift)) << 1
  return (((words[word]! >>> shift) | high) & masks[bitCount]!) >>> 0
}
