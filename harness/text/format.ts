/** Numbers as the tables print them. What was not earned is a dash. */

const dash = '–'

/** 1,234,567 */
export function whole(value: number | null): string {
  return value === null ? dash : grouped(Math.round(value).toFixed(0))
}

/** Digits with the thousands of their whole part apart; without Intl, which takes 20 ms to load. */
function grouped(digits: string): string {
  return digits.replaceAll(/\B(?<!\.\d*)(?=(?:\d{3})+(?:\.|$))/g, ',')
}

/** Fixed digits after the point, with thousands apart. */
export function fixed(digits: number): (value: number | null) => string {
  return value => (value === null ? dash : grouped(value.toFixed(digits)))
}

/** 14.72x */
export function times(value: number | null): string {
  return value === null ? dash : `${fixed(2)(value)}x`
}

/** A rate in thousands: 123k; small ones whole. */
export function thousands(value: number | null): string {
  if (value === null) return dash
  return value >= 10_000 ? `${whole(value / 1000)}k` : whole(value)
}

/** Seconds with three significant digits. */
export function seconds(value: number | null): string {
  return value === null ? dash : value >= 100 ? whole(value) : value.toPrecision(3)
}

/** A share as a percentage. */
export function percent(value: number | null): string {
  return value === null ? dash : `${(value * 100).toFixed(1)} %`
}

/** A share or an error as a percentage with two digits: 0, <0.1 %, 2.1 %, 35 %; as a multiple from 10 on: 12x. */
export function roughPercent(value: number | null): string {
  if (value === null) return dash
  if (value === 0) return '0'
  if (value < 0.001) return '<0.1 %'
  if (value >= 10) return `${whole(value)}x`
  return value < 0.0995 ? percent(value) : `${whole(value * 100)} %`
}

/** Bytes in MiB. */
export function mebibytes(byteLength: number | null): number | null {
  return byteLength === null ? null : byteLength / 2 ** 20
}

/** 1 span, 2 spans */
export function plural(count: number, name: string): string {
  return `${whole(count)} ${name}${count === 1 ? '' : 's'}`
}
