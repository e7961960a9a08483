import fc from 'fast-check'
import { wordsOf } from '../../lib/codecs/words.ts'
import { drawsOf } from './draws.ts'

const min = -(2n ** 63n)
const max = 2n ** 63n - 1n

/** Columns of 64-bit integers that break what a kernel may take for granted. */
export const nastyColumns: readonly [string, readonly bigint[]][] = [
  ['nothing', []],
  ['one value', [7n]],
  ['a constant', new Array<bigint>(100).fill(1_795_210_379_922_733_248n)],
  ['zeros', new Array<bigint>(33).fill(0n)],
  ['the extremes', [min, max, 0n, -1n, 1n, max - 1n, min + 1n]],
  ['the extremes in turns', Array.from({ length: 70 }, (_, i) => (i % 2 === 0 ? min : max))],
  ['descending', Array.from({ length: 100 }, (_, i) => 50n - BigInt(i))],
  ['around 2^32', [-1n, 0n, 1n].flatMap(step => [1n, 2n, -1n].map(factor => factor * 2n ** 32n + step))],
  ['every bit length', Array.from({ length: 64 }, (_, bit) => BigInt.asIntN(64, 1n << BigInt(bit)))],
  ['every bit length, less 1', Array.from({ length: 65 }, (_, bit) => BigInt.asIntN(64, (1n << BigInt(bit)) - 1n))],
  ['times in ns, by the µs', drawn(500, draw => 1_700_000_000_000_000_000n + 1000n * BigInt(Math.floor(draw * 1e9)))],
]

/** Any column of 64-bit integers. */
export const arbitraryColumn: fc.Arbitrary<bigint[]> = fc.oneof(
  fc.array(fc.bigInt({ min, max }), { maxLength: 80 }),
  fc.array(fc.bigInt({ min: -300n, max: 300n }), { maxLength: 80 }),
  fc.array(fc.oneof(fc.constantFrom(min, max, 0n, -1n), fc.bigInt({ min: 0n, max: 2n ** 33n })), { maxLength: 80 }),
)

/** The values as words, in memory of their own. */
export function wordsFrom(values: readonly bigint[]): Uint32Array {
  return wordsOf(BigInt64Array.from(values))
}

function drawn(count: number, value: (draw: number) => bigint): bigint[] {
  const draw = drawsOf(20261121)
  return Array.from({ length: count }, () => value(draw()))
}
