import type { Range } from '../../../bytes/range.ts'
import { firstWhere } from '../../../bytes/search.ts'
import { PageReader } from '../../../encodings/pages/page.ts'
import { decodeTextBlock } from '../../../encodings/pages/pooled.ts'
import type { PoolSource, Run } from '../../../encodings/pooled/run-lists.ts'
import { maxTextBytes } from '../../../encodings/texts.ts'
import { LabError } from '../../../error.ts'
import type { PagePlace } from '../layout/page-places.ts'
import { checkedBytes, checksumBytes } from '../layout/stored.ts'
import { maxBlockLength } from '../layout/text-blocks.ts'
import type { Block } from './block.ts'

/** The pool of a page group's texts; a block of it is decoded when it is first needed. */
export class TextBlocks implements PoolSource {
  readonly length: number
  readonly #file: Block
  readonly #subject: string
  readonly #ends: Float64Array
  /** By block: where it is in the file. */
  readonly #ranges: readonly Range[]
  readonly #stored: (Uint8Array | undefined)[]
  readonly #decoded: (Buffer | undefined)[]

  /** `lengths` are those of the blocks, and then as they are stored. */
  constructor(
    file: Block,
    subject: string,
    lengths: Float64Array,
    { entry, start, end }: PagePlace,
    page?: Uint8Array,
  ) {
    this.#file = file
    this.#subject = `${subject}, column ${entry.column} at byte ${start}`
    const count = entry.rowCount
    let [at, byteLength] = [start, 0]
    this.#ends = new Float64Array(count)
    this.#ranges = Array.from({ length: count }, (_, block) => {
      const [length, stored] = [lengths[block]!, lengths[count + block]!]
      if (!(length >= 1 && length <= maxBlockLength && stored >= 1))
        this.#fail(`a block of ${length} in ${stored} bytes`)
      byteLength += length
      this.#ends[block] = byteLength
      at += stored
      return { start: at - stored, end: at }
    })
    if (at + checksumBytes !== end) this.#fail(`blocks of ${at - start} bytes in a page of ${end - start}`)
    if (byteLength > maxTextBytes) this.#fail(`a pool of ${byteLength} bytes, at most ${maxTextBytes}`)
    this.length = byteLength
    this.#stored = this.#ranges.map(range => page?.subarray(range.start - start, range.end - start))
    this.#decoded = new Array(count)
  }

  /** Where the blocks with some of the runs are in the file. */
  rangesOf(lists: Iterable<Iterable<Run>>): Range[] {
    const blocks = new Set<number>()
    for (const runs of lists)
      for (const { offset, length } of runs)
        for (let block = this.#blockAt(offset); block < this.#ends.length; block++) {
          blocks.add(block)
          if (this.#ends[block]! >= offset + length) break
        }
    return [...blocks].sort((a, b) => a - b).map(block => this.#ranges[block]!)
  }

  /** Takes the stored bytes of blocks. */
  load(ranges: readonly Range[], stored: readonly Uint8Array[]): void {
    for (const [i, range] of ranges.entries()) this.#stored[this.#ranges.indexOf(range)] = stored[i]
  }

  /** Decodes all blocks; returns how many bytes they have. */
  readAll(): number {
    for (let block = 0; block < this.#ends.length; block++) this.#decode(block)
    return this.length
  }

  /** Copies bytes of the pool, as Buffer.copy does. */
  copy(target: Buffer, targetStart: number, start: number, end: number): number {
    let at = targetStart
    for (let block = this.#blockAt(start), from = start; from < end; block++) {
      const first = this.#ends[block - 1] ?? 0
      const to = Math.min(end, this.#ends[block]!)
      at += this.#decode(block).copy(target, at, from - first, to - first)
      from = to
    }
    return end - start
  }

  #decode(block: number): Buffer {
    this.#decoded[block] ??= this.#read(block)
    return this.#decoded[block]
  }

  #read(block: number): Buffer {
    const { start } = this.#ranges[block]!
    const stored = this.#stored[block] ?? this.#fail(`block ${block} has not been read`)
    const bytes = checkedBytes(stored, this.#subject, start)
    const reader = new PageReader(bytes, this.#subject, start, this.#file.decompress)
    return decodeTextBlock(reader, this.#ends[block]! - (this.#ends[block - 1] ?? 0), this.#file.vocabulary())
  }

  #blockAt(offset: number): number {
    return firstWhere(this.#ends.length, block => this.#ends[block]! > offset)
  }

  #fail(message: string): never {
    throw corrupt(`${this.#subject}: ${message}`)
  }
}

function corrupt(message: string): LabError {
  return new LabError('corrupt', message)
}
