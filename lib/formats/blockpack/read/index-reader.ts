import type { RangeReader } from '../../../bytes/range.ts'
import { readCoalesced } from '../../../storage/coalesce.ts'
import type { Toc } from '../layout/toc.ts'

/** Gives the stored bytes of directories and pages of dictionaries. */
export interface IndexReader {
  directory(rowGroup: number): Promise<Uint8Array>
  /** In the order of the pages. */
  dictionaryPages(pages: readonly number[], maxRequests?: number): Promise<Uint8Array[]>
}

/** Reads them of the file, and keeps them for other threads, which would read them again. */
export class FileIndex implements IndexReader {
  readonly #file: RangeReader
  readonly #toc: Toc
  readonly #directories = new Map<number, Uint8Array>()
  readonly #dictionaryPages = new Map<number, Uint8Array>()

  constructor(file: RangeReader, toc: Toc) {
    this.#file = file
    this.#toc = toc
  }

  async directory(rowGroup: number): Promise<Uint8Array> {
    const known = this.#directories.get(rowGroup)
    if (known !== undefined) return known
    const [bytes] = await this.#file.read([this.#toc.directories[rowGroup]!])
    this.#directories.set(rowGroup, bytes!)
    return bytes!
  }

  async dictionaryPages(pages: readonly number[], maxRequests?: number): Promise<Uint8Array[]> {
    const missing = pages.filter(page => !this.#dictionaryPages.has(page))
    const ranges = missing.map(page => this.#toc.dictionaryPages[page]!)
    const read = await readCoalesced(this.#file, ranges, maxRequests)
    for (const [i, page] of missing.entries()) this.#dictionaryPages.set(page, read[i]!)
    return pages.map(page => this.#dictionaryPages.get(page)!)
  }
}
