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
  /** By column: hashes of its strings, two words each, and the bytes of its pages. */
  readonly #columns = new Map<number, { hashes: number[]; seen: Set<number>; pageBytes: number }>()
  /** Columns with strings that no filter can tell of. */
  readonly #excluded = new Set<number>()
  readonly #scratch = new Uint32Array(2)

  /** Leaves a column of this row group without a filter. */
  exclude(column: number): void {
    this.#excluded.add(column)
  }

  add(column: number, strings: readonly string[], pageBytes: number): void {
    const known = this.#columns.get(column) ?? { hashes: [], seen: new Set(), pageBytes: 0 }
    this.#columns.set(column, known)
    known.pageBytes += pageBytes
    for (const text of strings) {
      hashText(text, this.#scratch)
      const [low, high] = [this.#scratch[0]!, this.#scratch[1]!]
      const name = low * 0x200000 + (high >>> 11)
      if (known.seen.has(name)) continue
      known.seen.add(name)
      known.hashes.push(low, high)
    }
  }

  /** The filters that pay, in the order of their columns; starts over for those that follow. */
  finish(): { plans: BloomPlan[]; bytes: Buffer } {
    const plans: BloomPlan[] = []
    const parts: Buffer[] = []
    for (const [column, { hashes, pageBytes }] of [...this.#columns].sort((a, b) => a[0] - b[0])) {
      const count = hashes.length / 2
      const shape = bloomShape(count, falsePositiveRate)
      if (this.#excluded.has(column) || count < minStrings || shape.blockCount * bloomBlockBytes * minGain > pageBytes)
        continue
      const filter = buildBloom(Uint32Array.from(hashes), shape)
      for (let block = 0; block < shape.blockCount; block++)
        parts.push(withChecksum(filter.subarray(block * blockByteLength, (block + 1) * blockByteLength)))
      plans.push({ column, ...shape })
    }
    this.#columns.clear()
    this.#excluded.clear()
    return { plans, bytes: Buffer.concat(parts) }
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
