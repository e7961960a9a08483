import { LabError } from '../error.ts'
import { checkEqual, checkValueCount } from './counts.ts'

/** What all strings of a column have in common, where what differs is digits. */
export type Template = HexTemplate | DecimalTemplate

/** Strings of one length: literals, and hex digits of one case between them (a UUID has five runs of them). */
export interface HexTemplate {
  digits: 'hex' | 'HEX'
  /** The text before, between and after the runs of digits: one more than `widths`. */
  literals: readonly string[]
  /** Digits of each run. */
  widths: readonly number[]
}

/** A number below 2^64 without leading zeros between a prefix and a suffix. */
export interface DecimalTemplate {
  digits: 'decimal'
  prefix: string
  suffix: string
}

const uint64Limit = 2n ** 64n
const safeDigits = 15

/** The template of all strings; undefined where there is none, or nothing that differs. */
export function findTemplate(strings: readonly string[]): Template | undefined {
  return findDecimal(strings) ?? findHex(strings)
}

/** The digits of all strings in a row, two to a byte, the first in the upper half. Each string must be of the template. */
export function encodeHexTemplate(strings: readonly string[], template: HexTemplate): Buffer {
  const width = widthOf(template)
  const bytes = Buffer.alloc(Math.ceil((strings.length * width) / 2))
  for (let i = 0; i < strings.length; i++) writeHex(strings[i]!, template, bytes, i * width)
  return bytes
}

/** `count` strings of the template. */
export function decodeHexTemplate(bytes: Uint8Array, template: HexTemplate, count: number): string[] {
  checkEqual('template', 'literals', template.widths.length + 1, template.literals.length)
  const width = widthOf(template)
  checkEqual('template', 'bytes', Math.ceil((checkValueCount(count, 'template') * width) / 2), bytes.length)
  if ((count * width) % 2 === 1 && (bytes[bytes.length - 1]! & 15) !== 0)
    throw new LabError('corrupt', 'template: non-zero padding bits')
  if (count === 0) return []
  const print = printerOf(template)
  return Array.from({ length: count }, (_, row) => print(bytes, row * width))
}

/** Prints a string whose digits begin at half a byte `start`. */
type Printer = (bytes: Uint8Array, start: number) => string

/** Only the digits are written anew, over those of the string before. */
function printerOf({ digits, literals, widths }: HexTemplate): Printer {
  const text = literals.map((literal, run) => literal + '0'.repeat(widths[run] ?? 0)).join('')
  const isLatin1 = /^[\0-\xff]*$/.test(text)
  const encoding = isLatin1 ? 'latin1' : 'utf16le'
  const codes = Buffer.from(text, encoding)
  const places = digitPlaces(literals, widths).map(place => (isLatin1 ? place : place * 2))
  const alphabet = Buffer.from(digits === 'hex' ? '0123456789abcdef' : '0123456789ABCDEF')
  return (bytes, start) => {
    for (let i = 0; i < places.length; i++) {
      const byte = bytes[(start + i) >> 1]!
      codes[places[i]] = alphabet[((start + i) & 1) === 0 ? byte >> 4 : byte & 15]!
    }
    return codes.toString(encoding)
  }
}

function digitPlaces(literals: readonly string[], widths: readonly number[]): Uint32Array {
  let at = 0
  const runs = widths.map((width, run) => {
    const start = at + literals[run]!.length
    at = start + width
    return Array.from({ length: width }, (_, i) => start + i)
  })
  return Uint32Array.from(runs.flat())
}

/** The number of each string as words (words.ts). Each string must be of the template. */
export function encodeDecimalTemplate(strings: readonly string[], template: DecimalTemplate): Uint32Array {
  const { prefix, suffix } = template
  const words = new Uint32Array(strings.length * 2)
  strings.forEach((text, i) => {
    const digits = text.slice(prefix.length, text.length - suffix.length)
    if (!text.startsWith(prefix) || !text.endsWith(suffix) || !isDecimal(digits)) throw misfit(text)
    writeDecimal(digits, words, i * 2)
  })
  return words
}

/** The strings whose numbers the words are. */
export function decodeDecimalTemplate(words: Uint32Array, { prefix, suffix }: DecimalTemplate): string[] {
  return Array.from({ length: words.length >> 1 }, (_, i) => prefix + printDecimal(words, i * 2) + suffix)
}

function widthOf({ widths }: HexTemplate): number {
  const width = widths.reduce((sum, one) => sum + checkValueCount(one, 'template'), 0)
  if (width === 0) throw new LabError('corrupt', 'template: it has no digits')
  return width
}

