/** The bytes as words, the least significant first, and zeros behind them, so that any bits of them can be read. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bytes.length / 4) + 2)
  new Uint8Array(words.buffer).set(bytes)
  return words
}

/** The unsigned value of `bitWidth` bits (0 to 32) that begin at `bit`, least significant first. */
export function readBits(words: Uint32Array, bit: number, bitWidth: number): number {
  const [at, shift] = [bit >>> 5, bit & 31]
  const low = shift === 0 ? words[at]! : (words[at]! >>> shift) | (words[at + 1]! << (32 - shift))
  return bitWidth === 32 ? low >>> 0 : low & ((1 << bitWidth) - 1)
}
