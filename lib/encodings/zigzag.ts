/** Whole numbers of either sign as whole numbers from 0: 0, -1, 1, -2 become 0, 1, 2, 3. Exact below 2^52. */

export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

export function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2
}
