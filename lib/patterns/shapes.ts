import { hashText, mix32 } from '../bytes/hash.ts'
import { BoundedCache } from '../maps.ts'
import { serviceOf } from '../model/service.ts'
import type { Attributes, Resource, Span, Trace } from '../model/trace.ts'
import { missingParent, parentRows } from '../model/tree.ts'
import { textTemplate } from './texts.ts'

/** What a span hangs from: a span of the trace, nothing, a span that the trace lacks, or itself by way of others. */
export type Above = 'parent' | 'none' | 'missing' | 'circle'

/** The status codes that are told apart: unset, ok, error, and all others. */
export function statusClass(span: Span): number {
  const code = span.status?.code ?? 0
  return code >= 0 && code <= 2 ? code : 3
}

/** The name of a span as its template has it. */
export function nameTemplate(span: Span): string {
  return textTemplate(span.name)
}

/** 64 bits as two words. */
type Hash = readonly [low: number, high: number]

/** Texts are many times the same: so many are hashed once. */
const maxCached = 1 << 14

/** The shape of one trace: hashes of the tree below each span, and of the whole. */
export interface Shape {
  readonly parents: Int32Array
  readonly above: readonly Above[]
  /** By span two words: of all that hangs from it, itself included. */
  readonly subtrees: Uint32Array
  /** Of the trace: 16 hex digits, equal for equal shapes wherever they are met. */
  readonly key: string
}

/**
 * Hashes shapes of traces. A span counts by its service, the template of its name, kind, status class and the keys of its
 * attributes; children by what they are, in any order; neither ids, times nor values count.
 */
export class ShapeHasher {
  readonly #names = new BoundedCache<Hash>(maxCached)
  readonly #keys = new BoundedCache<Hash>(maxCached)
  readonly #services = new WeakMap<Resource, Hash>()
  readonly #hasStatus: boolean

  /** Without statuses traces that failed have the shape of those that did not, where nothing else differs. */
  constructor(hasStatus: boolean) {
    this.#hasStatus = hasStatus
  }

  shapeOf({ spans }: Trace): Shape {
    const parents = parentRows(spans)
    const waitingFor = childCounts(parents)
    const subtrees = new Uint32Array(spans.length * 2)
    const above = spans.map((_, row): Above => aboveOf(parents[row]!))
    for (const [row, span] of spans.entries()) this.#addLabel(subtrees, row, span)
    const whole = new Uint32Array(2)
    const order = leavesFirst(parents, waitingFor)
    const isPlaced = new Uint8Array(spans.length)
    for (const row of order) {
      isPlaced[row] = 1
      finish(subtrees, row)
      if (parents[row]! >= 0) addTo(subtrees, parents[row]!, subtrees[row * 2]!, subtrees[row * 2 + 1]!)
      else addRoot(whole, subtrees, row, parents[row]! === missingParent ? 1 : 0)
    }
    for (let row = 0; row < spans.length; row++) {
      if (isPlaced[row] === 1) continue
      above[row] = 'circle'
      finish(subtrees, row)
      addRoot(whole, subtrees, row, 2)
    }
    finish(whole, 0)
    return { parents, above, subtrees, key: hexOf(whole[1]!) + hexOf(whole[0]!) }
  }

  #addLabel(subtrees: Uint32Array, row: number, span: Span): void {
    const kindAndStatus = span.kind * 4 + (this.#hasStatus ? statusClass(span) : 0)
    addTo(subtrees, row, mix32(kindAndStatus), mix32(~kindAndStatus))
    const [serviceLow, serviceHigh] = this.#serviceHash(span.resource)
    addTo(subtrees, row, serviceLow, serviceHigh)
    const [nameLow, nameHigh] = this.#names.get(span.name, () => hashOf(nameTemplate(span), seeds.name))
    addTo(subtrees, row, nameLow, nameHigh)
    this.#addKeys(subtrees, row, span.attributes)
  }

  #addKeys(subtrees: Uint32Array, row: number, attributes: Attributes): void {
    for (const { key } of attributes) {
      const [low, high] = this.#keys.get(key, () => hashOf(key, seeds.key))
      addTo(subtrees, row, low, high)
    }
  }

  #serviceHash(resource: Resource | null): Hash {
    if (resource === null) return noService
    const known = this.#services.get(resource)
    if (known !== undefined) return known
    const hash = hashOf(serviceOf(resource), seeds.service)
    this.#services.set(resource, hash)
    return hash
  }
}

const seeds = { service: 1, name: 2, key: 3 } as const
const noService = hashOf('', seeds.service)

function hashOf(text: string, seed: number): Hash {
  const words = new Uint32Array(2)
  hashText(text, words, 0, seed)
  return [words[0]!, words[1]!]
}

function aboveOf(parent: number): Above {
  if (parent >= 0) return 'parent'
  return parent === missingParent ? 'missing' : 'none'
}

function childCounts(parents: Int32Array): Int32Array {
  const counts = new Int32Array(parents.length)
  for (const parent of parents) if (parent >= 0) counts[parent]!++
  return counts
}

/** All rows that are in no circle, each after its children. */
function leavesFirst(parents: Int32Array, waitingFor: Int32Array): number[] {
  const order: number[] = []
  for (let row = 0; row < parents.length; row++) if (waitingFor[row] === 0) order.push(row)
  for (let i = 0; i < order.length; i++) {
    const parent = parents[order[i]!]!
    if (parent >= 0 && --waitingFor[parent]! === 0) order.push(parent)
  }
  return order
}

/** Sums do not depend on the order of what is added. */
function addTo(sums: Uint32Array, row: number, low: number, high: number): void {
  sums[row * 2]! += low
  sums[row * 2 + 1]! += high
}

/** Mixes a sum, so that what it was made of counts as one thing in the next. */
function finish(sums: Uint32Array, row: number): void {
  const low = mix32(sums[row * 2]! ^ mix32(sums[row * 2 + 1]!))
  sums[row * 2] = low
  sums[row * 2 + 1] = mix32(sums[row * 2 + 1]! + Math.imul(low, 0x9e3779b1))
}

function addRoot(whole: Uint32Array, subtrees: Uint32Array, row: number, kind: number): void {
  addTo(whole, 0, mix32(subtrees[row * 2]! + kind), mix32(subtrees[row * 2 + 1]! ^ kind))
}

function hexOf(word: number): string {
  return word.toString(16).padStart(8, '0')
}
