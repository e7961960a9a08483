import { readNumber } from './lexer-literal.ts'

const timePattern = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/
const maxNanos = 2n ** 63n - 1n

/** A time as ns since the epoch: a number of up to ten digits is seconds, as in Tempo, a longer one ns, or RFC 3339. */
export function parseTime(text: string): bigint | undefined {
  const nanos = secondsOrNanos(text) ?? rfc3339(text)
  return nanos !== undefined && nanos <= maxNanos ? nanos : undefined
}

/** A length of time above 0 as ns: a duration as in TraceQL, or seconds. */
export function parseDuration(text: string): bigint | undefined {
  const nanos = durationNanos(text)
  return nanos !== undefined && nanos > 0n && nanos <= maxNanos ? nanos : undefined
}

function secondsOrNanos(text: string): bigint | undefined {
  const [, whole, fraction] = /^(\d{1,20})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  if (whole === undefined || (fraction !== undefined && whole.length > 10)) return undefined
  return whole.length > 10 ? BigInt(whole) : BigInt(whole) * 1_000_000_000n + fractionNanos(fraction)
}

function rfc3339(text: string): bigint | undefined {
  const [, date, clock, fraction, zone] = timePattern.exec(text) ?? []
  if (date === undefined || !isDate(date)) return undefined
  const millis = Date.parse(`${date}T${clock}${zone!.toUpperCase()}`)
  return Number.isNaN(millis) || millis < 0 ? undefined : BigInt(millis) * 1_000_000n + fractionNanos(fraction)
}

/** False for February 30, which would else be taken for March. */
function isDate(date: string): boolean {
  const millis = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(date)
}

function fractionNanos(fraction = ''): bigint {
  return BigInt(fraction.padEnd(9, '0'))
}

function durationNanos(text: string): bigint | undefined {
  if (!/^\.?\d/.test(text)) return undefined
  try {
    const { kind, value, end } = readNumber(text, 0)
    if (end !== text.length) return undefined
    if (kind === 'duration') return value
    return kind === 'int' ? value * 1_000_000_000n : BigInt(Math.round(Number(value) * 1e9))
  } catch {
    return undefined
  }
}
