import { type Growing, growingCodes } from './growing.ts'

/** So many places are looked at: who sends what collides gets codes that repeat, and no more work. */
const maxProbes = 24

/** Values by the bytes that they were read from, with codes in the order of first sight. Equal bytes nearly always share a code. */
export class ByteTable<T> {
  readonly values: T[] = []
  readonly #starts: Growing<Uint32Array> = growingCodes()
  readonly #hashes: Growing<Uint32Array> = growingCodes()
  /** By place: a code and 1, or 0. */
  #places = new Uint32Array(1024)
  #bytes = new Uint8Array(1 << 12)
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  /** What `find` looked for last, where it found nothing. */
  #hash = 0
  #place = -1

  readonly #maxLength: number

  /** The bytes of all values, whether they are kept or not. */
  byteLength = 0

  /** What is longer has a code each time. */
  constructor(maxLength: number = Number.POSITIVE_INFINITY) {
    this.#maxLength = maxLength
  }

  /** The code of `view[start, end)`, or -1. */
  find(view: DataView, start: number, end: number): number {
    this.#place = -1
    if (end - start > this.#maxLength) return -1
    const hash = hashOf(view, start, end)
    const mask = this.#places.length - 1
    this.#hash = hash
    for (let probe = 0; probe < maxProbes; probe++) {
      const place = (hash + probe) & mask
      const code = this.#places[place]! - 1
      if (code < 0) {
        this.#place = place
        return -1
      }
      if (this.#hashes.at(code) === hash && this.#isAt(code, view, start, end)) return code
    }
    return -1
  }

  /** A code for a value of so many bytes that was not looked for, and shall not be found. */
  addAlone(value: T, byteLength = 0): number {
    this.#place = -1
    return this.#push(value, byteLength)
  }

  /** The code of the value of bytes that were not found, which must be the last that were looked for. */
  add(value: T, view: DataView, start: number, end: number): number {
    const isKnown = this.#place >= 0
    if (isKnown) this.#places[this.#place] = this.values.length + 1
    const code = this.#push(value, end - start)
    if (isKnown) this.#append(view, start, end)
    if (code * 2 > this.#places.length) this.#rehash()
    return code
  }

  #push(value: T, byteLength: number): number {
    const isKnown = this.#place >= 0
    this.#starts.push(this.#length)
    this.#hashes.push(isKnown ? this.#hash : 0)
    this.byteLength += byteLength
    return this.values.push(value) - 1
  }

  #isAt(code: number, view: DataView, start: number, end: number): boolean {
    const at = this.#starts.at(code)
    const length = end - start
    const ownEnd = code + 1 < this.#starts.length ? this.#starts.at(code + 1) : this.#length
    if (ownEnd - at !== length) return false
    const own = this.#view
    if (length < 4) {
      for (let i = 0; i < length; i++) if (own.getUint8(at + i) !== view.getUint8(start + i)) return false
      return true
    }
    for (let i = 0; i + 8 <= length; i += 8) {
      const first = own.getInt32(at + i, true) ^ view.getInt32(start + i, true)
      if ((first | (own.getInt32(at + i + 4, true) ^ view.getInt32(start + i + 4, true))) !== 0) return false
    }
    // The last words may have been compared in part.
    if (length >= 8 && own.getInt32(at + length - 8, true) !== view.getInt32(end - 8, true)) return false
    if (length < 8 && own.getInt32(at, true) !== view.getInt32(start, true)) return false
    return own.getInt32(at + length - 4, true) === view.getInt32(end - 4, true)
  }

  #append(view: DataView, start: number, end: number): void {
    const needed = this.#length + end - start
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + start, end - start), this.#length)
    this.#length = needed
  }

  #rehash(): void {
    const old = this.#places
    this.#places = new Uint32Array(old.length * 4)
    const mask = this.#places.length - 1
    for (const entry of old) {
      if (entry === 0) continue
      const hash = this.#hashes.at(entry - 1)
      for (let probe = 0; probe < maxProbes; probe++) {
        const place = (hash + probe) & mask
        if (this.#places[place] !== 0) continue
        this.#places[place] = entry
        break
      }
    }
  }
}

/** Two lanes, of which neither waits for the other. */
function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start
  let other = 0x7feb352d
  let at = start
  for (; at + 8 <= end; at += 8) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1)
    other = Math.imul(other ^ view.getInt32(at + 4, true), 0x85157af5)
    hash ^= hash >>> 15
    other ^= other >>> 13
  }
  if (at < end && end - start >= 8) {
    // The last words, a part of which has been hashed.
    hash = Math.imul(hash ^ view.getInt32(end - 8, true), 0x9e3779b1)
    other = Math.imul(other ^ view.getInt32(end - 4, true), 0x85157af5)
    hash ^= hash >>> 15
    other ^= other >>> 13
  } else for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x85ebca6b)
  hash = Math.imul(hash, 0x2c1b3c6d) + Math.imul(other ^ (other >>> 16), 0x297a2d39)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
