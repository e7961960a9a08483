/** Times as the tables print them. */

const units = [
  ['d', 864e11],
  ['h', 36e11],
  ['min', 6e10],
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const

/** 1.25 ms */
export function printNanos(nanos: bigint): string {
  const size = Math.abs(Number(nanos))
  const [unit, factor] = units.find(([, factor]) => size >= factor) ?? units.at(-1)!
  const value = size / factor
  const digits = value >= 100 || factor === 1 ? 0 : value >= 10 ? 1 : 2
  return `${nanos < 0n ? '-' : ''}${value.toLocaleString('en', { maximumFractionDigits: digits })} ${unit}`
}

/** A time to the nanosecond, UTC; the number where no date can tell it. */
export function printTime(nanos: bigint): string {
  const date = new Date(Number(nanos / 1_000_000n))
  if (Number.isNaN(date.getTime())) return `${nanos} ns`
  return `${date.toISOString().slice(0, 19)}.${(nanos % 1_000_000_000n).toString().padStart(9, '0')}Z`
}
