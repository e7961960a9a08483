/** Longer strings are decoded anew: they rarely repeat, and a hit would cost more than a miss. */
const maxCachedLength = 96

/**
 * Decodes UTF-8 to strings and gives the same string object again for the short ASCII ones that repeat, which in
 * traces are nearly all: no allocation, and `===` on them ends at the pointer. Holds `slotCount` strings at most.
 */
export class StringCache {
  readonly #slots: string[]
  readonly #mask: number

  /** `slotCount` must be a power of two. */
  constructor(slotCount = 8192) {
    this.#slots = new Array<string>(slotCount).fill('')
    this.#mask = slotCount - 1
  }

  /** The string in `bytes[start, end)`, which must be valid UTF-8 (what is not becomes U+FFFD). */
  get(bytes: Buffer, start: number, end: number): string {
    const length = end - start
    if (length === 0) return ''
    if (length > maxCachedLength) return bytes.toString('utf8', start, end)
    let hash = length
    let seen = 0
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      seen |= byte
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    if (seen > 0x7f) return bytes.toString('utf8', start, end)
    const slot = (hash ^ (hash >>> 15)) & this.#mask
    const cached = this.#slots[slot]!
    if (cached.length === length && isSame(cached, bytes, start)) return cached
    const text = bytes.toString('latin1', start, end)
    this.#slots[slot] = text
    return text
  }
}

function isSame(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
