/** A whole number parted by weights into whole numbers, which sum to it: those whose rests are the largest are rounded up. */
export function sharesOf(whole: number, weights: readonly number[]): number[] {
  const sum = sumOf(weights)
  const exact = weights.map(weight => (sum === 0 ? 0 : (whole * weight) / sum))
  const shares = exact.map(Math.floor)
  const byRest = [...exact.keys()].sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!))
  const missing = sum === 0 ? 0 : whole - sumOf(shares)
  for (let i = 0; i < missing; i++) shares[byRest[i]!]!++
  return shares
}

export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
