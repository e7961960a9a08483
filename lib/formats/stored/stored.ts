import { LabError } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import { serviceOf } from '../../model/service.ts'
import type { Span, Trace } from '../../model/trace.ts'
import { sharesOf, sumOf } from './shares.ts'
import { type Values, type Weighed, weigh } from './weights.ts'

/** What stored bytes are dealt out to. */
export const dealings = ['attribute', 'service', 'operation'] as const
export type Dealing = (typeof dealings)[number]

/**
 * By what the bytes of a column are dealt out to its values: of codes by their number, of a dictionary by the lengths of
 * its entries, each shared evenly by those that have it, of plain values by both. Of `spans` each span takes as much;
 * `shared` bytes are no span's.
 */
export type Share = 'codes' | 'entries' | 'values' | 'spans' | 'shared'

/** Some stored bytes, and what they hold. */
export interface StoredColumn {
  /** The values that they hold, `span:name` or `span.http.method`, where `holds` says no more; else what they are called. */
  readonly name: string
  readonly holds?: ((values: Values) => boolean) | undefined
  readonly share: Share
  readonly byteLength: number
}

/** A part of a file: the traces of a row group with its columns; without traces, what is of all preceding ones. */
export interface StoredPart {
  readonly traces: readonly Trace[]
  readonly columns: readonly StoredColumn[]
}

/** An attribute or field, a service or an operation, or bytes that are shared, and what is stored of it. */
export interface StoredLine {
  /** Of an operation its service; undefined for all others. */
  readonly service?: string | undefined
  readonly name: string
  readonly kind: Dealing | 'field' | 'shared'
  readonly byteLength: number
  /** Spans of a service or an operation; of an attribute or field its values; null of what is shared. */
  readonly count: number | null
}

export interface StoredFacts {
  readonly byteLength: number
  readonly spanCount: number
  /** They sum to the file's size; the largest first. */
  readonly lines: readonly StoredLine[]
}

/** The bytes of a file's parts dealt out; they must be all that the file has. */
export async function dealOut(
  parts: AsyncIterable<StoredPart>,
  dealing: Dealing,
  fileLength: number,
): Promise<StoredFacts> {
  const dealer = dealing === 'attribute' ? new Dealer(undefined) : new Dealer(dealing)
  for await (const part of parts) dealer.add(part)
  return dealer.facts(fileLength)
}

/** A line that is being filled. */
type Filled = Omit<StoredLine, 'byteLength' | 'count'> & { amount: number; count: number }

/** Deals bytes out to groups of spans; without any, to the names of values. */
class Dealer {
  readonly #by: 'service' | 'operation' | undefined
  /** Services or operations. */
  readonly #groups: Filled[] = []
  readonly #groupNumbers = new Map<string, number>()
  readonly #named = new Map<string, Filled>()
  /** Of all parts, by name and type. */
  readonly #weighed = new Map<string, Weighed>()
  /** By group. */
  readonly #spanCounts: number[] = []
  #dealt = 0

  constructor(by: 'service' | 'operation' | undefined) {
    this.#by = by
  }

