import { hashText } from '../../../bytes/hash.ts'
import { blockByteLength, bloomShape, buildBloom } from '../../../encodings/sketches/bloom.ts'
import { bloomBlockBytes } from '../layout/layout.ts'
import type { BloomPlan } from '../layout/root.ts'
import { withChecksum } from '../layout/stored.ts'

/** Of absent strings, how many pass. */
const falsePositiveRate = 0.01
/** A filter pays for itself where the pages that it saves from being read are so many times its size. */
const leastGain = 4
const leastStrings = 16

/** Collects the strings of a row group's pages that stand in no dictionary (FORMAT.md, Filters). */
export class BloomWriter {
  /** By column: hashes of its strings, two words each, and the bytes of its pages. */
  readonly #columns = new Map<number, { hashes: number[]; seen: Set<number>; pageBytes: number }>()
  readonly #scratch = new Uint32Array(2)

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

  /** The filters that pay, in the order of their columns; those that follow begin anew. */
  finish(): { plans: BloomPlan[]; bytes: Buffer } {
    const plans: BloomPlan[] = []
    const parts: Buffer[] = []
    for (const [column, { hashes, pageBytes }] of [...this.#columns].sort((a, b) => a[0] - b[0])) {
      const count = hashes.length / 2
      const shape = bloomShape(count, falsePositiveRate)
      if (count < leastStrings || shape.blockCount * bloomBlockBytes * leastGain > pageBytes) continue
      const filter = buildBloom(Uint32Array.from(hashes), shape)
      for (let block = 0; block < shape.blockCount; block++)
        parts.push(withChecksum(filter.subarray(block * blockByteLength, (block + 1) * blockByteLength)))
      plans.push({ column, ...shape })
    }
    this.#columns.clear()
    return { plans, bytes: Buffer.concat(parts) }
  }
}
