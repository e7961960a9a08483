/** Tests of whether two samples differ by more than chance. Each gives a probability, two-sided: small where they do. */

/** That a normal variable is as far from 0 as `z`, or farther (Abramowitz and Stegun 7.1.26; off by less than 1.5e-7). */
export function normalTails(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return polynomial * Math.exp(-x * x)
}

/** Fewer on a side say nothing by ranks. */
const minRanked = 8

/**
 * Whether the values of one sample tend to be larger than those of the other (Mann and Whitney's rank sum, by its normal
 * approximation, corrected for ties). Both ascend. 1 where a side has less than 8.
 */
export function rankSumTest(a: Float64Array, b: Float64Array): number {
  const [n, m] = [a.length, b.length]
  if (n < minRanked || m < minRanked) return 1
  let [rankSum, ties, i, j, rank] = [0, 0, 0, 0, 1]
  while (i < n || j < m) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY)
    const [startA, startB] = [i, j]
    while (i < n && a[i] === value) i++
    while (j < m && b[j] === value) j++
    const count = i - startA + (j - startB)
    rankSum += (i - startA) * (rank + (count - 1) / 2)
    ties += count ** 3 - count
    rank += count
  }
  const total = n + m
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)))
  if (variance <= 0) return 1
  const distance = Math.abs(rankSum - (n * (total + 1)) / 2) - 0.5
  return normalTails(Math.max(0, distance) / Math.sqrt(variance))
}

/**
 * Whether `a` of `n` and `b` of `m` have one rate (Fisher's exact test): the probability of all splits of the same total
 * that are as unlikely as this one.
 */
export function sameRateTest(a: number, n: number, b: number, m: number): number {
  const total = a + b
  const [least, most] = [Math.max(0, total - m), Math.min(n, total)]
  const logOf = (k: number) => logChoose(n, k) + logChoose(m, total - k)
  const found = logOf(a)
  let [sum, tail] = [0, 0]
  for (let k = least; k <= most; k++) {
    const log = logOf(k)
    const share = Math.exp(log - found)
    sum += share
    if (log <= found + 1e-7) tail += share
  }
  return Number.isFinite(sum) ? Math.min(1, tail / sum) : 0
}

/** The least probability that `rankSumTest` can give for so many values: that of two samples apart. */
export function leastOfRanks(n: number, m: number): number {
  if (n < minRanked || m < minRanked) return 1
  return normalTails(((n * m) / 2 - 0.5) / Math.sqrt((n * m * (n + m + 1)) / 12))
}

/** The least that `sameRateTest` can give where so many of both are marked: as many as can be on one side. */
export function leastOfRates(marked: number, n: number, m: number): number {
  return Math.min(...[Math.max(0, marked - m), Math.min(n, marked)].map(a => sameRateTest(a, n, marked - a, m)))
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k)
}

const known = [0]
const maxKnown = 1 << 10

/** By Stirling's series from 1,024 on, where it is exact to the last digits. */
function logFactorial(n: number): number {
  if (n < maxKnown) {
    for (let i = known.length; i <= n; i++) known.push(known[i - 1]! + Math.log(i))
    return known[n]!
  }
  const x = n + 1
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3)
}
