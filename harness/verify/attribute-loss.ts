import { hashText } from '../../lib/bytes/hash.ts'
import { getOrInsert } from '../../lib/maps.ts'
import { keyText } from '../../lib/model/column-builder.ts'
import type { Attributes, Value } from '../../lib/model/trace.ts'
import type { Batches } from './verify.ts'

/** What became of the attributes of one key. */
export interface AttributeLoss {
  /** With its scope: `span.http.method`. */
  readonly name: string
  /** Spans that had it, and that have it. */
  readonly hadSpans: number
  readonly keptSpans: number
  /** Distinct values that it had, and has: no more are counted than `maxValues`. */
  readonly hadValues: number
  readonly keptValues: number
}

/** Distinct values that are counted per key. */
const maxValues = 10_000

/** By attribute what it was and is: those of which nothing is left come first, then those that lost most values. */
export async function attributeLosses(original: Batches, kept: Batches): Promise<AttributeLoss[]> {
  const [had, has] = [await countAttributes(original), await countAttributes(kept)]
  const losses = [...had].map(([name, { spanCount, values }]): AttributeLoss => {
    const own = has.get(name)
    return {
      name,
      hadSpans: spanCount,
      keptSpans: own?.spanCount ?? 0,
      hadValues: values.size,
      keptValues: own?.values.size ?? 0,
    }
  })
  const left = ({ keptValues, hadValues }: AttributeLoss) => keptValues / hadValues
  return losses.sort((a, b) => left(a) - left(b) || b.hadValues - a.hadValues || (a.name < b.name ? -1 : 1))
}

interface Count {
  spanCount: number
  /** Hashes. */
  readonly values: Set<number>
}

async function countAttributes(batches: Batches): Promise<Map<string, Count>> {
  const counts = new Map<string, Count>()
  const shared = new WeakMap<Attributes, readonly [Count, Value][]>()
  const find = (scope: string, attributes: Attributes) =>
    attributes.map(({ key, value }): [Count, Value] => [
      getOrInsert(counts, `${scope}.${key}`, () => ({ spanCount: 0, values: new Set() })),
      value,
    ])
  for await (const batch of batches)
    for (const { spans } of batch)
      for (const { attributes, resource } of spans) {
        for (const found of find('span', attributes)) add(found)
        if (resource === null) continue
        for (const found of getOrInsert(shared, resource.attributes, () => find('resource', resource.attributes)))
          add(found)
      }
  return counts
}

function add([count, value]: readonly [Count, Value]): void {
  count.spanCount++
  if (count.values.size < maxValues) count.values.add(hashOf(value))
}

const words = new Uint32Array(2)

function hashOf(value: Value): number {
  hashText(keyText(value), words)
  return words[0]! * 2 ** 20 + (words[1]! >>> 12)
}
