/**
 * Contexts: what a value is predicted from. A context of a row is a hash of what the decoder already knows of it; two
 * that collide cost bits, never correctness.
 */

/** Mixes two hashes. */
export function mix(a: number, b: number): number {
  const product = Math.imul(a ^ Math.imul(b + 0x7f4a7c15, 0x9e3779b1), 0x85ebca6b)
  return (product ^ (product >>> 15)) >>> 0
}

/** For each row the mixture of the values of some columns of codes; 0 for none. */
export function mixColumns(rowCount: number, columns: readonly ArrayLike<number>[]): Uint32Array {
  const mixed = new Uint32Array(rowCount)
  for (const column of columns) for (let row = 0; row < rowCount; row++) mixed[row] = mix(mixed[row]!, column[row]!)
  return mixed
}
