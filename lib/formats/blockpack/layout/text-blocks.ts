/** How the pool of a page group's texts is cut into blocks. */

/** A block ends where the bytes of an owner end, from this length on; */
const minBlockLength = 1 << 14
/** else here. */
export const maxBlockLength: number = 1 << 17

/** Where blocks end, given where the bytes of owners begin, the first at 0, after those that are shared. */
export function blockEnds(borders: readonly number[], sharedLength: number, byteLength: number): number[] {
  const ends: number[] = []
  let start = 0
  for (const border of [...borders, byteLength]) {
    for (; border - start > maxBlockLength; start += maxBlockLength) ends.push(start + maxBlockLength)
    if (border - start < minBlockLength && border !== sharedLength) continue
    if (border > start) ends.push(border)
    start = border
  }
  if (start < byteLength) ends.push(byteLength)
  return ends
}
