import { getOrInsert } from '../../../maps.ts'
import type { SharedBatch } from '../../../model/scan.ts'
import type { ReadPiece } from '../../../storage/coalesce.ts'
import type { Parcel } from '../../../workers/message.ts'
import type { Received, Shared } from '../../../workers/task.ts'
import type { BlockpackReader } from '../read/reader.ts'

/** How a page group goes to a worker: the pages read so far, and what its file tells of it when it is asked. */

/** Pages of columns, one after the other. */
export interface PackedPages {
  readonly columns: readonly number[]
  readonly lengths: readonly number[]
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Gives the pages of columns. */
export type PageLender = (columns: readonly number[]) => Promise<PackedPages>

/** A page group in a worker: its number in the file, what it is asked by, and the pages that were read. */
export interface PageGroupInput {
  readonly pageGroup: number
  readonly batch: number
  readonly pages: PackedPages
}

interface FileContent {
  readonly byteLength: number
  readonly tail: ReadPiece
}

type Question =
  | { readonly batch: number; readonly columns: readonly number[] }
  | { readonly directory: number }
  | { readonly dictionaryPages: readonly number[] }

type Answer = PackedPages | readonly Uint8Array<ArrayBuffer>[]

export type ReceivedFile = Received<FileContent, Question, Answer>

/** An open file for workers: they ask for its directories and dictionaries, and for pages of the batches they have. */
class SharedFile implements Shared<FileContent, Question, Answer> {
  readonly content: FileContent
  readonly #reader: BlockpackReader
  readonly #batches = new Map<number, PageLender>()
  #batchCount = 0

  constructor(reader: BlockpackReader) {
    const { file, tail } = reader.block
    this.content = { byteLength: file.byteLength, tail: { ...tail, bytes: copyOf(tail.bytes) } }
    this.#reader = reader
  }

  /** Returns the number by which pages are asked for, until it ends. */
  lend(lender: PageLender): number {
    this.#batches.set(this.#batchCount, lender)
    return this.#batchCount++
  }

  end(batch: number): void {
    this.#batches.delete(batch)
  }

  async answer(question: Question): Promise<Parcel<Answer>> {
    if ('batch' in question) {
      const pages = await this.#batches.get(question.batch)!(question.columns)
      return { value: pages, transfer: [pages.bytes.buffer] }
    }
    const { index } = this.#reader.block
    const pieces =
      'directory' in question
        ? [await index.directory(question.directory)]
        : await index.dictionaryPages(question.dictionaryPages)
    const value = pieces.map(copyOf)
    return { value, transfer: value.map(({ buffer }) => buffer) }
  }
}

/** A copy with a buffer of its own: to send a part of one would send all of it. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

const sharedFiles = new WeakMap<BlockpackReader, SharedFile>()

/** The one of a file. */
export function shareFile(reader: BlockpackReader): SharedFile {
  return getOrInsert(sharedFiles, reader, () => new SharedFile(reader))
}

/** A page group for a worker, which may ask for more pages until `end` is called. */
export function sharePageGroup(
  reader: BlockpackReader,
  pageGroup: number,
  pages: PackedPages,
  lender: PageLender,
): Omit<SharedBatch, 'readAhead'> & { end(): void } {
  const file = shareFile(reader)
  const batch: PageGroupInput = { pageGroup, batch: file.lend(lender), pages }
  const input = { value: { format: 'blockpack', batch }, transfer: [pages.bytes.buffer] }
  return { input, file: file as Shared, end: () => file.end(batch.batch) }
}

/** Pages without bytes, of which all values are one, may be absent. */
export function packPages(columns: readonly number[], pageOf: (column: number) => Uint8Array | undefined): PackedPages {
  const own = columns.map(column => pageOf(column) ?? new Uint8Array())
  const lengths = own.map(({ length }) => length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const page of own) {
    bytes.set(page, at)
    at += page.length
  }
  return { columns, lengths, bytes }
}

export function* unpackPages({ columns, lengths, bytes }: PackedPages): Iterable<[column: number, page: Uint8Array]> {
  let at = 0
  for (const [i, column] of columns.entries()) {
    const end = at + lengths[i]!
    yield [column, bytes.subarray(at, end)]
    at = end
  }
}