function findDecimal(strings: readonly string[]): DecimalTemplate | undefined {
  const first = strings[0] ?? ''
  let before = first.length
  let after = first.length
  for (const text of strings) {
    before = Math.min(before, commonStart(first, text, before))
    after = Math.min(after, commonEnd(first, text, after))
  }
  if (before === first.length) return undefined
  // Digits that all happen to share belong to the number; but the two ends must not overlap.
  const prefix = first.slice(0, before).replace(/[0-9]+$/, '')
  const suffix = first.slice(Math.max(first.length - after, prefix.length)).replace(/^[0-9]+/, '')
  const isNumber = (text: string) =>
    text.length >= prefix.length + suffix.length && isDecimal(text.slice(prefix.length, text.length - suffix.length))
  return strings.every(isNumber) ? { digits: 'decimal', prefix, suffix } : undefined
}

function isDecimal(digits: string): boolean {
  return /^(?:0|[1-9][0-9]{0,19})$/.test(digits) && (digits.length < 20 || BigInt(digits) < uint64Limit)
}

/** Both alphabets of hex digits, as bits. */
const alphabets = { hex: 1, HEX: 2 } as const

function findHex(strings: readonly string[]): HexTemplate | undefined {
  const first = strings[0] ?? ''
  const differs = new Uint8Array(first.length)
  let fitting = alphabets.hex | alphabets.HEX
  for (const text of strings) {
    if (text.length !== first.length) return undefined
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === first.charCodeAt(i)) continue
      differs[i] = 1
      fitting &= alphabetsOf(code)
    }
    if (fitting === 0) return undefined
  }
  for (let i = 0; i < first.length; i++) if (differs[i] === 1) fitting &= alphabetsOf(first.charCodeAt(i))
  const template = cut(first, differs)
  if (fitting === 0 || template.widths.length === 0) return undefined
  return { digits: (fitting & alphabets.hex) !== 0 ? 'hex' : 'HEX', ...template }
}

/** The alphabets that have the digit. */
function alphabetsOf(code: number): number {
  return (nibbleOf(code, 0x61) >= 0 ? alphabets.hex : 0) | (nibbleOf(code, 0x41) >= 0 ? alphabets.HEX : 0)
}

function cut(text: string, isDigit: Uint8Array): Omit<HexTemplate, 'digits'> {
  const literals = ['']
  const widths: number[] = []
  for (let i = 0; i < text.length; i++)
    if (isDigit[i] === 0) literals[literals.length - 1] += text[i]
    else if (i > 0 && isDigit[i - 1] === 1) widths[widths.length - 1]!++
    else {
      widths.push(1)
      literals.push('')
    }
  return { literals, widths }
}

/** Writes the digits of one string as halves of bytes, from half `start`. */
function writeHex(text: string, { digits, literals, widths }: HexTemplate, bytes: Uint8Array, start: number): void {
  const letterA = digits === 'hex' ? 0x61 : 0x41
  let half = start
  let at = literals[0]!.length
  let fits = text.startsWith(literals[0]!)
  for (let run = 0; run < widths.length; run++) {
    for (const end = at + widths[run]!; at < end; at++, half++) {
      const value = nibbleOf(text.charCodeAt(at), letterA)
      fits &&= value >= 0
      bytes[half >> 1]! |= (half & 1) === 0 ? value << 4 : value
    }
    fits &&= text.startsWith(literals[run + 1]!, at)
    at += literals[run + 1]!.length
  }
  if (!fits || at !== text.length) throw misfit(text)
}

/** The value of a digit, or less than 0 where it is not one (nor is NaN, past the end). */
function nibbleOf(code: number, letterA: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= letterA && code < letterA + 6 ? code - letterA + 10 : -1
}

function commonStart(a: string, b: string, most: number): number {
  let count = 0
  while (count < most && a.charCodeAt(count) === b.charCodeAt(count)) count++
  return count
}

function commonEnd(a: string, b: string, most: number): number {
  let count = 0
  while (count < most && count < b.length && a[a.length - 1 - count] === b[b.length - 1 - count]) count++
  return count
}

/** Numbers of up to 15 digits take the quick way. */
function writeDecimal(digits: string, words: Uint32Array, at: number): void {
  const isSafe = digits.length <= safeDigits
  const number = isSafe ? Number(digits) : 0
  const value = isSafe ? 0n : BigInt(digits)
  words[at] = isSafe ? number : Number(BigInt.asUintN(32, value))
  words[at + 1] = isSafe ? Math.floor(number / 2 ** 32) : Number(value >> 32n)
}

function printDecimal(words: Uint32Array, at: number): string {
  const high = words[at + 1]
  if (high < 2 ** 21) return String(high * 2 ** 32 + words[at])
  return String((BigInt(high) << 32n) | BigInt(words[at]))
}

function misfit(text: string): LabError {
  return new LabError('invalid', `template: ${JSON.stringify(text.slice(0, 40))} is not of it`)
}
