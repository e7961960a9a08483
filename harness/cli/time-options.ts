import { LabError } from '../../lib/error.ts'
import { parseDuration, parseTime } from '../../lib/traceql/language/time-texts.ts'
import { single } from './options.ts'

/** Reads a time from a flag's text, as ns since the epoch. */
export function time(flag: string): (text: unknown) => bigint | undefined {
  return reading(flag, parseTime, 'a time such as 1700000000 (s), 1700000000123456789 (ns) or 2023-11-14T22:13:20Z')
}

/** Reads a length of time above 0 from a flag's text, as ns. */
export function duration(flag: string): (text: unknown) => bigint | undefined {
  return reading(flag, parseDuration, 'a duration above 0, such as 30s, 1m30s or 15 (s)')
}

/** A length of time above 0 as ms, at least 1. */
export function millisOf(nanos: bigint): number {
  return Math.max(1, Number(nanos / 1_000_000n))
}

function reading(flag: string, parse: (text: string) => bigint | undefined, needed: string) {
  return (given: unknown): bigint | undefined => {
    const text = single(flag, given)
    if (text === undefined) return undefined
    const nanos = parse(text)
    if (nanos !== undefined) return nanos
    throw new LabError('usage', `--${flag} ${text}: needs ${needed}`)
  }
}
