import type { BigintValues, NumberValues } from '../../model/scan.ts'

/** 64-bit integers in the shapes that queries ask for. */

const exactLimit = 2n ** 53n
const word = 2 ** 32

/** As numbers over a base where all are exact as doubles over it, else as they are. */
export function exactInts(values: readonly bigint[]): NumberValues | BigintValues {
  return exactWords(BigInt64Array.from(values), false)
}

/** The same of 64-bit integers, signed or not. */
export function exactWords(values: BigInt64Array, isUnsigned: boolean): NumberValues | BigintValues {
  const bigints = isUnsigned ? new BigUint64Array(values.buffer, values.byteOffset, values.length) : values
  const [least, greatest] = extentOf(bigints)
  if (greatest - least >= exactLimit) return { bigints }
  const base = least > -exactLimit && greatest < exactLimit ? 0n : least
  return { base, numbers: numbersOver(values, base) }
}

/** The distances of integers from `base`, which must be less than 2^53 modulo 2^64. */
export function numbersOver(values: BigInt64Array, base: bigint): Float64Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
  const unsigned = BigInt.asUintN(64, base)
  const [low, high] = [Number(unsigned & 0xffffffffn), Number(unsigned >> 32n)]
  const numbers = new Float64Array(values.length)
  for (let i = 0; i < numbers.length; i++) numbers[i] = ((words[2 * i + 1]! - high) | 0) * word + (words[2 * i]! - low)
  return numbers
}

/** The least and the greatest; 0 of none. */
function extentOf(values: BigInt64Array | BigUint64Array): [bigint, bigint] {
  if (values.length === 0) return [0n, 0n]
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
  // The sign bit turned makes the high words of signed integers ascend as unsigned ones do.
  const turn = values instanceof BigInt64Array ? 2 ** 31 : 0
  let [least, greatest] = [0, 0]
  for (let i = 1; i < values.length; i++) {
    if (isLess(words, i, least, turn)) least = i
    else if (isLess(words, greatest, i, turn)) greatest = i
  }
  return [values[least]!, values[greatest]!]
}

function isLess(words: Uint32Array, a: number, b: number, turn: number): boolean {
  const [highA, highB] = [(words[2 * a + 1]! ^ turn) >>> 0, (words[2 * b + 1]! ^ turn) >>> 0]
  return highA === highB ? words[2 * a]! < words[2 * b]! : highA < highB
}
