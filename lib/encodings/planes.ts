/**
 * Whole numbers from 0 below 2^56 as byte planes: plane 0 holds the lowest byte of each number, plane 1 the next one.
 * Bytes of one significance resemble each other, which a general codec can use.
 */

const wordRange = 0x100000000
const planesPerWord = 4

/** How many planes hold all numbers up to `max`; 0 where `max` is 0. */
export function planeCountOf(max: number): number {
  return max < wordRange ? Math.ceil((32 - Math.clz32(max)) / 8) : Math.ceil((64 - Math.clz32(max / wordRange)) / 8)
}

/** One plane of the numbers. */
export function encodePlane(values: Float64Array, plane: number): Uint8Array {
  const bytes = new Uint8Array(values.length)
  const shift = 8 * (plane % planesPerWord)
  if (plane < planesPerWord) for (let i = 0; i < values.length; i++) bytes[i] = (values[i]! >>> 0) >>> shift
  else for (let i = 0; i < values.length; i++) bytes[i] = (values[i]! / wordRange) >>> shift
  return bytes
}

/**
 * The numbers of their planes, of which `readPlane` gives one after the other. Numbers of at most four planes are
 * written to `words`, which is returned.
 */
export function decodePlanes(
  planeCount: number,
  readPlane: (plane: number) => Uint8Array,
  words: Uint32Array,
): Uint32Array | Float64Array {
  if (planeCount === 0) words.fill(0)
  for (let plane = 0; plane < Math.min(planeCount, planesPerWord); plane++) {
    const bytes = readPlane(plane)
    if (plane === 0) for (let i = 0; i < words.length; i++) words[i] = bytes[i]!
    else for (let i = 0; i < words.length; i++) words[i]! |= bytes[i]! << (8 * plane)
  }
  if (planeCount <= planesPerWord) return words
  const values = new Float64Array(words)
  for (let plane = planesPerWord; plane < planeCount; plane++) {
    const bytes = readPlane(plane)
    const scale = 2 ** (8 * plane)
    for (let i = 0; i < words.length; i++) values[i]! += bytes[i]! * scale
  }
  return values
}
