/**
 * Differences of 64-bit columns as words (words.ts), exact for every value: they wrap at 2^64. `out` may be the input;
 * where it is absent the result is new. Requires an even number of words and an `out` of the same length.
 */

/** Each value less the one before it, the first as it is. */
export function encodeDelta(words: Uint32Array, out: Uint32Array = new Uint32Array(words.length)): Uint32Array {
  let low = 0
  let high = 0
  for (let i = 0; i < words.length; i += 2) {
    const nextLow = words[i]
    const nextHigh = words[i + 1]
    out[i] = nextLow - low
    out[i + 1] = nextHigh - high - (nextLow < low ? 1 : 0)
    low = nextLow
    high = nextHigh
  }
  return out
}

/** The running sums that encodeDelta took apart. */
export function decodeDelta(deltas: Uint32Array, out: Uint32Array = new Uint32Array(deltas.length)): Uint32Array {
  let low = 0
  let high = 0
  for (let i = 0; i < deltas.length; i += 2) {
    const step = deltas[i]
    low = (low + step) >>> 0
    high = (high + deltas[i + 1] + (low < step ? 1 : 0)) | 0
    out[i] = low
    out[i + 1] = high
  }
  return out
}

/** Differences of differences (as in Gorilla, Pelkonen et al., 2015): small where the steps are even. */
export function encodeDeltaOfDelta(words: Uint32Array, out: Uint32Array = new Uint32Array(words.length)): Uint32Array {
  return encodeDelta(encodeDelta(words, out), out)
}

export function decodeDeltaOfDelta(
  deltas: Uint32Array,
  out: Uint32Array = new Uint32Array(deltas.length),
): Uint32Array {
  return decodeDelta(decodeDelta(deltas, out), out)
}

/** Signed to unsigned, small magnitudes to small numbers: 0, -1, 1, -2 become 0, 1, 2, 3. */
export function encodeZigzag(words: Uint32Array, out: Uint32Array = new Uint32Array(words.length)): Uint32Array {
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i]
    const high = words[i + 1]
    const sign = high >> 31
    out[i] = (low << 1) ^ sign
    out[i + 1] = ((high << 1) | (low >>> 31)) ^ sign
  }
  return out
}

export function decodeZigzag(words: Uint32Array, out: Uint32Array = new Uint32Array(words.length)): Uint32Array {
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i]
    const high = words[i + 1]
    const sign = -(low & 1)
    out[i] = ((low >>> 1) | (high << 31)) ^ sign
    out[i + 1] = (high >>> 1) ^ sign
  }
  return out
}
