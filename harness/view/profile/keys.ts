import { type Attributes, type ValueType, valueType } from '../../../lib/model/trace.ts'
import { type Distinct, DistinctSet } from './distinct.ts'

/** Where an attribute stands. */
export type Owner = 'resource' | 'scope' | 'span' | 'event' | 'link'

/** One key of one kind of owner. */
export interface KeyProfile {
  owner: Owner
  key: string
  /** How many values it has; of a resource or scope, once for each that differs as an object. */
  count: number
  types: ValueType[]
  values: Distinct
}

const maxKeys = 2000
/** With the cap on keys this bounds the memory: 2,000 keys of 2,000 values of 60 characters. */
const maxValues = 2000

interface Entry {
  count: number
  types: Set<ValueType>
  values: DistinctSet
}

/** The keys of all attributes, their types and how many distinct values each has. */
export class KeyTable {
  readonly #entries = new Map<Owner, Map<string, Entry>>()
  #size = 0
  #isFull = false

  add(owner: Owner, attributes: Attributes): void {
    for (const { key, value } of attributes) {
      const entry = this.#entry(owner, key)
      if (entry === undefined) continue
      entry.count++
      entry.types.add(valueType(value))
      entry.values.add(value)
    }
  }

  /** The keys with most distinct values first; among equals the most frequent. */
  profiles(): KeyProfile[] {
    const all = [...this.#entries].flatMap(([owner, entries]) =>
      [...entries].map(([key, { count, types, values }]) => ({
        owner,
        key,
        count,
        types: [...types].sort(),
        values: values.distinct(),
      })),
    )
    return all.sort((a, b) => b.values.count - a.values.count || b.count - a.count)
  }

  distinct(): Distinct {
    return { count: this.#size, isCapped: this.#isFull }
  }

  #entry(owner: Owner, key: string): Entry | undefined {
    const entries = this.#entries.get(owner) ?? new Map<string, Entry>()
    this.#entries.set(owner, entries)
    const known = entries.get(key)
    if (known !== undefined) return known
    this.#isFull = this.#size >= maxKeys
    if (this.#isFull) return undefined
    this.#size++
    const entry = { count: 0, types: new Set<ValueType>(), values: new DistinctSet(maxValues) }
    entries.set(key, entry)
    return entry
  }
}
