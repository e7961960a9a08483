import type { Range, RangeReader } from '../../../bytes/range.ts'
import { ByteReader } from '../../../bytes/reader.ts'
import { decompressor } from '../../../codecs/compress.ts'
import { type Decompress, PageReader } from '../../../encodings/pages/page.ts'
import { readStrings } from '../../../encodings/pages/strings.ts'
import { Vocabulary } from '../../../encodings/pooled/tokens.ts'
import type { ReadPiece } from '../../../storage/coalesce.ts'
import { holdEnd } from '../../../storage/held-end.ts'
import { columnId, columnKind } from '../layout/columns.ts'
import { type PageGroupEntries, readPageGroupEntries } from '../layout/directory.ts'
import { readFields } from '../layout/fields.ts'
import { footerBytes, parseFooter } from '../layout/footer.ts'
import { readRoot } from '../layout/root.ts'
import { openPiece } from '../layout/stored.ts'
import { type PageGroup, type Toc, tocOf } from '../layout/toc.ts'
import { FileIndex, type IndexReader } from './index-reader.ts'

/** Read at once at the end of a file: footer, root and fields of all but large ones. */
const tailBytes = 1 << 15

/** An open file: its table of contents, and the directories and dictionaries read so far. */
export class Block {
  readonly file: RangeReader
  /** The end of the file, from its table of contents or before it. */
  readonly tail: ReadPiece
  readonly index: IndexReader
  /** Of its format. */
  readonly version: number
  readonly toc: Toc
  readonly decompress: Decompress
  readonly #directories = new Map<number, Promise<PageGroupEntries[]>>()
  readonly #dictionaries = new Map<number, readonly string[]>()
  /** By page: its entries by column. */
  readonly #dictionaryPages = new Map<number, Promise<Map<number, string[]>>>()

  #vocabulary: Vocabulary | undefined

  constructor(file: RangeReader, tail: ReadPiece, version: number, toc: Toc, index: IndexReader) {
    this.file = file
    this.tail = tail
    this.index = index
    this.version = version
    this.toc = toc
    this.decompress = decompressor(toc.root.codec)
  }

  /** By column, whole: those read so far. */
  get loadedDictionaries(): ReadonlyMap<number, readonly string[]> {
    return this.#dictionaries
  }

  /** The tokens of blocks of texts; their dictionary must have been read. */
  vocabulary(): Vocabulary {
    this.#vocabulary ??= new Vocabulary(this.#dictionaries.get(columnId('text.blocks')) ?? [])
    return this.#vocabulary
  }

  /** The entries of a row group's page groups, read once. */
  directory(rowGroup: number): Promise<PageGroupEntries[]> {
    const loaded = this.#directories.get(rowGroup)
    return loaded ?? keep(this.#directories, rowGroup, this.#readDirectory(rowGroup))
  }

  async entriesOf({ rowGroup, place }: PageGroup): Promise<PageGroupEntries> {
    return (await this.directory(rowGroup))[place]!
  }

  async #readDirectory(rowGroup: number): Promise<PageGroupEntries[]> {
    const directory = this.toc.directories[rowGroup]!
    const bytes = await this.index.directory(rowGroup)
    const reader = openPiece(bytes, directory, 'blockpack directory', directory.start)
    const groups = this.toc.root.rowGroups[rowGroup]!.pageGroups.map(() => readPageGroupEntries(reader))
    reader.end()
    return groups
  }

