import { type DrawTable, indexAt, tableWeight } from './distribution.ts'
import type { FloorMeter } from './floor-meter.ts'

const u32Count = 2 ** 32
const u64Mask = 2n ** 64n - 1n

/**
 * Seeded random draws by integer arithmetic only, the same on every engine: xoshiro128** (Blackman and Vigna, 2018),
 * its state filled by splitmix64 from the seed, an integer from 0 to 2^53 - 1. All draws but `u32` add their exact
 * -log2 p to a field of the floor.
 */
export class Random {
  readonly #state: Uint32Array
  readonly #floor: FloorMeter

  constructor(seed: number, floor: FloorMeter) {
    this.#state = expandSeed(seed)
    this.#floor = floor
  }

  /** An integer below 2^32, all equally likely; not counted. */
  u32(): number {
    const state = this.#state
    const s1 = state[1]
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0
    state[2] ^= state[0]
    state[3] ^= s1
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= s1 << 9
    state[3] = rotateLeft(state[3], 11)
    return result
  }

  /** An integer of `count` random bits, 1 to 32. */
  bits(field: string, count: number): number {
    this.#floor.add(field, count)
    return this.u32() >>> (32 - count)
  }

  /** An integer in `[0, count)`, all equally likely; `count` is at most 2^32. */
  below(field: string, count: number): number {
    this.#floor.add(field, Math.log2(count))
    return this.#unmetered(count)
  }

  pick<Item>(field: string, items: readonly Item[]): Item {
    return items[this.below(field, items.length)]
  }

  /** The index of a weight, drawn in proportion to the integer weights, whose sum is at most 2^32. */
  weighted(field: string, weights: readonly number[]): number {
    let total = 0
    for (const weight of weights) total += weight
    let rest = this.#unmetered(total)
    let index = 0
    while (rest >= weights[index]) rest -= weights[index++]
    this.#floor.add(field, Math.log2(total / weights[index]))
    return index
  }

  /** True in `weight` of `total` cases. */
  chance(field: string, weight: number, total: number): boolean {
    return this.weighted(field, [weight, total - weight]) === 0
  }

  /** A value of the table, with its exact probability. */
  draw(field: string, table: DrawTable): number {
    const index = indexAt(table, this.u32())
    this.#floor.add(field, 32 - Math.log2(tableWeight(table, index)))
    return table.firstValue + index
  }

  /** Draws above the last whole multiple of `count` are thrown away, so that no value is favoured. */
  #unmetered(count: number): number {
    const limit = u32Count - (u32Count % count)
    for (;;) {
      const value = this.u32()
      if (value < limit) return value % count
    }
  }
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count))
}

function expandSeed(seed: number): Uint32Array {
  const state = new BigUint64Array(2)
  let counter = BigInt(seed)
  for (let i = 0; i < state.length; i++) {
    counter = (counter + 0x9e3779b97f4a7c15n) & u64Mask
    state[i] = mix(counter)
  }
  return Uint32Array.from([state[0] & 0xffffffffn, state[0] >> 32n, state[1] & 0xffffffffn, state[1] >> 32n], Number)
}

function mix(word: bigint): bigint {
  const first = ((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n) & u64Mask
  const second = ((first ^ (first >> 27n)) * 0x94d049bb133111ebn) & u64Mask
  return second ^ (second >> 31n)
}
