import { type Growing, growingCodes } from '../bytes/growing.ts'
import { Dictionary } from '../encodings/dictionary.ts'
import type { Numbers } from '../encodings/exact-numbers.ts'
import type { Table } from './table.ts'

/** A column of values by code, while it grows. */
export class CodedColumn<T> {
  readonly dictionary: Dictionary<T>
  readonly codes: Growing<Uint32Array> = growingCodes()

  /** `keyOf` maps equal values to one key. */
  constructor(keyOf?: (value: T) => unknown) {
    this.dictionary = new Dictionary(keyOf)
  }

  /** Returns true where the value is a new one. */
  push(value: T): boolean {
    const known = this.dictionary.size
    this.codes.push(this.dictionary.code(value))
    return this.dictionary.size > known
  }

  /** What it has so far. */
  table(): Table<T> {
    return { values: this.dictionary.values, codes: this.codes.view() }
  }
}

const two32 = 2 ** 32

/** Adds a time, as two halves of 32 bits, less another. */
export function pushDifference(numbers: Numbers, high: number, low: number, fromHigh: number, fromLow: number): void {
  const difference = (high - fromHigh) * two32 + (low - fromLow)
  if (!numbers.pushSmall(difference)) numbers.push(joinHalves(high, low) - joinHalves(fromHigh, fromLow))
}

/** The 64 bits of two halves. */
export function joinHalves(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

/** Puts a time, as two halves, and nanoseconds after it into two places, the lower half last; false where 64 bits do not hold it. */
export function addNanos(out: Uint32Array, at: number, high: number, low: number, nanos: number): boolean {
  const nanosHigh = Math.floor(nanos / two32)
  const sum = low + (nanos - nanosHigh * two32)
  const carry = sum >= two32 ? 1 : 0
  const sumHigh = high + nanosHigh + carry
  out[at] = sumHigh
  out[at + 1] = sum
  return sumHigh >= 0 && sumHigh < two32
}
