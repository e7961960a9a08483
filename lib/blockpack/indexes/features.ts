import { hashText, mix32 } from '../../bytes/hash.ts'
import type { Segment } from '../../columnar/shred.ts'
import { parentKind } from '../../columnar/tree.ts'
import type { Resource } from '../../model/trace.ts'

/**
 * The features of traces, as 32-bit hashes (FORMAT.md, Similarity): their services, their operations (service and span
 * name), their call edges (operation of the parent, operation) and the keys of their spans' attributes.
 */

const seeds = { service: 1, name: 2, key: 3, edge: 4 } as const
const scratch = new Uint32Array(2)

function hashOf(text: string, seed: number): number {
  hashText(text, scratch, 0, seed)
  return scratch[0]!
}

/** By trace of the segment: its distinct features, in no order. */
export function featuresOf(segment: Segment): Uint32Array[] {
  const { trace, span } = segment
  const services = span.resources.dictionary.values.map(serviceHash)
  const names = span.names.dictionary.values.map(name => hashOf(name, seeds.name))
  const keys = span.attributes.columns.map(({ key }) => hashOf(key, seeds.key))
  const shapes = span.attributes.listColumns().map(list => list.map(column => keys[column]!))
  const operations = new Uint32Array(segment.spanCount)
  for (let row = 0; row < operations.length; row++)
    operations[row] = mix32(services[span.resources.codes[row]!]! ^ names[span.names.codes[row]!]!)
  let start = 0
  return trace.spanCounts.map(spanCount => {
    const features = new Set<number>()
    const seenShapes = new Set<number>()
    for (let row = start; row < start + spanCount; row++) {
      features.add(services[span.resources.codes[row]!]!)
      features.add(operations[row]!)
      if (span.parentKinds[row] === parentKind.inside)
        features.add(edgeHash(operations[row - span.parentValues[row]!]!, operations[row]!))
      seenShapes.add(span.attributes.lists[row]!)
    }
    for (const shape of seenShapes) for (const key of shapes[shape]!) features.add(key)
    start += spanCount
    return Uint32Array.from(features)
  })
}

/** The share of features that two sets have in common, of all that either has: 1 for equal sets. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  const other = new Set(b)
  let shared = 0
  for (const feature of a) if (other.has(feature)) shared++
  const all = a.length + b.length - shared
  return all === 0 ? 1 : shared / all
}

function serviceHash(resource: Resource | null): number {
  const value = resource?.attributes.find(({ key }) => key === 'service.name')?.value
  return hashOf(typeof value === 'string' ? value : '', seeds.service)
}

function edgeHash(parent: number, child: number): number {
  return mix32(Math.imul(parent ^ seeds.edge, 0x9e3779b1) + child)
}
