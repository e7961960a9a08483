import type { Range, RangeReader } from '../../../bytes/range.ts'
import { ByteReader } from '../../../bytes/reader.ts'
import { decompressor } from '../../../codecs/compress.ts'
import { type Decompress, PageReader } from '../../../encodings/pages/page.ts'
import { readStrings } from '../../../encodings/pages/strings.ts'
import { LabError } from '../../../error.ts'
import { readCoalesced } from '../../../storage/coalesce.ts'
import { bloomBlockBytes } from '../indexes/bloom-writer.ts'
import { bandCount, type Field, firstFieldId, fixedColumn, kindOfValues } from '../layout/columns.ts'
import { type PageEntry, readEntry } from '../layout/entry.ts'
import { readFields } from '../layout/fields.ts'
import { footerBytes, headerBytes, magic, parseFooter, version } from '../layout/footer.ts'
import { type PageGroupPlace, type Root, readRoot } from '../layout/root.ts'
import { openPiece, type Piece } from '../layout/stored.ts'
import { keep, Placer } from './ranges.ts'

/** Read at once at the end of a file: footer, root and fields of all but large ones. */
const tailBytes = 1 << 15

/** A page group with its place in the file. */
export interface PageGroup extends PageGroupPlace {
  readonly index: number
  readonly rowGroup: number
  /** Its position in the row group. */
  readonly place: number
  /** The position of its first trace in the file. */
  readonly firstTrace: number
  readonly bandRanges: readonly Range[]
}

/** What the directory tells of a page group. */
export interface PageGroupEntries {
  /** The start of its first trace, ns. */
  readonly base: bigint
  readonly entries: readonly PageEntry[]
}

interface Placed extends Piece, Range {}

/** An open file: the table of contents, and what was read of it so far. */
export class Block {
  readonly file: RangeReader
  readonly root: Root
  readonly fields: readonly Field[]
  readonly pageGroups: readonly PageGroup[]
  /** By row group, in the order of its filters. */
  readonly bloomRanges: readonly (readonly Range[])[]
  readonly openColumns: ReadonlySet<number>
  readonly rareFields: ReadonlySet<number>
  readonly spanCount: number
  readonly traceCount: number
  readonly decompress: Decompress
  /** Sections of the file by name, for `inspect`. */
  readonly sections: ReadonlyMap<string, Range>
  readonly dictionarySizes: ReadonlyMap<number, number>
  /** By owner, dot and key: the numbers of the fields, one a type. */
  readonly fieldNumbers: ReadonlyMap<string, number[]>
  readonly #directories: readonly Placed[]
  readonly #dictionaryPages: readonly Placed[]
  readonly indexRange: Range
  readonly similarityRange: Range
  readonly #loadedDirectories = new Map<number, Promise<PageGroupEntries[]>>()
  readonly #dictionaries = new Map<number, readonly string[]>()
  readonly #loadedDictionaries = new Map<number, Promise<Map<number, string[]>>>()

  constructor(file: RangeReader, root: Root, fields: readonly Field[], rootStart: number) {
    this.file = file
    this.root = root
    this.fields = fields
    this.decompress = decompressor(root.codec)
    const place = new Placer(headerBytes)
    const pageGroups: PageGroup[] = []
    const directories: Placed[] = []
    const bloomRanges: Range[][] = []
    let [firstTrace, spanCount] = [0, 0]
    for (const [rowGroup, { pageGroups: members, directory, blooms }] of root.rowGroups.entries()) {
      const bands = Array.from({ length: bandCount }, (_, band) =>
        members.map(({ bandLengths }) => place.take(bandLengths[band]!)),
      )
      for (const [i, member] of members.entries()) {
        const bandRanges = bands.map(band => band[i]!)
        pageGroups.push({ ...member, index: pageGroups.length, rowGroup, place: i, firstTrace, bandRanges })
        firstTrace += member.traceCount
        spanCount += member.spanCount
      }
      directories.push({ ...directory, ...place.take(directory.storedLength) })
      bloomRanges.push(blooms.map(({ blockCount }) => place.take(blockCount * bloomBlockBytes)))
    }
    const dataEnd = place.at
    this.#dictionaryPages = root.dictionaries.map(page => ({ ...page, ...place.take(page.storedLength) }))
    const dictionaryEnd = place.at
    this.indexRange = place.take(sum(root.traceIndex.pageLengths))
    const similarity = root.similarity
    this.similarityRange = place.take(similarity ? sum(similarity.bandLengths) + sum(similarity.traceLengths) : 0)
    const fieldsRange = place.take(root.fields.storedLength)
    const fail = (message: string) =>
      new ByteReader(new Uint8Array(), 'blockpack root', rootStart).fail('corrupt', message)
    if (place.at !== rootStart) fail(`what it names ends at byte ${place.at}`)
    if (root.traceIndex.pageLengths.length === 0 && firstTrace > 0) fail(`no index of ${firstTrace} traces`)
    this.#directories = directories
    this.pageGroups = pageGroups
    this.bloomRanges = bloomRanges
    this.openColumns = new Set(root.openColumns)
    this.rareFields = new Set(root.rareFields)
    this.spanCount = spanCount
    this.traceCount = firstTrace
    this.sections = new Map([
      ['data', { start: headerBytes, end: dataEnd }],
      ['dictionaries', { start: dataEnd, end: dictionaryEnd }],
      ['trace index', this.indexRange],
      ['similarity', this.similarityRange],
      ['fields', fieldsRange],
      ['root', { start: rootStart, end: file.byteLength - footerBytes }],
    ])
    const sizes = new Map<number, number>()
    for (const { runs } of root.dictionaries)
      for (const { column, entryCount } of runs) sizes.set(column, (sizes.get(column) ?? 0) + entryCount)
    this.dictionarySizes = sizes
    this.fieldNumbers = numbersByKey(fields)
  }

