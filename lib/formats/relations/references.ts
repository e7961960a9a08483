import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

const how = { frequency: 0, recency: 1 } as const
/** Below this a table is always sorted by frequency. */
const smallTable = 16

/** Entries numbered in the order of their first use, and what refers to them. */
export class Uses {
  /** By use: the number of the entry. */
  readonly uses: number[] = []
  /** By entry: how often it was used. */
  readonly counts: number[] = []

  /** Records a use of an entry, which may be the next new one. */
  add(entry: number): number {
    this.uses.push(entry)
    if (entry === this.counts.length) this.counts.push(0)
    this.counts[entry]!++
    return entry
  }

  /** The entries, the most used first. */
  byFrequency(): number[] {
    return Array.from(this.counts.keys()).sort((a, b) => this.counts[b]! - this.counts[a]! || a - b)
  }
}

/**
 * Writes a table of entries and the references to it: either the most used first, so that they get small codes, or in
 * the order of first use, where 0 is the next new entry and n the n-th before that. `writeTable` gets the order.
 */
export function writeReferences(
  body: BodyWriter,
  part: string,
  uses: Uses,
  writeTable: (body: BodyWriter, order: readonly number[]) => void,
): void {
  const byFrequency = (to: BodyWriter) => {
    const order = uses.byFrequency()
    to.number(how.frequency)
    to.number(order.length)
    writeNumbers(to, part, codesByFrequency(uses, order))
    writeTable(to, order)
  }
  const byRecency = (to: BodyWriter) => {
    to.number(how.recency)
    to.number(uses.counts.length)
    writeNumbers(to, part, codesByRecency(uses.uses))
    writeTable(to, [...uses.counts.keys()])
  }
  body.choose(uses.counts.length < smallTable ? [byFrequency] : [byFrequency, byRecency])
}

/** The index in the table of each of `count` references, and the length of the table, which follows. */
export function readReferences(body: BodyReader, part: string, count: number): { places: Uint32Array; length: number } {
  const encoding = body.number(how.recency)
  const length = body.number(count)
  const codes = readNumbers(body, part, count)
  const places = new Uint32Array(count)
  let next = 0
  for (let i = 0; i < count; i++) {
    const code = codes[i]!
    const place = encoding === how.frequency ? code : code === 0 ? next++ : next - code
    if (!(place >= 0 && place < length)) body.fail(`reference ${i} names entry ${place} of ${length}`)
    places[i] = place
  }
  return { places, length }
}

function codesByFrequency({ uses }: Uses, order: readonly number[]): Float64Array {
  const codes = new Float64Array(order.length)
  for (const [code, entry] of order.entries()) codes[entry] = code
  const found = new Float64Array(uses.length)
  for (let i = 0; i < found.length; i++) found[i] = codes[uses[i]!]!
  return found
}

function codesByRecency(uses: readonly number[]): Float64Array {
  let next = 0
  return Float64Array.from(uses, thing => {
    if (thing < next) return next - thing
    next++
    return 0
  })
}
