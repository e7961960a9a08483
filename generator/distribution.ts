const total = 2 ** 32

/**
 * A distribution over consecutive integers in units of 2^-32: value `firstValue + i` is drawn where a random 32-bit
 * integer lies in `[starts[i], starts[i + 1])`, the last one up to 2^32. A range may be empty but for the last.
 */
export interface DrawTable {
  readonly firstValue: number
  readonly starts: Uint32Array
}

/** What the value at `index` weighs, of 2^32. */
export function tableWeight({ starts }: DrawTable, index: number): number {
  return (index + 1 < starts.length ? starts[index + 1] : total) - starts[index]
}

/** The index that a 32-bit integer falls on: the last that starts at or before it, so never one of weight 0. */
export function indexAt({ starts }: DrawTable, word: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (starts[middle] <= word) low = middle
    else high = middle
  }
  return low
}

/** A weight at an integer value; between two knots it runs in a straight line. */
export type Knot = readonly [value: number, weight: number]

/** The distribution whose weights follow the knots, rounded to integers before they are scaled to a sum of 2^32. */
export function polylineTable(knots: readonly Knot[]): DrawTable {
  const sums = [0]
  for (const weight of polyline(knots)) sums.push(sums.at(-1)! + weight)
  return quantise(knots[0][0], index => sums[index] / sums.at(-1)!)
}

function polyline(knots: readonly Knot[]): number[] {
  const weights: number[] = []
  for (let i = 0; i + 1 < knots.length; i++) {
    const [from, first] = knots[i]
    const [to, last] = knots[i + 1]
    for (let value = from; value < to; value++)
      weights.push(Math.round(first + ((last - first) * (value - from)) / (to - from)))
  }
  weights.push(knots.at(-1)![1])
  return weights
}

/**
 * Latencies in whole ms: floor(mean + E), E exponential with mean `meanMillis / 4`, and in 5 % of all cases
 * floor(mean + E + V), V uniform in `[2, 10) * meanMillis`. One table for the result, so that its weights are what an
 * encoder that sees only the result must pay. Only + - * / lead to the weights: no engine's exp enters the bytes.
 */
export function latencyTable(meanMillis: number): DrawTable {
  const powers = [1]
  const ratio = expMinus(4 / meanMillis)
  const power = (exponent: number) => {
    while (powers.length <= exponent) powers.push(powers.at(-1)! * ratio)
    return powers[exponent]
  }
  return quantise(meanMillis, excess => 0.95 * (1 - power(excess)) + 0.05 * slowShareBelow(excess, meanMillis, power))
}

/** The share of E + V below `excess`: the integral of the exponential's distribution function over V's range. */
function slowShareBelow(excess: number, meanMillis: number, power: (exponent: number) => number): number {
  const low = 2 * meanMillis
  const high = 10 * meanMillis
  const scale = meanMillis / 4
  if (excess <= low) return 0
  if (excess <= high) return (excess - low - scale * (1 - power(excess - low))) / (high - low)
  return 1 - (scale * (power(excess - high) - power(excess - low))) / (high - low)
}

/** e^-x by its power series; for x up to 1 thirty terms are more than a double can tell. */
function expMinus(x: number): number {
  let sum = 1
  let term = 1
  for (let i = 1; i <= 30; i++) {
    term = (term * -x) / i
    sum += term
  }
  return sum
}

/** Rounds `shareBelow(index)`, asked for 0, 1, … until it reaches 1, to multiples of 2^-32. */
function quantise(firstValue: number, shareBelow: (index: number) => number): DrawTable {
  return {
    firstValue,
    // Made when it is first drawn from: most starts of the program draw nothing.
    get starts() {
      const starts: number[] = []
      for (let start = 0; start < total; start = Math.round(shareBelow(starts.length) * total)) starts.push(start)
      const value = Uint32Array.from(starts)
      Object.defineProperty(this, 'starts', { value })
      return value
    },
  }
}
