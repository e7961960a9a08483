import type { BodyReader, BodyWriter } from './body.ts'
import { Exceptions, readExceptions } from './exceptions.ts'
import { numberLimit, readNumbers, writeNumbers } from './numbers.ts'

/** Signed 64-bit integers: numbers within ± 2^50, and the others as exceptions. The reader knows how many. */
export function writeWide(body: BodyWriter, part: string, values: readonly bigint[]): void {
  const numbers = Float64Array.from(values, Number)
  const exceptions = new Exceptions()
  values.forEach((value, i) => {
    if (Math.abs(numbers[i]!) <= numberLimit) return
    exceptions.add(i, value)
    numbers[i] = i === 0 ? 0 : numbers[i - 1]!
  })
  writeNumbers(body, part, numbers)
  exceptions.write(body, part)
}

export function readWide(body: BodyReader, part: string, count: number): bigint[] {
  const values = Array.from(readNumbers(body, part, count), BigInt)
  for (const [position, value] of readExceptions(body, part, count)) values[position] = BigInt.asIntN(64, value)
  return values
}
