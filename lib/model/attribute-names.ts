import type { AttributeName, AttributeScope } from './scan.ts'
import type { ValueType } from './trace.ts'

/** Collects the attributes that occur, in the order of their first use. */
export class AttributeNames {
  readonly #found = new Map<string, { scope: AttributeScope; key: string; types: Set<ValueType> }>()

  add(scope: AttributeScope, key: string, type: ValueType): void {
    const known = this.#found.get(`${scope}.${key}`)
    if (known) known.types.add(type)
    else this.#found.set(`${scope}.${key}`, { scope, key, types: new Set([type]) })
  }

  list(): AttributeName[] {
    return [...this.#found.values()].map(({ scope, key, types }) => ({ scope, key, types: [...types] }))
  }
}
