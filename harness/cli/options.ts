import { LabError } from '../../lib/error.ts'
import { hint } from '../../lib/nearest.ts'

/** Stands for a `-` that is not a flag's value, which yargs would drop. */
export const dash = '\0-'

/** Reads an integer of a range from a flag's text. */
export function integer(flag: string, min: number, max: number): (text: unknown) => number | undefined {
  return given => {
    const text = single(flag, given)
    if (text === undefined) return undefined
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new LabError('usage', `--${flag} ${text}: needs an integer from ${min} to ${max}`)
  }
}

/** Reads one of some names from a flag's text. */
export function oneOf<T extends string>(flag: string, names: readonly T[]): (text: unknown) => T | undefined {
  return given => {
    const text = single(flag, given)
    if (text === undefined || names.includes(text as T)) return text as T | undefined
    throw new LabError('usage', `--${flag} ${text}: needs one of ${names.join(', ')}${hint(text, names)}`)
  }
}

/** A flag that takes one of some names. */
export function choice<T extends string>(flag: string, names: readonly T[], describe: string) {
  return { type: 'string', requiresArg: true, choices: names, describe, coerce: oneOf(flag, names) } as const
}

/** Reads a list, separated by commas or by repeating the flag. */
export function list(flag: string): (given: unknown) => string[] | undefined {
  return given => {
    if (given === undefined) return undefined
    const texts = [given].flat().map(String)
    const names = texts.flatMap(text => text.split(',')).map(name => name.trim())
    if (names.includes('')) throw new LabError('usage', `--${flag}: a name is missing`)
    return names
  }
}

/** The one text of a flag. */
export function single(flag: string, given: unknown): string | undefined {
  if (Array.isArray(given)) throw new LabError('usage', `--${flag}: stands ${given.length} times`)
  if (given === '') throw new LabError('usage', `--${flag}: its value is missing`)
  return given as string | undefined
}

/** Reads a positive number from a flag's text. */
export function positive(flag: string): (text: unknown) => number | undefined {
  return given => {
    const text = single(flag, given)
    if (text === undefined) return undefined
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
    if (value > 0) return value
    throw new LabError('usage', `--${flag} ${text}: needs a number above 0`)
  }
}

/** Reads a number above 0 and up to 1. */
export function share(flag: string): (text: unknown) => number | undefined {
  const read = positive(flag)
  return given => {
    const value = read(given)
    if (value === undefined || value <= 1) return value
    throw new LabError('usage', `--${flag} ${given}: needs a number above 0, up to 1`)
  }
}
