/**
 * Durations as buckets of OTLP's base-2 exponential histogram at scale 6: bucket `index` has the values of
 * `(2^(index / 64), 2^((index + 1) / 64)]`. Which bucket a whole number is in is decided exactly. Here a bucket is one
 * number that rises with the duration: 0 for zero, `index + 2` for positive durations, and the negative of the bucket
 * of its magnitude for a negative one.
 */

export const scale = 6
const perOctave = 2 ** scale
/** OTLP's index of the bucket that here is 1, of the durations of 1 ns. */
export const firstIndex = -1
/** The bucket of the longest duration, below 2^64 ns. */
export const maxBucket = 64 * perOctave + 1

/** By step of an octave the floor of `2^(63 + step / 64)`. No bound but the first is a whole number. */
const boundaries = Array.from({ length: perOctave + 1 }, (_, step) => root(2n ** BigInt(63 * perOctave + step), scale))
/** The same over 2^63, rounded down to what a double holds: a number of 53 bits exceeds both or neither. */
const ratios = Float64Array.from(boundaries, boundary => Number(boundary >> 11n) / 2 ** 52)

/** The floor of the `2^times`th root: as many square roots. */
function root(value: bigint, times: number): bigint {
  if (times === 0) return value
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (let next = (guess + value / guess) >> 1n; next < guess; next = (guess + value / guess) >> 1n) guess = next
  return root(guess, times - 1)
}

/** The bucket of a whole number of nanoseconds, below 2^64 in magnitude. */
export function bucketOf(nanos: number | bigint): number {
  if (nanos === 0 || nanos === 0n) return 0
  if (nanos < 0) return -bucketOf(-nanos)
  return Number.isSafeInteger(Number(nanos)) ? bucketOfNumber(Number(nanos)) : bucketOfBigint(BigInt(nanos))
}

function bucketOfNumber(nanos: number): number {
  const octave = exponentOf(nanos)
  const ratio = nanos / 2 ** octave
  let step = Math.min(perOctave - 1, Math.floor(Math.log2(ratio) * perOctave))
  while (ratio <= ratios[step]! && step > 0) step--
  while (ratio > ratios[step + 1]!) step++
  return place(octave, step, ratio === 1)
}

const words = new Uint32Array(2)
const double = new Float64Array(words.buffer)

/** The floor of the binary logarithm, exactly. */
function exponentOf(value: number): number {
  double[0] = value
  return ((words[1]! >>> 20) & 0x7ff) - 1023
}

function bucketOfBigint(nanos: bigint): number {
  const octave = nanos.toString(2).length - 1
  const value = nanos << BigInt(63 - octave)
  const step = boundaries.findLastIndex((boundary, i) => i < perOctave && value > boundary)
  return place(octave, Math.max(0, step), value === boundaries[0])
}

/** A bucket ends with its upper bound: a power of two is the last of the bucket before. */
function place(octave: number, step: number, isPower: boolean): number {
  return octave * perOctave + step + (isPower ? 1 : 2)
}

/** The smallest and the largest whole number of a bucket; low is above high where it has none. */
export function boundsOf(bucket: number): { readonly low: bigint; readonly high: bigint } {
  if (bucket === 0) return { low: 0n, high: 0n }
  if (bucket > 0) return { low: floorOf(bucket - 1) + 1n, high: floorOf(bucket) }
  const { low, high } = boundsOf(-bucket)
  return { low: -high, high: -low }
}

/** The largest whole number in the first `bucket` buckets. */
function floorOf(bucket: number): bigint {
  if (bucket === 0) return 0n
  const steps = bucket - 1
  return boundaries[steps % perOctave]! >> BigInt(63 - Math.floor(steps / perOctave))
}

/** A duration within a bucket, at most 0.55 % from any of it, and the bounds. */
export function estimateOf(bucket: number): { value: number; low: number; high: number } {
  const bounds = boundsOf(bucket)
  const [low, high] = [Number(bounds.low), Number(bounds.high)]
  return { value: low === high ? low : (2 * low * high) / (low + high), low, high }
}
