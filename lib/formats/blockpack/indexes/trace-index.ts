import { hashText } from '../../../bytes/hash.ts'
import { firstWhere } from '../../../bytes/search.ts'
import { packed, splitDeltas, writeNumbers } from '../../../encodings/pages/numbers.ts'
import { readNumbers } from '../../../encodings/pages/numbers-reader.ts'
import { PageReader, PageWriter } from '../../../encodings/pages/page.ts'
import { highWords, lowWords, wordsOf } from '../../../encodings/words.ts'
import { LabError } from '../../../error.ts'
import { nextTurn } from '../../../turns.ts'
import type { TraceIndexPlan } from '../layout/root.ts'
import { checkedBytes, compressZstd, decompressZstd, withChecksum } from '../layout/stored.ts'

/** Finds the trace of an id: hashes of ids in order, with the positions of their traces (FORMAT.md). */

const tracesPerPage = 1024
/** Bits beyond those that distinguish the traces: an absent id passes once in 4,096, and costs a page group. */
const spareBits = 12
const scratch = new Uint32Array(2)

function hashOf(traceId: string): number {
  hashText(traceId, scratch)
  return scratch[0]!
}

/** Collects trace ids in the order of their traces: 4 bytes each. */
export class TraceIndexWriter {
  #hashes = new Uint32Array(1024)
  #count = 0

  add(traceId: string): void {
    if (this.#count === this.#hashes.length) {
      const grown = new Uint32Array(this.#count * 2)
      grown.set(this.#hashes)
      this.#hashes = grown
    }
    this.#hashes[this.#count++] = hashOf(traceId)
  }

  /** The index; other work has its turn meanwhile. */
  async finish(): Promise<{ plan: TraceIndexPlan; bytes: Buffer }> {
    const count = this.#count
    const hashBits = hashBitsOf(count)
    const pageCount = Math.ceil(count / tracesPerPage)
    const order = new BigUint64Array(count)
    const words = wordsOf(order)
    for (let i = 0; i < count; i++) {
      words[2 * i] = i
      words[2 * i + 1] = this.#hashes[i]!
    }
    order.sort()
    const pages: Buffer[] = []
    let start = 0
    for (let page = 0; page < pageCount; page++) {
      let end = start
      while (end < count && pageOf(words[2 * end + 1]!, pageCount) === page) end++
      pages.push(writePage(words.subarray(2 * start, 2 * end), hashBits))
      start = end
      await nextTurn()
    }
    return { plan: { hashBits, pageLengths: pages.map(page => page.length) }, bytes: Buffer.concat(pages) }
  }
}

/** Bits of the hashes in an index of so many traces. */
export function hashBitsOf(traceCount: number): number {
  return Math.min(32, spareBits + Math.ceil(Math.log2(traceCount + 1)))
}

/** The page on which an id would be. */
export function indexPageOf(traceId: string, { pageLengths }: TraceIndexPlan): number {
  return pageOf(hashOf(traceId), pageLengths.length)
}

function pageOf(hash: number, pageCount: number): number {
  return Math.floor((hash / 0x100000000) * pageCount)
}

/** Writes entries of two words: the position of a trace, the hash of its id. */
function writePage(entries: Uint32Array, hashBits: number): Buffer {
  const writer = new PageWriter({ packsBits: true, compress: compressZstd })
  writer.out.varint(entries.length >> 1)
  const keys = Float64Array.from(highWords(entries), hash => keyOf(hash, hashBits))
  writeNumbers(writer, keys, splitDeltas)
  writeNumbers(writer, Float64Array.from(lowWords(entries)), packed)
  return withChecksum(writer.out.view())
}

function keyOf(hash: number, hashBits: number): number {
  return Math.floor(hash / 2 ** (32 - hashBits))
}

/** The positions of the traces that an id may have, from the page on which it would be. */
export function findInPage(
  stored: Uint8Array,
  traceId: string,
  plan: TraceIndexPlan,
  traceCount: number,
  offset: number,
): number[] {
  const { keys, positions } = readIndexPage(stored, traceCount, offset)
  const key = keyOf(hashOf(traceId), plan.hashBits)
  return Array.from(positions).filter((_, i) => keys[i] === key)
}

/** Keys of ids, and the positions of their traces. */
export interface IndexPage {
  readonly keys: Float64Array
  readonly positions: Float64Array
}

function readIndexPage(stored: Uint8Array, traceCount: number, offset: number): IndexPage {
  const subject = 'blockpack trace index'
  const page = new PageReader(checkedBytes(stored, subject, offset), subject, offset, decompressZstd)
  const count = page.in.varint()
  if (count > traceCount) page.in.fail('corrupt', `${count} entries for ${traceCount} traces`)
  const [keys, positions] = page.naming(() => [readNumbers(page, count), readNumbers(page, count)])
  page.in.end()
  for (let i = 0; i < count; i++)
    if (!(positions[i]! >= 0 && positions[i]! < traceCount))
      page.in.fail('corrupt', `position ${positions[i]} of ${traceCount} traces`)
  for (let i = 0; i < count; i++)
    if (!(keys[i]! >= (keys[i - 1] ?? 0) && keys[i]! < 2 ** 32))
      page.in.fail('corrupt', `key ${keys[i]} after ${keys[i - 1]}`)
  return { keys, positions }
}

/** All pages of an index, whose keys ascend from the first to the last. `stored` are their bytes, from `offset` on. */
export function* traceIndexPages(
  stored: Uint8Array,
  { hashBits, pageLengths }: TraceIndexPlan,
  traceCount: number,
  offset: number,
): Iterable<IndexPage> {
  const fail = (message: string) => {
    throw new LabError('corrupt', `blockpack trace index at byte ${offset}: ${message}`)
  }
  let [at, row, last] = [0, 0, 0]
  for (const length of pageLengths) {
    const page = readIndexPage(stored.subarray(at, at + length), traceCount, offset + at)
    at += length
    row += page.keys.length
    if (row > traceCount) fail(`more than ${traceCount} keys of as many traces`)
    if ((page.keys[0] ?? last) < last) fail('keys out of order')
    last = page.keys.at(-1) ?? last
    if (last >= 2 ** hashBits) fail(`key ${last} of ${hashBits} bits`)
    yield page
  }
  if (row !== traceCount) fail(`${row} keys of ${traceCount} traces`)
}

/** The whole index in memory, 8 bytes per trace: for many lookups. */
export class TraceIndexKeys {
  readonly #hashBits: number
  readonly #keys: Uint32Array
  readonly #positions: Uint32Array

  /** `stored` are the bytes of all pages, from `offset` on. */
  constructor(stored: Uint8Array, plan: TraceIndexPlan, traceCount: number, offset: number) {
    this.#hashBits = plan.hashBits
    this.#keys = new Uint32Array(traceCount)
    this.#positions = new Uint32Array(traceCount)
    let row = 0
    for (const { keys, positions } of traceIndexPages(stored, plan, traceCount, offset)) {
      this.#keys.set(keys, row)
      this.#positions.set(positions, row)
      row += keys.length
    }
  }

  /** The positions of the traces that an id may have. */
  positionsOf(traceId: string): number[] {
    const key = keyOf(hashOf(traceId), this.#hashBits)
    const first = firstWhere(this.#keys.length, i => this.#keys[i]! >= key)
    const found: number[] = []
    for (let i = first; this.#keys[i] === key; i++) found.push(this.#positions[i]!)
    return found
  }
}
