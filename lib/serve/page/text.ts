/** Texts of numbers and times. */

const units: readonly [size: number, name: string][] = [
  [3_600e9, 'h'],
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
]

/** A length of time in three digits or so. */
export function duration(nanos: number): string {
  const [size, name] = units.find(([least]) => Math.abs(nanos) >= least) ?? [1, 'ns']
  return `${Number((nanos / size).toPrecision(3))} ${name}`
}

/** A time of the reader's clock, with milliseconds. */
export function time(nanos: bigint): string {
  const date = new Date(Number(nanos / 1_000_000n))
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0')
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

export function bytes(count: number): string {
  const [size, name] = count >= 2 ** 30 ? [2 ** 30, 'GiB'] : count >= 2 ** 20 ? [2 ** 20, 'MiB'] : [2 ** 10, 'KiB']
  return count < 1024 ? `${count} B` : `${Number((count / size).toPrecision(3))} ${name}`
}

/** One of the colours of the page for a name, the same each time. */
export function colourOf(name: string): string {
  let hash = 0
  for (const letter of name) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) | 0
  return `hsl(${((hash >>> 0) * 137.508) % 360} 55% 50%)`
}

/** So many a second, or a minute or an hour where that is below one. */
export function rate(perSecond: number): string {
  const [unit, value] =
    perSecond >= 1 || perSecond === 0
      ? ['s', perSecond]
      : perSecond * 60 >= 1
        ? ['min', perSecond * 60]
        : ['h', perSecond * 3_600]
  return `${Number(value.toPrecision(3)).toLocaleString('en')}/${unit}`
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}

/** The beginning of a text that may be long. */
export function clipped(text: string, length: number): string {
  const letters = [...text.slice(0, 2 * length + 2)]
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`
}

/** Longer names cost more to lay out than anyone reads in a line. */
export const maxName = 200
