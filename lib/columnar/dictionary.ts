/** Values by code, in the order of first use. */
export class Dictionary<T> {
  readonly values: T[] = []
  readonly #codes = new Map<unknown, number>()
  readonly #keyOf: (value: T) => unknown

  /** `keyOf` maps equal values to one key (as a Map compares them). */
  constructor(keyOf: (value: T) => unknown = value => value) {
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.values.length
  }

  code(value: T): number {
    const key = this.#keyOf(value)
    let code = this.#codes.get(key)
    if (code === undefined) {
      code = this.values.length
      this.#codes.set(key, code)
      this.values.push(value)
    }
    return code
  }
}
