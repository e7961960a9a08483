import { LabError } from '../error.ts'
import { checkEqual, checkValueCount } from './counts.ts'

/** What all strings of a column have in common, where what differs is digits. */
export type Template = HexTemplate | DecimalTemplate

/** Strings of one length: literals, and hex digits of one case between them (a UUID has five runs of them). */
export interface HexTemplate {
  digits: 'hex' | 'HEX'
  /** One more than widths: what stands before, between and after the runs of digits. */
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

/** The digits of all strings in a row, two to a byte. Each string must be of the template. */
export function encodeHexTemplate(strings: readonly string[], template: HexTemplate): Buffer {
  const digits = strings.map(text => hexDigitsOf(text, template)).join('')
  const even = digits.length % 2 === 0 ? digits : `${digits}0`
  return Buffer.from(even, 'hex')
}

/** `count` strings of the template. */
export function decodeHexTemplate(bytes: Uint8Array, template: HexTemplate, count: number): string[] {
  const { literals, widths, digits } = template
  checkEqual('template', 'literals', widths.length + 1, literals.length)
  const width = widths.reduce((sum, one) => sum + checkValueCount(one, 'template'), 0)
  if (width === 0) throw new LabError('corrupt', 'template: it has no digits')
  checkEqual('template', 'bytes', Math.ceil((checkValueCount(count, 'template') * width) / 2), bytes.length)
  if ((count * width) % 2 === 1 && (bytes[bytes.length - 1]! & 15) !== 0)
    throw new LabError('corrupt', 'template: bits are set behind the last digit')
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  const all = digits === 'hex' ? hex : hex.toUpperCase()
  return Array.from({ length: count }, (_, row) => fill(template, all, row * width))
}

function fill({ literals, widths }: HexTemplate, digits: string, start: number): string {
  let text = literals[0]!
  let at = start
  for (let i = 0; i < widths.length; i++) {
    const end = at + widths[i]!
    text += digits.slice(at, end) + literals[i + 1]!
    at = end
  }
  return text
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

function findHex(strings: readonly string[]): HexTemplate | undefined {
  const first = strings[0] ?? ''
  const differs = new Uint8Array(first.length)
  for (const text of strings) {
    if (text.length !== first.length) return undefined
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== first.charCodeAt(i)) differs[i] = 1
  }
  const template = cut(first, differs)
  if (template.widths.length === 0) return undefined
  return (['hex', 'HEX'] as const)
    .map(digits => ({ digits, ...template }))
    .find(candidate => strings.every(text => isHexAt(text, differs, candidate.digits === 'hex' ? 0x61 : 0x41)))
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

function isHexAt(text: string, places: Uint8Array, letterA: number): boolean {
  for (let i = 0; i < places.length; i++) {
    if (places[i] === 0) continue
    const code = text.charCodeAt(i)
    if (!((code >= 0x30 && code <= 0x39) || (code >= letterA && code < letterA + 6))) return false
  }
  return true
}

function hexDigitsOf(text: string, { digits, literals, widths }: HexTemplate): string {
  let found = ''
  let at = literals[0]!.length
  let digitCount = 0
  let rebuilt = literals[0]!
  widths.forEach((width, i) => {
    const part = text.slice(at, at + width)
    found += part
    digitCount += width
    rebuilt += part + literals[i + 1]!
    at = rebuilt.length
  })
  if (
    rebuilt !== text ||
    found.length !== digitCount ||
    !(digits === 'hex' ? /^[0-9a-f]*$/ : /^[0-9A-F]*$/).test(found)
  )
    throw misfit(text)
  return found
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