  /** The entries of some columns' dictionaries, whole; read once. */
  async dictionaries(columns: Iterable<number>): Promise<Map<number, readonly string[]>> {
    const requested = [...columns].filter(column => this.toc.dictionarySizes.has(column))
    await this.loadDictionaries(requested)
    return new Map(requested.map(column => [column, this.#dictionaries.get(column)!]))
  }

  /** Reads the dictionaries of those columns that have one and were not read before. */
  async loadDictionaries(columns: Iterable<number>): Promise<void> {
    const missing = new Set<number>()
    for (const column of columns)
      if (!this.#dictionaries.has(column) && this.toc.dictionarySizes.has(column)) missing.add(column)
    if (missing.size === 0) return
    const pages = [...this.toc.dictionaryPages.keys()].filter(page =>
      this.toc.dictionaryPages[page]!.runs.some(({ column }) => missing.has(column)),
    )
    const parts = await this.#loadDictionaryPages(pages)
    for (const column of missing) {
      const entries = parts.flatMap(part => part.get(column) ?? [])
      this.#dictionaries.set(column, entries)
    }
  }

  /** Some entries of dictionaries, by column and code, with few requests: only the pages that hold them are read. */
  async dictionaryEntries(
    codes: ReadonlyMap<number, readonly number[]>,
    maxRequests: number,
  ): Promise<Map<number, readonly string[]>> {
    const runs = runsWith(this.toc, codes)
    const pages = [...new Set(runs.map(({ page }) => page))]
    const parts = new Map((await this.#loadDictionaryPages(pages, maxRequests)).map((part, i) => [pages[i]!, part]))
    const entries = new Map<number, string[]>()
    for (const { page, column, first } of runs) {
      const part = parts.get(page)!.get(column)!
      const known = entries.get(column) ?? []
      entries.set(column, known)
      for (const code of codes.get(column)!)
        if (code >= first && code < first + part.length) known[code] = part[code - first]!
    }
    return entries
  }

  async #loadDictionaryPages(pages: readonly number[], maxRequests?: number): Promise<Map<number, string[]>[]> {
    const missing = pages.filter(page => !this.#dictionaryPages.has(page))
    const reading = this.index.dictionaryPages(missing, maxRequests)
    for (const [i, page] of missing.entries()) {
      const opening = reading.then(read => this.#openDictionary(page, read[i]!))
      keep(this.#dictionaryPages, page, opening)
    }
    return Promise.all(pages.map(page => this.#dictionaryPages.get(page)!))
  }

  #openDictionary(page: number, bytes: Uint8Array): Map<number, string[]> {
    const piece = this.toc.dictionaryPages[page]!
    const raw = openPiece(bytes, piece, 'blockpack dictionary', piece.start)
    const reader = new PageReader(raw.raw(raw.remaining), raw.subject, 0, this.decompress)
    const entries = new Map<number, string[]>()
    for (const { column, entryCount } of piece.runs) {
      const kind = columnKind(column, this.toc.fields)
      if (kind === undefined || kind === 'numbers' || kind === 'orders' || entries.has(column))
        reader.in.fail('corrupt', `a dictionary of column ${column}`)
      const strings = reader.naming(() => readStrings(reader, entryCount, kind !== 'text'))
      entries.set(column, strings)
    }
    reader.in.end()
    return entries
  }
}

/** Entries of one column in one page of dictionaries, the first of them with this code. */
interface Run {
  readonly page: number
  readonly column: number
  readonly first: number
}

/** The runs that hold some of the codes. */
function runsWith({ dictionaryPages }: Toc, codes: ReadonlyMap<number, readonly number[]>): Run[] {
  const runs: Run[] = []
  const firsts = new Map<number, number>()
  for (const [page, { runs: members }] of dictionaryPages.entries())
    for (const { column, entryCount } of members) {
      const first = firsts.get(column) ?? 0
      firsts.set(column, first + entryCount)
      if (codes.get(column)?.some(code => code >= first && code < first + entryCount))
        runs.push({ page, column, first })
    }
  return runs
}

/** Opens a file with one read, or two where its table of contents is long; what these have read is not read again. */
export async function openBlock(file: RangeReader, index?: IndexReader): Promise<Block> {
  const end = file.byteLength
  let start = Math.max(0, end - tailBytes)
  let [tail] = await file.read([{ start, end }])
  const footer = parseFooter(tail!.subarray(Math.max(0, tail!.length - footerBytes)), end)
  if (footer.fieldsOffset < start) {
    const [rest] = await file.read([{ start: footer.fieldsOffset, end: start }])
    tail = Buffer.concat([rest!, tail!])
    start = footer.fieldsOffset
  }
  const rootRange: Range = { start: footer.offset, end: end - footerBytes }
  const piece = (from: number, to: number) => tail!.subarray(from - start, to - start)
  const rootBytes = piece(rootRange.start, rootRange.end)
  const root = readRoot(openPiece(rootBytes, footer, 'blockpack root', footer.offset))
  if (footer.fieldsOffset + root.fields.storedLength !== footer.offset)
    new ByteReader(rootBytes, 'blockpack root', footer.offset).fail(
      'corrupt',
      `fields of ${root.fields.storedLength} bytes at byte ${footer.fieldsOffset}`,
    )
  const fieldBytes = piece(footer.fieldsOffset, footer.offset)
  const fields = readFields(openPiece(fieldBytes, root.fields, 'blockpack fields', footer.fieldsOffset))
  const toc = tocOf(root, fields, rootRange)
  const held = { start, end, bytes: tail! }
  const holding = holdEnd(file, held)
  return new Block(holding, held, footer.version, toc, index ?? new FileIndex(holding, toc))
}

/** Keeps what is being read, unless that fails: a store that failed once may be asked again. */
function keep<T>(known: Map<number, Promise<T>>, key: number, reading: Promise<T>): Promise<T> {
  known.set(key, reading)
  reading.catch(() => known.delete(key))
  return reading
}
