import { type DrawTable, type Knot, polylineTable } from './distribution.ts'

/** Only + - * / and rounding lead to the weights below: no engine's exp or log enters the bytes. */

const scale = 2 ** 30

/** Eighths of an octave. */
const roots = [
  1,
  1.0905077326652577,
  1.189207115002721,
  1.2968395546510096,
  Math.SQRT2,
  1.5422108254079407,
  1.681792830507429,
  1.8340080864093424,
]
/** e^(-1/32). */
const decay = 0.9692332344763441

/** A table with a weight at each of `0, 1, …`. */
function weightTable(firstValue: number, weights: readonly number[]): DrawTable {
  return polylineTable(weights.map((weight, i): Knot => [firstValue + i, weight]))
}

/** Ranks `0 … count - 1`, each as likely as 1 / (rank + shift): Zipf's law with a flattened head. */
export function zipfTable(count: number, shift: number): DrawTable {
  return weightTable(
    0,
    Array.from({ length: count }, (_, rank) => Math.round(scale / (rank + shift))),
  )
}

/** Steps per mean of the exponential table. */
export const exponentialSteps = 32

/** Waiting times in steps of a 32nd of their mean, up to ten times the mean. */
export const exponentialTable: DrawTable = weightTable(0, geometric(10 * exponentialSteps, decay))

/** How a latency spreads about its median. */
export interface Shape {
  /** The standard deviation of the log-normal body, in eighths of an octave. */
  sigma: number
  /** Of a thousand, how many lie in a tail that begins at the median and falls by a power law. */
  tailPerThousand: number
}

const lowest = -24
const highest = 88
const tailRatio = 0.9

/** A body that is binomial, so nearly normal, over the logarithm, and a heavy tail: values in eighths of an octave. */
export function logTable({ sigma, tailPerThousand }: Shape): DrawTable {
  const body = binomial(4 * sigma * sigma)
  const tail = geometric(highest, tailRatio)
  const tailSum = sum(tail)
  const tailShare = tailPerThousand / 1000
  const weights = Array.from({ length: highest - lowest + 1 }, (_, i) => {
    const eighth = i + lowest
    const bodyWeight = body[eighth + (body.length - 1) / 2] ?? 0
    const tailWeight = eighth > 0 ? tail[eighth - 1] / tailSum : 0
    return Math.round(scale * ((1 - tailShare) * bodyWeight + tailShare * tailWeight))
  })
  return weightTable(lowest, weights)
}

/** 2^(eighth / 8). */
export function powerOfTwo(eighth: number): number {
  const octave = Math.floor(eighth / 8)
  let power = roots[eighth - 8 * octave]
  for (let i = 0; i < octave; i++) power *= 2
  for (let i = 0; i > octave; i--) power /= 2
  return power
}

/** The shares of 0 to `count` heads in `count` throws; `count` is even. */
function binomial(count: number): number[] {
  const weights = [1]
  for (let k = 0; k < count; k++) weights.push((weights[k] * (count - k)) / (k + 1))
  const total = sum(weights)
  return weights.map(weight => weight / total)
}

function geometric(count: number, ratio: number): number[] {
  const weights = [scale]
  while (weights.length < count) weights.push(weights.at(-1)! * ratio)
  return weights.map(Math.round)
}

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}
