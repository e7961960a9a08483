import { describe, expect, it } from 'vitest'
import { classicPatterns } from '../../generator/classic-patterns.ts'
import { type DrawTable, indexAt, latencyTable, polylineTable, tableWeight } from '../../generator/distribution.ts'

const means = [1, 5, 15, 20, 25, 30, 50, 80, 90, 120, 150, 200, 250, 300, 800]

function weightsOf(table: DrawTable): number[] {
  return Array.from(table.starts, (_, index) => tableWeight(table, index))
}

function meanOf(table: DrawTable): number {
  return weightsOf(table).reduce((sum, weight, i) => sum + (weight / 2 ** 32) * (table.firstValue + i), 0)
}

/** Integer weights that sum to 2^32, none below 0, the last above it; the first word of each range falls on it. */
function expectSound(table: DrawTable): void {
  const weights = weightsOf(table)
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(2 ** 32)
  expect(Math.min(...weights)).toBeGreaterThanOrEqual(0)
  expect(weights.at(-1)).toBeGreaterThan(0)
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue
    expect(indexAt(table, table.starts[index])).toBe(index)
    expect(indexAt(table, table.starts[index] + weight - 1)).toBe(index)
  }
}

describe('latencyTable', () => {
  for (const mean of means)
    it(`of mean ${mean} ms is sound and has the mean of the closed form`, () => {
      const table = latencyTable(mean)
      expectSound(table)
      expect(table.firstValue).toBe(mean)
      const ratio = Math.exp(-4 / mean)
      const fast = mean + ratio / (1 - ratio)
      const slow = mean + slowExcess(mean)
      expect(Math.abs(meanOf(table) / (0.95 * fast + 0.05 * slow) - 1)).toBeLessThan(1e-6)
    })

  it('has the mean that the workload states, 1.55 times the service mean less half a ms, within 1 %', () => {
    for (const mean of means.filter(mean => mean > 1))
      expect(Math.abs(meanOf(latencyTable(mean)) / (1.55 * mean - 0.5) - 1), `mean ${mean}`).toBeLessThan(0.01)
  })

  it('puts 5 % at or above three times the mean, but for the tail of the fast part', () => {
    for (const mean of means.slice(1)) {
      const share = 1 - latencyTable(mean).starts[2 * mean] / 2 ** 32
      expect(share).toBeCloseTo(0.05 + 0.95 * Math.exp(-8), 6)
    }
  })
})

/** The mean of floor(E + V) by summing the share above each integer, each by the midpoint rule over V's range. */
function slowExcess(mean: number): number {
  const steps = 2000
  let sum = 0
  for (let step = 0; step < steps; step++) {
    const uniform = mean * (2 + (8 * (step + 0.5)) / steps)
    const whole = Math.floor(uniform)
    sum += whole + Math.exp((-4 * (whole + 1 - uniform)) / mean) / (1 - Math.exp(-4 / mean))
  }
  return sum / steps
}

describe('polylineTable', () => {
  it('follows its knots', () => {
    expect(
      weightsOf(
        polylineTable([
          [7, 1],
          [9, 3],
          [10, 2],
        ]),
      ),
    ).toEqual([1, 2, 3, 2].map(w => w * 2 ** 29))
  })

  it('never draws a value of weight 0, wherever it stands', () => {
    const table = polylineTable([
      [0, 0],
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 0],
    ])
    expectSound(table)
    expect([0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1].map(word => indexAt(table, word))).toEqual([1, 1, 3, 3])
  })

  it('has sound gaps for every pattern of classic, the medians within a unit of the sample', () => {
    for (const { gapUnits } of classicPatterns) expectSound(gapUnits)
    const medians = classicPatterns.map(({ gapUnits }) => gapUnits.firstValue + indexAt(gapUnits, 2 ** 31))
    for (const [i, sample] of [40, 127, 275].entries()) expect(Math.abs(medians[i] - sample)).toBeLessThanOrEqual(1)
  })
})
