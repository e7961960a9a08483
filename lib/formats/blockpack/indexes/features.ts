import { hashText, mix32 } from '../../../bytes/hash.ts'
import { noParent, resolveParents } from '../../../model/tree.ts'
import { idTexts } from '../../../shred/span-ids.ts'
import type { Table } from '../../../shred/table.ts'
import { parentKind } from '../../../shred/tree.ts'

/**
 * The features of traces, as 32-bit hashes (FORMAT.md, Similarity): their services, their operations (service and span
 * name), their call edges (operation of the parent, operation) and the keys of their spans' attributes.
 */

/** What they are found in: columns of whole traces. */
export interface FeatureColumns {
  readonly hasRepeatedIds: boolean
  readonly trace: { readonly spanCounts: Uint32Array }
  readonly span: {
    readonly ids: Parameters<typeof idTexts>[0]
    readonly parentKinds: Uint32Array
    readonly parentValues: Float64Array
    readonly names: Table<string>
    readonly kinds: Float64Array
    readonly resources: { readonly codes: Uint32Array }
    /** By code of a resource. */
    readonly services: readonly string[]
    readonly attributes: {
      readonly columns: readonly { readonly key: string }[]
      readonly lists: Uint32Array
      readonly listColumns: readonly (readonly number[])[]
    }
  }
}

const seeds = { service: 1, name: 2, key: 3, edge: 4 } as const
const scratch = new Uint32Array(2)

function hashOf(text: string, seed: number): number {
  hashText(text, scratch, 0, seed)
  return scratch[0]!
}

/** By trace: its distinct features, in the order of first use. */
export function featuresOf(segment: FeatureColumns): Uint32Array[] {
  const { spanCounts } = segment.trace
  const { span } = segment
  const services = span.services.map(service => hashOf(service, seeds.service))
  const names = span.names.values.map(name => hashOf(name, seeds.name))
  const keys = span.attributes.columns.map(({ key }) => hashOf(key, seeds.key))
  const { listColumns: shapes, lists } = span.attributes
  /** By resource, list and column: the trace that had it last. */
  const [seenResources, seenShapes, seenKeys] = [services, shapes, keys].map(of =>
    new Int32Array(of.length).fill(-1),
  ) as [Int32Array, Int32Array, Int32Array]
  const resources = span.resources.codes
  const nameCodes = span.names.codes
  const operations = new Uint32Array(nameCodes.length)
  for (let row = 0; row < operations.length; row++)
    operations[row] = mix32(services[resources[row]!]! ^ names[nameCodes[row]!]!)
  const parents = parentsOf(segment)
  const features = new FeatureSet()
  const sets = new Array<Uint32Array>(spanCounts.length)
  for (let index = 0, start = 0; index < sets.length; index++) {
    features.clear()
    const end = start + spanCounts[index]!
    for (let row = start; row < end; row++) {
      const operation = operations[row]!
      const resource = resources[row]!
      if (seenResources[resource] !== index) features.add(services[resource]!)
      seenResources[resource] = index
      features.add(operation)
      const parent = parents[row]!
      if (parent >= 0) features.add(edgeHash(operations[parent]!, operation))
      const shape = lists[row]!
      if (seenShapes[shape] === index) continue
      seenShapes[shape] = index
      const columns = shapes[shape]!
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i]!
        if (seenKeys[column] !== index) features.add(keys[column]!)
        seenKeys[column] = index
      }
    }
    start = end
    sets[index] = features.take()
  }
  return sets
}

/** By span: the row of its parent, or a negative number. */
function parentsOf({ span, trace, hasRepeatedIds }: FeatureColumns): Int32Array {
  const { parentKinds: kinds, parentValues: values } = span
  const named = new Int32Array(kinds.length)
  for (let row = 0; row < named.length; row++)
    named[row] = kinds[row] === parentKind.inside ? row - values[row]! : noParent
  const first = hasRepeatedIds ? firstRows(idTexts(span.ids), trace.spanCounts) : undefined
  return resolveParents({ named, first }, row => span.kinds[row]!)
}

/** By span: the first row of its trace that has the same id. */
function firstRows(ids: readonly string[], spanCounts: Uint32Array): Int32Array {
  const first = new Int32Array(ids.length)
  let start = 0
  for (const spanCount of spanCounts) {
    const rows = new Map<string, number>()
    for (let row = start; row < start + spanCount; row++) {
      if (!rows.has(ids[row]!)) rows.set(ids[row]!, row)
      first[row] = rows.get(ids[row]!)!
    }
    start += spanCount
  }
  return first
}

/** A set of hashes that is emptied at no cost: a table with open places, which grows with the largest set. */
class FeatureSet {
  #table = new Uint32Array(256)
  /** By place: the round in which it was taken. */
  #rounds = new Uint32Array(256)
  #round = 0
  #items = new Uint32Array(128)
  #size = 0

  clear(): void {
    this.#round++
    this.#size = 0
  }

  add(feature: number): void {
    if (this.#size === this.#items.length) this.#grow()
    let place = feature & (this.#table.length - 1)
    while (this.#rounds[place] === this.#round) {
      if (this.#table[place] === feature) return
      place = (place + 1) & (this.#table.length - 1)
    }
    this.#rounds[place] = this.#round
    this.#table[place] = feature
    this.#items[this.#size++] = feature
  }

  take(): Uint32Array {
    return this.#items.slice(0, this.#size)
  }

  /** The table has twice as many places as there are items at most. */
  #grow(): void {
    const items = this.#items
    this.#table = new Uint32Array(this.#table.length * 4)
    this.#rounds = new Uint32Array(this.#table.length)
    this.#items = new Uint32Array(items.length * 4)
    this.#size = 0
    for (const item of items) this.add(item)
  }
}

/** The share of features that two sets have in common, of all that either has: 1 for equal sets. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  const other = new Set(b)
  let shared = 0
  for (const feature of a) if (other.has(feature)) shared++
  const all = a.length + b.length - shared
  return all === 0 ? 1 : shared / all
}

function edgeHash(parent: number, child: number): number {
  return mix32(Math.imul(parent ^ seeds.edge, 0x9e3779b1) + child)
}
