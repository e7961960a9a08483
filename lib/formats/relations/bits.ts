/** Appends groups of bits, the lowest bit first, to bytes. */
export class BitWriter {
  readonly #bytes: Uint8Array
  #position = 0
  #held = 0
  #heldCount = 0

  /** `bitCount` is the number of bits that will come in all. */
  constructor(bitCount: number) {
    this.#bytes = new Uint8Array(Math.ceil(bitCount / 8))
  }

  /** The lowest `bitCount` bits of a number below 2^bitCount, at most 53 bits. */
  write(value: number, bitCount: number): void {
    if (bitCount > 16) {
      this.#write(value % 65536, 16)
      this.write(Math.floor(value / 65536), bitCount - 16)
    } else this.#write(value, bitCount)
  }

  #write(value: number, bitCount: number): void {
    this.#held |= value << this.#heldCount
    this.#heldCount += bitCount
    for (; this.#heldCount >= 8; this.#heldCount -= 8) {
      this.#bytes[this.#position++] = this.#held & 0xff
      this.#held >>>= 8
    }
  }

  /** All bytes; the last one is filled with zeros. */
  finish(): Uint8Array {
    if (this.#heldCount > 0) this.#bytes[this.#position] = this.#held
    return this.#bytes
  }
}

/** Reads groups of bits that a BitWriter wrote. The caller knows that they are there. */
export class BitReader {
  readonly #bytes: Uint8Array
  #position = 0
  #held = 0
  #heldCount = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(bitCount: number): number {
    if (bitCount <= 16) return this.#read(bitCount)
    const low = this.#read(16)
    return low + this.read(bitCount - 16) * 65536
  }

  #read(bitCount: number): number {
    for (; this.#heldCount < bitCount; this.#heldCount += 8)
      this.#held |= this.#bytes[this.#position++]! << this.#heldCount
    const value = this.#held & ((1 << bitCount) - 1)
    this.#held >>>= bitCount
    this.#heldCount -= bitCount
    return value
  }
}
