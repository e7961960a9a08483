import { type Growing, growingCodes } from '../bytes/growing.ts'
import { mix32 } from '../bytes/hash.ts'

/** Of an id: its four words, as those of a number of 128 bits, and how many bytes it has. */
export const idWidth = 5
const idBytes = Buffer.alloc(16)
const idWords = new Uint32Array(4)

/** Codes of trace ids. */
export class IdTable {
  readonly #ids: Growing<Uint32Array> = growingCodes()
  /** By place: a code and 1, or 0. */
  #places = new Uint32Array(1024)
  /** Differs from process to process, so that nobody sends ids that share a place. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32)

  get size(): number {
    return this.#ids.length / idWidth
  }

  /** The code of the id of `byteLength` bytes that is this number. */
  code(words: Uint32Array, byteLength: number): number {
    const place = this.#placeOf(words, byteLength)
    const code = this.#places[place]! - 1
    return code < 0 ? this.#add(words, byteLength, place) : code
  }

  /** The place of an id, or the free one where it would be. */
  #placeOf(words: Uint32Array, byteLength: number): number {
    const mask = this.#places.length - 1
    let place = this.#hash(words, byteLength) & mask
    while (this.#places[place] !== 0 && !this.#isAt(this.#places[place]! - 1, words, byteLength))
      place = (place + 1) & mask
    return place
  }

  /** By code: its four words, and how many bytes it has. */
  words(): Uint32Array {
    return this.#ids.view()
  }

  /** Adds the ids that `words` has given, and returns their codes. */
  codes(words: Uint32Array): Uint32Array {
    const codes = new Uint32Array(words.length / idWidth)
    for (let i = 0; i < codes.length; i++) {
      const at = i * idWidth
      codes[i] = this.code(words.subarray(at, at + 4), words[at + 4]!)
    }
    return codes
  }

  byteLengthOf(code: number): number {
    return this.#ids.at(code * idWidth + 4)
  }

  /** True for an id of bytes that are zero. */
  isZero(code: number): boolean {
    for (let i = 0; i < 4; i++) if (this.#ids.at(code * idWidth + i) !== 0) return false
    return true
  }

  /** An id as hex. */
  hexOf(code: number): string {
    return idBytes.toString('hex', this.#fill(code))
  }

  /** The bytes of an id. */
  bytesOf(code: number): Buffer {
    return Buffer.from(idBytes.subarray(this.#fill(code)))
  }

  /** Puts an id at the end of `idBytes`, and returns where it begins. */
  #fill(code: number): number {
    for (let i = 0; i < 4; i++) idBytes.writeUInt32BE(this.#ids.at(code * idWidth + i), i * 4)
    return 16 - this.byteLengthOf(code)
  }

  /** The code of an id of hex digits; -1 for one that has none. */
  find(hex: string): number {
    const byteLength = hex.length / 2
    idBytes.fill(0).write(hex, 16 - byteLength, 'hex')
    for (let i = 0; i < 4; i++) idWords[i] = idBytes.readUInt32BE(i * 4)
    return this.#places[this.#placeOf(idWords, byteLength)]! - 1
  }

  #add(words: Uint32Array, byteLength: number, place: number): number {
    const code = this.size
    this.#places[place] = code + 1
    for (let i = 0; i < 4; i++) this.#ids.push(words[i]!)
    this.#ids.push(byteLength)
    if (code * 2 > this.#places.length) this.#rehash()
    return code
  }

  #isAt(code: number, words: Uint32Array, byteLength: number): boolean {
    const at = code * idWidth
    const ids = this.#ids
    return (
      ids.at(at + 3) === words[3] &&
      ids.at(at + 2) === words[2] &&
      ids.at(at + 1) === words[1] &&
      ids.at(at) === words[0] &&
      ids.at(at + 4) === byteLength
    )
  }

  #hash(words: Uint32Array, byteLength: number): number {
    let hash = this.#seed ^ byteLength
    for (let i = 0; i < 4; i++) hash = mix32(hash ^ words[i]!)
    return hash
  }

  #rehash(): void {
    this.#places = new Uint32Array(this.#places.length * 4)
    const mask = this.#places.length - 1
    const ids = this.#ids.view()
    for (let code = 0; code < this.size; code++) {
      const words = ids.subarray(code * idWidth, code * idWidth + 4)
      let place = this.#hash(words, ids[code * idWidth + 4]!) & mask
      while (this.#places[place] !== 0) place = (place + 1) & mask
      this.#places[place] = code + 1
    }
  }
}