  /** The entries of a row group's page groups, read once. */
  directory(rowGroup: number): Promise<PageGroupEntries[]> {
    const loaded = this.#loadedDirectories.get(rowGroup)
    return loaded ?? keep(this.#loadedDirectories, rowGroup, this.#readDirectory(rowGroup))
  }

  directoryRange(rowGroup: number): Range {
    return this.#directories[rowGroup]!
  }

  async entriesOf({ rowGroup, place }: PageGroup): Promise<PageGroupEntries> {
    return (await this.directory(rowGroup))[place]!
  }

  async #readDirectory(rowGroup: number): Promise<PageGroupEntries[]> {
    const piece = this.#directories[rowGroup]!
    const [bytes] = await this.file.read([piece])
    const reader = openPiece(bytes!, piece, 'blockpack directory', piece.start)
    const groups = this.root.rowGroups[rowGroup]!.pageGroups.map(() => readPageGroupEntries(reader))
    reader.end()
    return groups
  }

  /** The entries of some columns' dictionaries, whole; read once. */
  async dictionaries(columns: Iterable<number>): Promise<Map<number, readonly string[]>> {
    const wanted = [...columns].filter(column => this.dictionarySizes.has(column))
    const missing = new Set(wanted.filter(column => !this.#dictionaries.has(column)))
    if (missing.size > 0) {
      const pages = [...this.root.dictionaries.keys()].filter(page =>
        this.root.dictionaries[page]!.runs.some(({ column }) => missing.has(column)),
      )
      await this.#loadDictionaryPages(pages)
      const parts = await Promise.all(pages.map(page => this.#loadedDictionaries.get(page)!))
      for (const column of missing)
        this.#dictionaries.set(
          column,
          parts.flatMap(part => part.get(column) ?? []),
        )
    }
    return new Map(wanted.map(column => [column, this.#dictionaries.get(column)!]))
  }

  /** Some entries of dictionaries, by column and code, with few requests: only the pieces that hold them are read. */
  async dictionaryEntries(
    codes: ReadonlyMap<number, readonly number[]>,
    maxRequests: number,
  ): Promise<Map<number, readonly string[]>> {
    const found = new Map<number, string[]>()
    const firsts = new Map<number, number>()
    const needed: { page: number; column: number; first: number }[] = []
    for (const [page, { runs }] of this.root.dictionaries.entries())
      for (const { column, entryCount } of runs) {
        const first = firsts.get(column) ?? 0
        firsts.set(column, first + entryCount)
        if (codes.get(column)?.some(code => code >= first && code < first + entryCount))
          needed.push({ page, column, first })
      }
    await this.#loadDictionaryPages([...new Set(needed.map(({ page }) => page))], maxRequests)
    for (const { page, column, first } of needed) {
      const entries = (await this.#loadedDictionaries.get(page)!).get(column)!
      const known = found.get(column) ?? []
      found.set(column, known)
      for (const code of codes.get(column)!)
        if (code >= first && code < first + entries.length) known[code] = entries[code - first]!
    }
    return found
  }

  async #loadDictionaryPages(pages: readonly number[], maxRequests?: number): Promise<void> {
    const missing = pages.filter(page => !this.#loadedDictionaries.has(page))
    if (missing.length > 0) {
      const reading = readCoalesced(
        this.file,
        missing.map(page => this.#dictionaryPages[page]!),
        maxRequests,
      )
      for (const [i, page] of missing.entries())
        keep(
          this.#loadedDictionaries,
          page,
          reading.then(read => this.#openDictionary(page, read[i]!)),
        )
    }
    await Promise.all(pages.map(page => this.#loadedDictionaries.get(page)))
  }

  #openDictionary(page: number, bytes: Uint8Array): Map<number, string[]> {
    const piece = this.#dictionaryPages[page]!
    const raw = openPiece(bytes, piece, 'blockpack dictionary', piece.start)
    const reader = new PageReader(raw.raw(raw.remaining), raw.subject, 0, this.decompress)
    const entries = new Map<number, string[]>()
    for (const { column, entryCount } of this.root.dictionaries[page]!.runs) {
      const kind = this.columnKind(column)
      if (kind === undefined || kind === 'numbers' || entries.has(column))
        reader.in.fail('corrupt', `a dictionary of column ${column}`)
      entries.set(
        column,
        reader.naming(() => readStrings(reader, entryCount, kind === 'binary')),
      )
    }
    reader.in.end()
    return entries
  }

  /** An entry of a dictionary that is none of its kind. */
  readonly failEntry = (message: string): never => {
    const { start } = this.sections.get('dictionaries')!
    throw new LabError('corrupt', `blockpack dictionary, from byte ${start} on: ${message}`)
  }

  /** What pages of a column hold; undefined where there is no such column. */
  columnKind(column: number): 'numbers' | 'text' | 'binary' | undefined {
    if (column < firstFieldId) return fixedColumn(column)?.kind
    const field = this.fields[column - firstFieldId]
    return field && kindOfValues(field.type)
  }
}

/** Opens a file with one read, or two where its table of contents is long. */
export async function openBlock(file: RangeReader): Promise<Block> {
  const end = file.byteLength
  let start = Math.max(0, end - tailBytes)
  let [tail] = await file.read([{ start, end }])
  const footer = parseFooter(tail!.subarray(Math.max(0, tail!.length - footerBytes)), end)
  if (footer.fieldsOffset < start) {
    const [front] = await file.read([{ start: footer.fieldsOffset, end: start }])
    tail = Buffer.concat([front!, tail!])
    start = footer.fieldsOffset
  }
  const piece = (from: number, to: number) => tail!.subarray(from - start, to - start)
  const rootBytes = piece(footer.offset, end - footerBytes)
  const root = readRoot(openPiece(rootBytes, footer, 'blockpack root', footer.offset))
  if (footer.fieldsOffset + root.fields.storedLength !== footer.offset)
    new ByteReader(rootBytes, 'blockpack root', footer.offset).fail(
      'corrupt',
      `fields of ${root.fields.storedLength} bytes at byte ${footer.fieldsOffset}`,
    )
  const fieldBytes = piece(footer.fieldsOffset, footer.offset)
  const fields = readFields(openPiece(fieldBytes, root.fields, 'blockpack fields', footer.fieldsOffset))
  return new Block(file, root, fields, footer.offset)
}

/** Refuses a file that does not begin as one of ours. */
export function checkHeader(bytes: Uint8Array): void {
  const reader = new ByteReader(bytes, 'blockpack header')
  if (reader.u32() !== magic) new ByteReader(bytes, 'blockpack header').fail('corrupt', 'no blockpack file of ours')
  const found = reader.u32()
  if (found !== version) reader.fail('unsupported', `version ${found}, known is ${version}`)
}

function readPageGroupEntries(reader: ByteReader): PageGroupEntries {
  const base = reader.u64()
  const entries: PageEntry[] = []
  let before = -1
  for (let left = reader.count(4); left > 0; left--) {
    const entry = readEntry(reader, before)
    before = entry.column
    entries.push(entry)
  }
  return { base, entries }
}

function numbersByKey(fields: readonly Field[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>()
  for (const [number, { owner, key }] of fields.entries()) {
    const name = `${owner}.${key}`
    const known = numbers.get(name)
    if (known) known.push(number)
    else numbers.set(name, [number])
  }
  return numbers
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0)
}
