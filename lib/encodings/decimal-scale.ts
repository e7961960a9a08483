/** Powers of ten that turn decimal fractions into whole numbers. */
export const maxScale = 6

/** The smallest power of ten that makes all values whole numbers from which they come back exactly. */
export function findScale(values: Float64Array): number | undefined {
  let scale = 0
  let factor = 1
  for (const value of values)
    while (!isExact(value, factor)) {
      if (scale === maxScale) return undefined
      scale++
      factor = 10 ** scale
    }
  return values.every(value => isExact(value, factor)) ? scale : undefined
}

function isExact(value: number, factor: number): boolean {
  const whole = Math.round(value * factor)
  return Math.abs(whole) < 2 ** 52 && Object.is(whole / factor, value) && !Object.is(value, -0)
}
