/** The minimum and maximum of at least one number. */
export function extentOf(values: ArrayLike<number>): { min: number; max: number } {
  let min = values[0]!
  let max = min
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!
    if (value < min) min = value
    if (value > max) max = value
  }
  return { min, max }
}
