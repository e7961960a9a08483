import { checkNanos, type ReadNumbers } from '../../../encodings/exact-numbers.ts'
import { wordsOf } from '../../../encodings/words.ts'
import { addNanos, joinHalves } from '../../../shred/columns.ts'

/** Times since the epoch as halves of 64 bits. */

/** Numbers of 64 bits as their halves, the higher first. */
export function halvesOf(numbers: readonly bigint[]): Uint32Array {
  const halves = wordsOf(BigUint64Array.from(numbers))
  for (let at = 0; at < halves.length; at += 2) [halves[at], halves[at + 1]] = [halves[at + 1]!, halves[at]!]
  return halves
}

/** Fills in times, at places by row, that are after others, at other places. */
export function fillNanos(
  numbers: Uint32Array,
  placeOf: (row: number) => number,
  { values, exceptions }: ReadNumbers,
  others: Uint32Array,
  otherOf: (row: number) => number,
  fail: (message: string) => never,
): void {
  const exact = new Map(exceptions.map(({ row, value }) => [row, value]))
  for (let row = 0; row < values.length; row++) {
    const [at, other] = [placeOf(row), otherOf(row)]
    const nanos = exact.size === 0 ? undefined : exact.get(row)
    if (nanos === undefined && addNanos(numbers, at, others[other]!, others[other + 1]!, values[row]!)) continue
    const origin = joinHalves(others[other]!, others[other + 1]!)
    const time = checkNanos(origin + (nanos ?? BigInt(values[row]!)), fail)
    numbers[at] = Number(time >> 32n)
    numbers[at + 1] = Number(time & 0xffffffffn)
  }
}
