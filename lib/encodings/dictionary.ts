import { floats, words } from '../bytes/arena.ts'

/** Values by code, in the order of first use. */
export class Dictionary<T> {
  readonly values: T[] = []
  readonly #codes = new Map<unknown, number>()
  readonly #keyOf: (value: T) => unknown
  /** What was asked for last: values repeat. */
  #lastValue: T | undefined
  #lastCode = -1

  /** `keyOf` maps equal values to one key (as a Map compares them). */
  constructor(keyOf: (value: T) => unknown = value => value) {
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.values.length
  }

  code(value: T): number {
    if (Object.is(value, this.#lastValue) && this.#lastCode >= 0) return this.#lastCode
    this.#lastValue = value
    const key = this.#keyOf(value)
    let code = this.#codes.get(key)
    if (code === undefined) {
      code = this.values.push(value) - 1
      this.#codes.set(key, code)
    }
    this.#lastCode = code
    return code
  }
}

/** By row, what a table has in the place of its code. */
export function recode(codes: ArrayLike<number>, table: ArrayLike<number>): Uint32Array {
  const recoded = words(codes.length)
  for (let row = 0; row < recoded.length; row++) recoded[row] = table[codes[row]!]!
  return recoded
}

/** The numbers of a table at some places. */
export function numbersAt(places: ArrayLike<number>, table: ArrayLike<number>): Float64Array {
  const numbers = floats(places.length)
  for (let i = 0; i < numbers.length; i++) numbers[i] = table[places[i]!]!
  return numbers
}
