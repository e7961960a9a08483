import { clip } from '../../error.ts'
import { uint64Max } from '../../model/trace.ts'
import type { JsonReader } from '../../wire/json/reader.ts'

/** A time or duration in microseconds: the text in the file, and the whole nanoseconds nearest to it. */
export interface Micros {
  text: string
  nanos: bigint
}

const decimal = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/
const maxTextLength = 1_000
const maxDigits = 40
const wrapNanos = 2n ** 64n * 1000n

/**
 * A number of microseconds, or a string of one. Fractions are rounded to whole nanoseconds, half away from zero: those
 * that went through a double have more digits than they mean (1000.9999999999999 is 1001).
 */
export function readMicros(reader: JsonReader): Micros {
  const text = reader.peek() === 'string' ? reader.string() : reader.number()
  if (text.length > maxTextLength) reader.fail(`${clip(text)} has too many digits`)
  const match = decimal.exec(text)
  if (match === null) return reader.fail(`${JSON.stringify(clip(text))} is no number of microseconds`)
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const digits = (whole! + fraction).replace(/^0+/, '')
  const nanos = roundedInteger(digits, Number(exponent) + 3 - fraction.length)
  if (nanos === undefined) return reader.fail(`${clip(text)} lies outside 64 bits`)
  return { text, nanos: sign === '' ? nanos : -nanos }
}

/** As readMicros, for nanoseconds since 1970: what 64 bits do not hold is refused, as the file has it. */
export function readTime(reader: JsonReader): bigint {
  const { text, nanos } = readMicros(reader)
  return nanos < 0n || nanos > uint64Max
    ? reader.fail(`${clip(text)} µs is no unsigned 64-bit integer of nanoseconds`)
    : nanos
}

/** As readMicros, where a negative number may have been written as an unsigned one of 64 bits: 2^64 - 25 is -25. */
export function readDuration(reader: JsonReader): Micros {
  const { text, nanos } = readMicros(reader)
  const isWrapped = nanos >= wrapNanos / 2n && nanos < wrapNanos
  return { text, nanos: isWrapped ? nanos - wrapNanos : nanos }
}

/** When a span ends, which may be before its start, but not before 1970. */
export function endOf(startNanos: bigint, { text, nanos }: Micros, reader: JsonReader): bigint {
  const endNanos = startNanos + nanos
  if (endNanos >= 0n && endNanos <= uint64Max) return endNanos
  const end = endNanos < 0n ? 'before 1970' : 'beyond 64 bits of nanoseconds'
  return reader.fail(`the span ends ${end}, with a duration of ${clip(text)} µs`)
}

/** The digits times a power of ten as the nearest integer; undefined where it has far more digits than 64 bits hold. */
function roundedInteger(digits: string, exponent: number): bigint | undefined {
  if (digits === '') return 0n
  const kept = digits.length + exponent
  if (kept > maxDigits) return undefined
  if (exponent >= 0) return BigInt(digits + '0'.repeat(exponent))
  const rounding = (digits[kept] ?? '0') >= '5' ? 1n : 0n
  return BigInt(digits.slice(0, Math.max(0, kept))) + rounding
}
