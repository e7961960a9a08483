import { describe, expect, it } from 'vitest'
import { polylineTable } from '../../generator/distribution.ts'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { Random } from '../../generator/random.ts'

const seed = 20261120

function randomOf(from = seed, floor = new FloorMeter()): Random {
  return new Random(from, floor)
}

/** How often each outcome came in `drawCount` draws. */
function tally(outcomeCount: number, drawCount: number, draw: () => number): number[] {
  const counts = new Array<number>(outcomeCount).fill(0)
  for (let i = 0; i < drawCount; i++) counts[draw()]++
  return counts
}

/** Pearson's statistic against the expected shares. */
function chiSquare(counts: number[], shares: number[]): number {
  const drawCount = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce((sum, count, i) => sum + (count - drawCount * shares[i]) ** 2 / (drawCount * shares[i]), 0)
}

describe(`Random (seed ${seed})`, () => {
  it('gives the same words for a seed, others for another, the highest seed included', () => {
    const words = (from: number) =>
      Array.from(
        { length: 4 },
        (
          (random: Random) => () =>
            random.u32()
        )(randomOf(from)),
      )
    expect(words(seed)).toEqual(words(seed))
    const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 2, 2 ** 53 - 1]
    expect(new Set(seeds.map(from => words(from).join())).size).toBe(seeds.length)
    // From an implementation of xoshiro128** and splitmix64 in another language.
    expect(words(0)).toEqual([3737715805, 2584255861, 2876756834, 3286328325])
  })

  it('draws below n evenly, where n is no power of two', () => {
    const random = randomOf()
    const counts = tally(10, 100_000, () => random.below('f', 10))
    expect(chiSquare(counts, new Array(10).fill(0.1))).toBeLessThan(33)
    const count = 3 * 2 ** 30
    const thirds = tally(3, 60_000, () => Math.floor(random.below('f', count) / 2 ** 30))
    expect(chiSquare(thirds, [1 / 3, 1 / 3, 1 / 3])).toBeLessThan(20)
  })

  it('sets every bit of a word in half of all draws', () => {
    const random = randomOf()
    for (const width of [1, 28, 32]) {
      const ones = new Array<number>(width).fill(0)
      for (let i = 0; i < 20_000; i++) {
        const word = random.bits('f', width)
        for (let bit = 0; bit < width; bit++) ones[bit] += (word / 2 ** bit) & 1
      }
      for (const count of ones) expect(Math.abs(count - 10_000)).toBeLessThan(400)
    }
  })

  it('draws by weight, and never what weighs 0', () => {
    const random = randomOf()
    const weights = [0, 1, 0, 2, 3, 0]
    const counts = tally(6, 60_000, () => random.weighted('f', weights))
    expect([counts[0], counts[2], counts[5]]).toEqual([0, 0, 0])
    expect(chiSquare([counts[1], counts[3], counts[4]], [1 / 6, 2 / 6, 3 / 6])).toBeLessThan(20)
    const table = polylineTable([
      [5, 1],
      [6, 3],
    ])
    expect(
      chiSquare(
        tally(2, 60_000, () => random.draw('f', table) - 5),
        [0.25, 0.75],
      ),
    ).toBeLessThan(15)
  })
})

describe('FloorMeter', () => {
  it('adds -log2 p of each draw to its field', () => {
    const floor = new FloorMeter()
    const random = randomOf(seed, floor)
    random.bits('bits', 24)
    random.below('below', 256)
    random.pick('pick', ['a', 'b'])
    const isRare = random.chance('chance', 1, 4)
    const value = random.draw(
      'draw',
      polylineTable([
        [0, 1],
        [1, 7],
      ]),
    )
    expect(floor.byField()).toEqual({
      bits: 3,
      below: 1,
      pick: 1 / 8,
      chance: (isRare ? 2 : Math.log2(4 / 3)) / 8,
      draw: expect.closeTo((value === 0 ? 3 : Math.log2(8 / 7)) / 8, 12),
    })
  })

  it('counts a name once, in bytes of UTF-8', () => {
    const floor = new FloorMeter()
    for (const name of ['añ', 'b', 'añ']) floor.addName(name)
    floor.addBytes('other', 2)
    expect(floor.byField()).toEqual({ names: 4, other: 2 })
    expect(floor.total()).toBe(6)
  })
})
