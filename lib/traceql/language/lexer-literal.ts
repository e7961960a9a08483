import { clip } from '../../error.ts'
import { failAt } from './parser-error.ts'

/** The value of a literal, and the offset after it. */
export interface Literal<Type extends string, Value> {
  readonly kind: Type
  readonly value: Value
  readonly end: number
}

export type NumberLiteral = Literal<'int' | 'duration', bigint> | Literal<'float', number>

const maxInt = 2n ** 63n - 1n
const numberPattern = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const wordPattern = /[\p{L}\p{Nd}_.µ]+/uy
const durationPattern = /(\d+)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h|d|w|y)|\.(\d+)(ns|us|µs|μs|ms|s|m|h|d|w|y)/y
const second = 1_000_000_000n
const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3_600n * second,
  d: 86_400n * second,
  w: 7n * 86_400n * second,
  y: 365n * 86_400n * second,
}

/** The int, float or duration at an offset that holds a digit, or a dot and a digit. */
export function readNumber(text: string, start: number): NumberLiteral {
  const word = matchAt(numberPattern, text, start)![0]
  const end = start + word.length
  if (matchAt(wordPattern, text, end) !== null) return readDuration(text, start)
  if (/^\d+$/.test(word)) {
    const value = word.length > 40 ? maxInt + 1n : BigInt(word)
    if (value > maxInt) failAt(text, { start, end }, `the int ${clip(word)} is above ${maxInt}`)
    return { kind: 'int', value, end }
  }
  const value = Number(word)
  if (!Number.isFinite(value)) failAt(text, { start, end }, `the float ${clip(word)} is out of range`)
  return { kind: 'float', value, end }
}

function readDuration(text: string, start: number): NumberLiteral {
  const word = matchAt(wordPattern, text, start)![0]
  const end = start + word.length
  let nanos = 0n
  let offset = start
  while (offset < end) {
    const part = matchAt(durationPattern, text, offset)
    if (part === null)
      failAt(text, { start, end }, `${clip(word)} is neither a number nor a duration such as 1h30m or 1.5s`)
    nanos += partNanos(part)
    offset += part[0].length
  }
  if (nanos > maxInt) failAt(text, { start, end }, `the duration ${clip(word)} is above ${maxInt} ns`)
  return { kind: 'duration', value: nanos, end }
}

/** Digits beyond a nanosecond are cut. */
function partNanos(part: RegExpExecArray): bigint {
  const unit = unitNanos[part[3] ?? part[5]!]!
  const fraction = (part[2] ?? part[4] ?? '').slice(0, 20)
  const whole = part[1] ?? '0'
  if (whole.length > 40) return maxInt + 1n
  return BigInt(whole) * unit + (BigInt(fraction === '' ? '0' : fraction) * unit) / 10n ** BigInt(fraction.length)
}

/** The text in backticks that open at `start`. Nothing is escaped; carriage returns are left out, as in Go. */
export function readRawString(text: string, start: number): Literal<'string', string> {
  const close = text.indexOf('`', start + 1)
  if (close < 0) failAt(text, { start, end: text.length }, 'a string that starts with ` does not end')
  return { kind: 'string', value: text.slice(start + 1, close).replaceAll('\r', ''), end: close + 1 }
}

const plainPattern = /[^"\\\n]+/y
const escapePattern = /\\(?:([abfnrtv\\"])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3}))/y
const escaped: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
}

/** The text in double quotes that open at `start`, with the escapes of Go; it ends in its line. */
export function readString(text: string, start: number): Literal<'string', string> {
  const parts: string[] = []
  let offset = start + 1
  while (text[offset] !== '"') {
    if (offset >= text.length || text[offset] === '\n')
      failAt(text, { start, end: offset }, 'a string that starts with " does not end in its line')
    const plain = matchAt(plainPattern, text, offset)
    const read = plain === null ? readEscapes(text, offset) : { value: plain[0], end: offset + plain[0].length }
    parts.push(read.value)
    offset = read.end
  }
  return { kind: 'string', value: parts.join(''), end: offset + 1 }
}

/** One escape, or a run of escaped bytes (`\xC3\xA9`), which must be UTF-8. */
function readEscapes(text: string, start: number): { value: string; end: number } {
  const bytes: number[] = []
  let end = start
  for (;;) {
    const code = matchAt(escapePattern, text, end)
    const byte = code?.[2] === undefined ? Number.parseInt(code?.[5] ?? 'none', 8) : Number.parseInt(code[2], 16)
    if (code !== null && byte < 256) {
      bytes.push(byte)
      end += code[0].length
    } else if (bytes.length > 0) return { value: utf8(text, start, end, bytes), end }
    else if (code === null || byte >= 256) failAt(text, { start, end: start + 2 }, badEscape)
    else return { value: escapedPoint(text, start, code), end: start + code[0].length }
  }
}

const badEscape = 'an unknown escape: write \\\\ for a backslash, or quote the string with `'

function escapedPoint(text: string, start: number, code: RegExpExecArray): string {
  if (code[1] !== undefined) return escaped[code[1]]!
  const point = Number.parseInt(code[3] ?? code[4]!, 16)
  const end = start + code[0].length
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    failAt(text, { start, end }, `${code[0]} is no character`)
  return String.fromCodePoint(point)
}

function utf8(text: string, start: number, end: number, bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return failAt(text, { start, end }, 'escaped bytes that are no UTF-8')
  }
}

/** What a sticky pattern matches at an offset. */
export function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset
  return pattern.exec(text)
}
