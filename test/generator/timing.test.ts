import { describe, expect, it } from 'vitest'
import { FloorMeter } from '../../generator/floor-meter.ts'
import { Random } from '../../generator/random.ts'
import { exponentialSteps, exponentialTable, powerOfTwo, zipfTable } from '../../generator/tables.ts'
import { micros, type Timing } from '../../generator/timing.ts'

const seed = 11

interface Drawn {
  values: number[]
  bitsPerDraw: number
}

function drawMany(timing: Timing, unit: number, count: number, quarters = 4): Drawn {
  const floor = new FloorMeter()
  const random = new Random(seed, floor)
  const values = Array.from({ length: count }, () => timing.draw(random, 'duration', unit, quarters))
  return { values: values.sort((a, b) => a - b), bitsPerDraw: (floor.total() * 8) / count }
}

function entropy(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()].reduce((sum, n) => sum - (n / values.length) * Math.log2(n / values.length), 0)
}

describe(`Timing (seed ${seed})`, () => {
  it.each([1, 100, 1000, 1e6])('gives whole ticks of %d ns about the median, with a heavy tail', unit => {
    const { values } = drawMany(micros(8000), unit, 20_000)
    expect(values.filter(value => value % unit !== 0)).toEqual([])
    expect(values[10_000]).toBeGreaterThan(7.0e6)
    expect(values[10_000]).toBeLessThan(9.5e6)
    expect(values[19_980]).toBeGreaterThan(40e6)
  })

  it('counts what can be told: on a coarse clock what falls on one tick is one outcome', () => {
    const { values, bitsPerDraw } = drawMany(micros(1500, 'varied', 20e6), 1e6, 200_000)
    expect(Math.abs(bitsPerDraw - entropy(values))).toBeLessThan(0.01)
  })

  it('makes everything beyond the limit one outcome', () => {
    const { values, bitsPerDraw } = drawMany(micros(3000, 'wide', 4e6), 1e6, 200_000)
    expect(values.at(-1)).toBe(4e6)
    expect(Math.abs(bitsPerDraw - entropy(values))).toBeLessThan(0.01)
  })

  it('grows with the load', () => {
    const [calm, busy] = [4, 12].map(quarters => drawMany(micros(500), 1, 4000, quarters).values[2000])
    expect(busy / calm).toBeCloseTo(3, 1)
  })
})

describe('the tables', () => {
  it('follow their laws', () => {
    const random = new Random(seed, new FloorMeter())
    const zipf = zipfTable(100, 1)
    const ranks = Array.from({ length: 50_000 }, () => random.draw('item', zipf))
    const [first, tenth] = [0, 9].map(rank => ranks.filter(found => found === rank).length)
    expect(first / tenth).toBeGreaterThan(8)
    expect(first / tenth).toBeLessThan(12)
    const waits = Array.from({ length: 50_000 }, () => random.draw('arrival', exponentialTable) / exponentialSteps)
    expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeCloseTo(1, 1)
  })

  it('have exact powers of two at whole octaves', () => {
    for (const octave of [-3, -1, 0, 1, 11]) expect(powerOfTwo(8 * octave)).toBe(2 ** octave)
  })
})
