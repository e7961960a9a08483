import { getOrInsert } from '../../maps.ts'
import { type Attributes, type Trace, valueType } from '../../model/trace.ts'
import type { AttributeColumn, AttributeType } from './schema.ts'

/** An attribute has a column if one span in so many has it. */
const spansPerValue = 200
const maxColumns = 200
const types: ReadonlySet<string> = new Set<AttributeType>(['string', 'int', 'double', 'bool'])

type Owner = AttributeColumn['owner']

/** Counts attributes, to choose which have columns of their own. */
export class AttributeCounts {
  readonly #counts = new Map<string, AttributeColumn & { count: number }>()
  /** How often lists of attributes that many spans share have occurred. */
  readonly #shared = new Map<Attributes, number>()
  #spanCount = 0

  add({ spans }: Trace): void {
    for (const { attributes, resource } of spans) {
      this.#count('span', attributes, 1)
      if (resource) this.#shared.set(resource.attributes, (this.#shared.get(resource.attributes) ?? 0) + 1)
      this.#spanCount++
    }
    if (this.#shared.size > 1000) this.#countShared()
  }

  #countShared(): void {
    for (const [attributes, count] of this.#shared) this.#count('resource', attributes, count)
    this.#shared.clear()
  }

  #count(owner: Owner, attributes: Attributes, times: number): void {
    for (const { key, value } of attributes) {
      const type = valueType(value)
      // A key with a lone surrogate is no name: the map refuses it.
      if (!types.has(type) || !key.isWellFormed()) continue
      const column = { owner, key, type: type as AttributeType, count: 0 }
      getOrInsert(this.#counts, `${owner} ${type} ${key}`, () => column).count += times
    }
  }

  /** The columns, in the order of owner and key: of each key the type that most values have. */
  choose(): AttributeColumn[] {
    this.#countShared()
    const byFrequency = [...this.#counts.values()].sort((a, b) => b.count - a.count || compare(idOf(a), idOf(b)))
    const chosen = new Map<string, AttributeColumn>()
    for (const { owner, key, type, count } of byFrequency)
      if (chosen.size < maxColumns && count * spansPerValue >= this.#spanCount)
        getOrInsert(chosen, `${owner} ${key}`, () => ({ owner, key, type }))
    return [...chosen.values()].sort((a, b) => compare(idOf(a), idOf(b)))
  }
}

function idOf({ owner, key, type }: AttributeColumn): string {
  return `${owner} ${key} ${type}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
