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
    if (value === this.#lastValue && this.#lastCode >= 0) return this.#lastCode
    const key = this.#keyOf(value)
    let code = this.#codes.get(key)
    if (code === undefined) {
      code = this.values.length
      this.#codes.set(key, code)
      this.values.push(value)
    }
    this.#lastValue = value
    this.#lastCode = code
    return code
  }
}
