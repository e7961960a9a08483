/**
 * By code how often it occurs among the first `count` codes, which are below `size`. Neighbours are counted in tables
 * apart: to add one to the same number again has to wait for it.
 */
export function tally(codes: Uint32Array, count: number, size: number): Uint32Array {
  const [counts, others] = [new Uint32Array(size), new Uint32Array(size)]
  const even = count & ~1
  for (let i = 0; i < even; i += 2) {
    counts[codes[i]!]!++
    others[codes[i + 1]!]!++
  }
  if (even < count) counts[codes[even]!]!++
  for (let code = 0; code < size; code++) counts[code]! += others[code]!
  return counts
}
