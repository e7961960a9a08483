/**
 * 64-bit hashes as two words, the lower one first. They land on disk (filters, signatures), so what they give for an
 * input is part of the formats and never changes. They are fast and well mixed, and no defence against somebody who
 * looks for collisions.
 *
 * The input is read as 32-bit little-endian words, zeros behind the last. Two lanes start from the seed; each word
 * enters both by a multiplication, and the lanes then enter each other, which loses nothing: only inputs of two words
 * and more can collide before the end. At the end the byte length enters, and each lane is mixed as a whole.
 */

/** The factors are odd, so that no product loses anything, and have no pattern in their bits. */
const lowFactor = 0x9e3779b1
const highFactor = 0x85157af5
const lowStart = 0x6a09e667
const highStart = 0xbb67ae85

/** A permutation of the 32-bit numbers in which each bit of the input changes each bit of the result half of the time. */
export function mix32(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

const fnvStart = 0x811c9dc5
const fnvFactor = 0x01000193

/** The 32-bit FNV-1 hash (multiply, then xor) of bytes behind those that have the hash `previous`. */
export function fnv1(bytes: Uint8Array, previous = fnvStart): number {
  let hash = previous
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash, fnvFactor) ^ bytes[i]!
  return hash >>> 0
}

/** The hash of a text's UTF-16 units (a lone surrogate is one like all others), in `out[at]` and `out[at + 1]`. */
export function hashText(text: string, out: Uint32Array, at = 0, seed = 0): void {
  let low = seed ^ lowStart
  let high = seed ^ highStart
  for (let i = 0; i < text.length; i += 2) {
    const second = i + 1 < text.length ? text.charCodeAt(i + 1) : 0
    const word = text.charCodeAt(i) | (second << 16)
    low = Math.imul(low ^ word, lowFactor)
    high = Math.imul(high ^ word, highFactor)
    low = ((low << 15) | (low >>> 17)) + high
    high = ((high << 13) | (high >>> 19)) ^ low
  }
  finish(low, high, text.length * 2, out, at)
}

/** By byte: its two hex digits as `hashText` reads them. */
const digitPairs = Uint32Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, '0')
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 16)
})

/** What `hashText` gives for the hex digits, 8 each, of `count` words from one on. */
export function hashDigits(words: Uint32Array, first: number, count: number, out: Uint32Array): void {
  let [low, high] = [lowStart, highStart]
  for (let i = first; i < first + count; i++)
    for (let shift = 24; shift >= 0; shift -= 8) {
      const pair = digitPairs[(words[i]! >>> shift) & 0xff]!
      low = Math.imul(low ^ pair, lowFactor)
      high = Math.imul(high ^ pair, highFactor)
      low = ((low << 15) | (low >>> 17)) + high
      high = ((high << 13) | (high >>> 19)) ^ low
    }
  finish(low, high, count * 16, out, 0)
}

function finish(low: number, high: number, byteLength: number, out: Uint32Array, at: number): void {
  const first = mix32((low ^ byteLength) + high)
  const second = mix32(high ^ first)
  out[at] = first
  out[at + 1] = second
}
