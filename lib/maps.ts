/** The value of a key; where the map has none, `make` gives it and the map keeps it. */
export function getOrInsert<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: (key: K) => V,
): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = make(key)
  map.set(key, value)
  return value
}

/** Values by text that can be made again: all are forgotten once what is held weighs more than `limit`. */
export class BoundedCache<V> {
  readonly #values = new Map<string, V>()
  readonly #limit: number
  readonly #weigh: (key: string) => number
  #weight = 0

  /** Without `weigh` each value weighs 1. */
  constructor(limit: number, weigh: (key: string) => number = () => 1) {
    this.#limit = limit
    this.#weigh = weigh
  }

  get(key: string, make: () => V): V {
    const known = this.#values.get(key)
    if (known !== undefined) return known
    const value = make()
    if (this.#weight > this.#limit) {
      this.#values.clear()
      this.#weight = 0
    }
    this.#values.set(key, value)
    this.#weight += this.#weigh(key)
    return value
  }
}