  add({ traces, columns }: StoredPart): void {
    const spanCounts: number[] = []
    const groupOf = (span: Span) => this.#groupOf(span)
    for (const { spans } of traces) for (const span of spans) increase(spanCounts, groupOf(span), 1)
    const weighed = weigh(traces, groupOf)
    for (const one of weighed) this.#remember(one)
    addTo(this.#spanCounts, spanCounts)
    const isOfAll = traces.length === 0
    const among = isOfAll ? [...this.#weighed.values()] : weighed
    for (const column of columns) this.#deal(column, among, isOfAll ? this.#spanCounts : spanCounts)
  }

  #groupOf({ name, resource }: Span): number {
    if (this.#by === undefined) return 0
    const service = serviceOf(resource)
    const isService = this.#by === 'service'
    return getOrInsert(this.#groupNumbers, isService ? service : `${service.length} ${service}${name}`, () => {
      const own = isService ? { name: service } : { service, name }
      return this.#groups.push({ ...own, kind: this.#by!, amount: 0, count: 0 }) - 1
    })
  }

  #remember(own: Weighed): void {
    const all = getOrInsert(this.#weighed, `${own.type} ${own.name}`, () => ({ ...own, counts: [], lengths: [] }))
    addTo(all.counts, own.counts)
    addTo(all.lengths, own.lengths)
  }

  #deal(column: StoredColumn, among: readonly Weighed[], spanCounts: readonly number[]): void {
    const { name, share, byteLength, holds = values => values.name === name } = column
    this.#dealt += byteLength
    if (byteLength === 0) return
    const held = share === 'spans' || share === 'shared' ? [] : among.filter(holds)
    const weights = held.map(values => groupWeights(values, share))
    const sum = weights.reduce((total, groups) => total + sumOf(groups), 0)
    if (sum === 0) return this.#dealEvenly(column, spanCounts)
    for (const [i, groups] of weights.entries())
      groups.forEach((weight, group) => {
        this.#give(held[i]!.name, group, (byteLength * weight) / sum)
      })
  }

  /** Of a column without values. */
  #dealEvenly({ name, share, byteLength }: StoredColumn, spanCounts: readonly number[]): void {
    const spanCount = sumOf(spanCounts)
    if (this.#by === undefined || spanCount === 0 || share === 'shared')
      this.#line(name, share === 'shared' ? share : kindOf(name)).amount += byteLength
    else
      spanCounts.forEach((count, group) => {
        this.#give(name, group, (byteLength * count) / spanCount)
      })
  }

  #give(name: string, group: number, amount: number): void {
    const line = this.#by === undefined ? this.#line(name, kindOf(name)) : this.#groups[group]!
    line.amount += amount
  }

  #line(name: string, kind: StoredLine['kind']): Filled {
    return getOrInsert(this.#named, name, () => ({ name, kind, amount: 0, count: 0 }))
  }

  facts(fileLength: number): StoredFacts {
    if (this.#dealt !== fileLength)
      throw new LabError('corrupt', `the parts that it names take ${this.#dealt} bytes, the file has ${fileLength}`)
    for (const { name, counts } of this.#weighed.values())
      if (this.#by === undefined) this.#line(name, kindOf(name)).count += sumOf(counts)
    this.#groups.forEach((line, group) => {
      line.count = this.#spanCounts[group]!
    })
    const filled = [...this.#groups, ...this.#named.values()]
    const wholes = sharesOf(
      fileLength,
      filled.map(({ amount }) => amount),
    )
    const lines = filled.map(({ amount: _, count, ...line }, i) => {
      return { ...line, byteLength: wholes[i]!, count: line.kind === 'shared' ? null : count }
    })
    lines.sort((a, b) => b.byteLength - a.byteLength || (a.name < b.name ? -1 : 1))
    return { byteLength: fileLength, spanCount: sumOf(this.#spanCounts), lines }
  }
}

/** Of names as queries have them, `span:name` and `span.http.method`; all others are in words. */
function kindOf(name: string): 'attribute' | 'field' | 'shared' {
  if (/^[a-z]+\./.test(name)) return 'attribute'
  return /^[a-z]+:/.test(name) ? 'field' : 'shared'
}

/** By group. */
function groupWeights({ counts, lengths }: Weighed, share: Share): number[] {
  if (share === 'entries') return lengths
  return share === 'codes' ? counts : counts.map((count, group) => count + lengths[group]!)
}

function increase(numbers: number[], index: number, by: number): void {
  numbers[index] = (numbers[index] ?? 0) + by
}

function addTo(sums: number[], numbers: readonly number[]): void {
  numbers.forEach((number, index) => {
    increase(sums, index, number)
  })
}
