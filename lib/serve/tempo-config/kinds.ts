import { parseDuration } from '../../traceql/language/time-texts.ts'

/** What a value of a configuration may be. */
export interface Kind<V> {
  /** In words: `a duration such as 30s`. */
  readonly needs: string
  /** The value, or undefined where it may not be. */
  read(given: unknown): { readonly value: V } | undefined
  /** As it is written in a file. */
  print(value: V): unknown
}

const units = ['B', 'K', 'M', 'G', 'T']
const bytesPattern = /^(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?)B?|B)$/i
const maxBytes = 2 ** 50
const nanosPerMilli = 1_000_000

/** Nothing where it is not so. */
const when = <V>(isSo: boolean, value: V) => (isSo ? { value } : undefined)

export const text: Kind<string> = {
  needs: 'a text',
  read: given => when(typeof given === 'string' && given !== '', given as string),
  print: value => value || undefined,
}

export const boolean: Kind<boolean> = {
  needs: 'true or false',
  read: given => when(typeof given === 'boolean', given as boolean),
  print: value => value,
}

export function choice<T extends string>(names: readonly T[]): Kind<T> {
  return {
    needs: `one of ${names.join(', ')}`,
    read: given => when(names.includes(given as T), given as T),
    print: value => value,
  }
}

export function integer(min: number, max: number): Kind<number> {
  return {
    needs: `an integer from ${min} to ${max}`,
    read: given => when(Number.isInteger(given) && Number(given) >= min && Number(given) <= max, Number(given)),
    print: value => value,
  }
}

export const count = (min: number): Kind<number> => integer(min, 2 ** 40)

/** A kind of what may be absent. */
export function optional<V>(kind: Kind<V>): Kind<V | undefined> {
  return { ...kind, print: value => value && kind.print(value) }
}

/** A text that is not shown. */
export const secret: Kind<string | undefined> = { ...text, print: value => value && '<hidden>' }

/** Milliseconds of a duration as Go writes it; a bare number is ns. */
export const millis: Kind<number> = {
  needs: 'a duration of at least 1ms, such as 30s or 1h30m',
  read: given => {
    const isText = typeof given === 'string' && /[a-zµ]$/.test(given)
    const nanos = isText
      ? Number(parseDuration(given) ?? Number.NaN)
      : Number(typeof given === 'number' ? given : 'NaN')
    return when(nanos >= nanosPerMilli, Math.round(nanos / nanosPerMilli))
  },
  print: printMillis,
}

export const byteLength: Kind<number> = {
  needs: 'bytes, such as 52428800 or 50MiB',
  read: given => {
    const [, number, unit = 'B', binary] = bytesPattern.exec(String(given)) ?? []
    const factor = (binary ? 1024 : 1000) ** units.indexOf(unit.toUpperCase())
    const value = typeof given === 'number' ? given : Math.round(Number(number) * factor)
    return when(Number.isInteger(value) && value > 0 && value <= maxBytes, value)
  },
  print: value => value,
}

/** A kind in which 0 says that there is no bound. */
export function orNone<V>(kind: Kind<V>): Kind<V | undefined> {
  return {
    needs: `${kind.needs}, or 0 for no bound`,
    read: given => (/^0(?:[a-zA-Zµ]+)?$/.test(String(given)) ? { value: undefined } : kind.read(given)),
    print: value => (value === undefined ? 0 : kind.print(value)),
  }
}

/** `1h30m0s` */
function printMillis(value: number): string {
  if (value % 1_000 !== 0) return `${value}ms`
  const parts = [Math.floor(value / 3_600_000), Math.floor(value / 60_000) % 60, (value / 1_000) % 60]
  return parts.map((part, i) => (part > 0 ? `${part}${'hms'[i]}` : '')).join('')
}
