import { int64Max, int64Min, uint64Max } from '../../model/trace.ts'
import type { JsonReader } from './reader.ts'

const digitsOnly = /^-?(?:0|[1-9]\d*)$/
const decimal = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/
const maxExponent = 40

/** True for the text of a JSON number without point and exponent. */
export function isIntegerText(text: string): boolean {
  return digitsOnly.test(text)
}

/** The 64-bit integer that the text of a number stands for. `1e3` and `10.0` are integers, `1.5` is refused. */
export function parseInt64(text: string, reader: JsonReader): bigint {
  const value = parseInteger(text, reader)
  return value < int64Min || value > int64Max ? reader.fail(`${shorten(text)} is no signed 64-bit integer`) : value
}

/** As parseInt64, for an unsigned one. */
export function parseUint64(text: string, reader: JsonReader): bigint {
  const value = parseInteger(text, reader)
  return value < 0n || value > uint64Max ? reader.fail(`${shorten(text)} is no unsigned 64-bit integer`) : value
}

export function parseInt32(text: string, reader: JsonReader): number {
  return parseSmall(text, -(2 ** 31), 2 ** 31 - 1, reader)
}

export function parseUint32(text: string, reader: JsonReader): number {
  return parseSmall(text, 0, 2 ** 32 - 1, reader)
}

/** The double nearest to the text of a number; one too large for a finite double is refused. */
export function parseDouble(text: string, reader: JsonReader): number {
  const value = Number(text)
  return Number.isFinite(value) ? value : reader.fail(`${shorten(text)} is too large for a double`)
}

function parseSmall(text: string, min: number, max: number, reader: JsonReader): number {
  const value = Number(parseInteger(text, reader))
  if (value < min || value > max) reader.fail(`${shorten(text)} lies outside ${min} to ${max}`)
  return value
}

function parseInteger(text: string, reader: JsonReader): bigint {
  if (text.length > 1_000) reader.fail(`${shorten(text)} has too many digits`)
  if (digitsOnly.test(text)) return BigInt(text)
  const match = decimal.exec(text)
  if (match === null) return reader.fail(`${shorten(JSON.stringify(text))} is no integer`)
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const digits = (whole! + fraction).replace(/^0+/, '')
  const zeros = Number(exponent) - fraction.length
  const kept = zeros < 0 ? digits.length + zeros : digits.length
  if (digits === '') return 0n
  if (kept <= 0 || /[1-9]/.test(digits.slice(kept))) return reader.fail(`${shorten(text)} is no integer`)
  if (zeros > maxExponent) return reader.fail(`${shorten(text)} lies outside 64 bits`)
  return BigInt(sign + digits.slice(0, kept) + '0'.repeat(Math.max(0, zeros)))
}

export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
