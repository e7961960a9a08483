import { hashText } from '../../../bytes/hash.ts'
import type { Range, RangeReader } from '../../../bytes/range.ts'
import { blockByteLength, blockMayHave, blockOf, bloomShape, buildBloom } from '../../../encodings/sketches/bloom.ts'
import { bloomBlockBytes } from '../layout/layout.ts'
import type { BloomPlan } from '../layout/root.ts'
import { checkedBytes, withChecksum } from '../layout/stored.ts'
import type { Toc } from '../layout/toc.ts'

/** Of absent strings, how many pass. */
const falsePositiveRate = 0.01
/** A filter pays for itself where the pages that it saves from being read are so many times its size. */
const minGain = 4
const minStrings = 16

/** Collects the strings of a row group's pages that are in no dictionary (FORMAT.md, Filters). */
export class BloomWriter {
  /** By column: hashes of its strings, and the bytes of its pages. */
  readonly #columns = new Map<number, { hashes: HashSet; pageBytes: number }>()
  /** Columns with strings that no filter can tell of. */
  readonly #excluded = new Set<number>()
  readonly #scratch = new Uint32Array(2)

  /** Leaves a column of this row group without a filter. */
  exclude(column: number): void {
    this.#excluded.add(column)
  }

  add(column: number, strings: readonly string[], pageBytes: number): void {
    const known = this.#columns.get(column) ?? { hashes: new HashSet(), pageBytes: 0 }
    this.#columns.set(column, known)
    known.pageBytes += pageBytes
    for (const text of strings) {
      hashText(text, this.#scratch)
      known.hashes.add(this.#scratch[0]!, this.#scratch[1]!)
    }
  }

  /** The filters that pay, in the order of their columns; starts over for those that follow. */
  finish(): { plans: BloomPlan[]; bytes: Buffer } {
    const plans: BloomPlan[] = []
    const parts: Buffer[] = []
    for (const [column, { hashes, pageBytes }] of [...this.#columns].sort((a, b) => a[0] - b[0])) {
      const shape = bloomShape(hashes.size, falsePositiveRate)
      if (
        this.#excluded.has(column) ||
        hashes.size < minStrings ||
        shape.blockCount * bloomBlockBytes * minGain > pageBytes
      )
        continue
      const filter = buildBloom(hashes.words(), shape)
      for (let block = 0; block < shape.blockCount; block++)
        parts.push(withChecksum(filter.subarray(block * blockByteLength, (block + 1) * blockByteLength)))
      plans.push({ column, ...shape })
    }
    this.#columns.clear()
    this.#excluded.clear()
    return { plans, bytes: Buffer.concat(parts) }
  }
}

/** Distinct hashes of two words, in the order in which they came. */
class HashSet {
  size = 0
  #words = new Uint32Array(256)
  /** By place: the number of a hash and 1, or 0. */
  #places = new Uint32Array(256)

  add(low: number, high: number): void {
    const mask = this.#places.length - 1
    let place = low & mask
    for (; this.#places[place] !== 0; place = (place + 1) & mask) {
      const at = 2 * (this.#places[place]! - 1)
      if (this.#words[at] === low && this.#words[at + 1] === high) return
    }
    this.#places[place] = ++this.size
    this.#words[2 * this.size - 2] = low
    this.#words[2 * this.size - 1] = high
    if (2 * this.size === this.#words.length) this.#grow()
  }

  /** Two by hash. */
  words(): Uint32Array {
    return this.#words.subarray(0, 2 * this.size)
  }

  /** At most half of the places are taken. */
  #grow(): void {
    const { size } = this
    const words = this.#words
    this.#words = new Uint32Array(4 * size)
    this.#places = new Uint32Array(4 * size)
    this.size = 0
    for (let i = 0; i < size; i++) this.add(words[2 * i]!, words[2 * i + 1]!)
  }
}

/** Strings that are looked for in a column and are in no dictionary: where a filter lacks them, no page has them. */
export interface Lookup {
  readonly column: number
  readonly texts: readonly string[]
}

/** The lookups that the filters of a row group answer with no; only the blocks asked for are read. */
export async function absentIn(
  { file, toc }: { file: RangeReader; toc: Toc },
  rowGroup: number,
  lookups: readonly Lookup[],
): Promise<Set<Lookup>> {
  const { blooms } = toc.root.rowGroups[rowGroup]!
  const asked = lookups.flatMap(lookup => {
    const at = blooms.findIndex(({ column }) => column === lookup.column)
    return at < 0 ? [] : [{ lookup, plan: blooms[at]!, range: toc.bloomRanges[rowGroup]![at]! }]
  })
  const places = asked.map(({ lookup, plan, range }) => lookup.texts.map(text => placeOf(text, plan, range)))
  const ranges = places.flat().map(({ range }) => range)
  const bytes = ranges.length > 0 ? await file.read(ranges) : []
  let at = 0
  const isAbsent = asked.map(({ plan }, i) => {
    const answers = places[i]!.map(({ low, range }) => mayHave(bytes[at++]!, low, plan, range))
    return !answers.some(answer => answer)
  })
  return new Set(asked.filter((_, i) => isAbsent[i]).map(({ lookup }) => lookup))
}

/** The block of a filter in which a string would have its bits. */
function placeOf(text: string, { blockCount }: BloomPlan, { start }: Range): { low: number; range: Range } {
  const words = new Uint32Array(2)
  hashText(text, words)
  const at = start + blockOf(words[1]!, blockCount) * bloomBlockBytes
  return { low: words[0]!, range: { start: at, end: at + bloomBlockBytes } }
}

function mayHave(stored: Uint8Array, low: number, { probeCount }: BloomPlan, { start }: Range): boolean {
  return blockMayHave(checkedBytes(stored, 'blockpack filter', start), low, probeCount)
}
