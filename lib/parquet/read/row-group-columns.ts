import { byteLengthOf, type Range } from '../../bytes/range.ts'
import { follow, followSync, type MemoryFile, type ReadSteps } from '../../bytes/read-steps.ts'
import { LabError, naming } from '../../error.ts'
import { checkLimits, type Limits } from '../../model/limits.ts'
import { maxGap, readCoalesced } from '../../storage/coalesce.ts'
import { readDictionary } from './chunk.ts'
import { Column } from './column.ts'
import type { Chunk, ParquetFile } from './footer.ts'
import type { PageIndexes } from './page-index.ts'

/** A gap that is read too is at most this part of what is wanted. */
const minUse = 64

/** Some rows of a row group, and where the pages stand that have them; a column without an index is read whole. */
export interface RowPages extends Range {
  readonly indexes: PageIndexes
}

/** Pages one after the other, and their rows. */
interface Read extends Range {
  readonly firstRow: number
  readonly endRow: number
}

/** The pages of a column in which rows stand, one after the other. */
function pagesOf({ indexes, start: startRow, end: endRow }: RowPages, name: string): Read | undefined {
  const places = indexes.places(name)?.filter(place => place.firstRow < endRow && place.endRow > startRow)
  if (places === undefined) return undefined
  const [first, last] = [places[0]!, places.at(-1)!]
  return { start: first.start, end: last.end, firstRow: first.firstRow, endRow: last.endRow }
}

/** The columns of a row group, read when they are wanted, and kept. */
export class RowGroupColumns {
  readonly rowCount: number
  readonly #file: ParquetFile
  readonly #number: number
  readonly #limits: Limits | undefined
  readonly #rows: RowPages | undefined
  readonly #bytes = new Map<string, Uint8Array>()
  /** The columns that are being read. */
  readonly #loading = new Map<string, Promise<void>>()
  /** The rows of the pages that have been read. */
  readonly #rowsRead = new Map<string, Pick<Read, 'firstRow' | 'endRow'>>()
  /** The parts of columns that hold a dictionary. */
  readonly #heads = new Map<string, Uint8Array>()
  readonly #dictionaries = new Map<string, readonly string[]>()
  readonly #columns = new Map<string, Column>()

  /** Of all rows, or of some alone. */
  constructor(file: ParquetFile, number: number, limits?: Limits, rows?: RowPages) {
    this.#limits = limits
    this.#file = file
    this.#number = number
    this.#rows = rows
    this.rowCount = rows ? rows.end - rows.start : file.footer.rowGroups[number]!.rowCount
  }

  has(name: string): boolean {
    return this.#file.footer.leaves.has(name)
  }

  /**
   * Reads what is missing of some columns, in one go; those that the file does not have are passed over, and those that
   * are on their way are waited for.
   */
  async load(names: readonly string[]): Promise<void> {
    const wanted = this.#missing(names)
    const missing = wanted.filter(name => !this.#loading.has(name))
    const loading = follow(this.#loadSteps(missing), ranges => this.#read(ranges))
    for (const name of missing) this.#loading.set(name, loading)
    try {
      await Promise.all([loading, ...wanted.map(name => this.#loading.get(name))])
    } finally {
      for (const name of missing) this.#loading.delete(name)
    }
  }

  /** The same at once, of a file in memory. */
  loadSync(names: readonly string[], file: MemoryFile): void {
    followSync(this.#loadSteps(this.#missing(names)), ranges => {
      checkLimits(this.#limits, byteLengthOf(ranges))
      return file.readSync(ranges)
    })
  }

  #missing(names: readonly string[]): string[] {
    return [...new Set(names)].filter(name => this.has(name) && !this.#bytes.has(name))
  }

  #loadSteps(names: readonly string[]): ReadSteps<void> {
    return this.#rows ? this.#loadPages(names, this.#rows) : this.#loadWhole(names)
  }

  *#loadWhole(names: readonly string[]): ReadSteps<void> {
    const ranges = names.map(name => {
      const { start, end } = this.chunk(name)
      return { start: start + (this.#heads.get(name)?.length ?? 0), end }
    })
    const heads = names.map(name => this.#heads.get(name))
    const bytes = yield ranges
    for (const [i, name] of names.entries())
      this.#bytes.set(name, heads[i] === undefined ? bytes[i]! : Buffer.concat([heads[i], bytes[i]!]))
  }

  /** Reads, in one go, the dictionaries of those columns whose values are all in one. */
  async loadDictionaries(names: readonly string[]): Promise<void> {
    const missing = [...new Set(names)].filter(
      name => this.has(name) && this.chunk(name).dictionaryEnd !== undefined && !this.#heads.has(name),
    )
    const ranges = missing.map(name => ({ start: this.chunk(name).start, end: this.chunk(name).dictionaryEnd! }))
    const bytes = await this.#read(ranges)
    for (const [i, name] of missing.entries()) this.#heads.set(name, bytes[i]!)
  }

  /** Reads the pages that have the rows, with the dictionaries. */
  *#loadPages(names: readonly string[], rows: RowPages): ReadSteps<void> {
    const places = names.map(name => this.named(() => pagesOf(rows, name)))
    const ranges = names.flatMap((name, i) => {
      const { start, end, dataStart } = this.chunk(name)
      return [{ start, end: dataStart }, places[i] ?? { start: dataStart, end }]
    })
    const bytes = yield ranges
    for (const [i, name] of names.entries()) {
      this.#bytes.set(name, Buffer.concat([bytes[2 * i]!, bytes[2 * i + 1]!]))
      const { rowCount } = this.#file.footer.rowGroups[this.#number]!
      this.#rowsRead.set(name, places[i] ?? { firstRow: 0, endRow: rowCount })
    }
  }

  #read(ranges: readonly Range[]): Promise<Uint8Array[]> {
    const byteLength = byteLengthOf(ranges)
    checkLimits(this.#limits, byteLength)
    const gap = Math.min(maxGap, byteLength / minUse)
    return readCoalesced(this.#file.file, ranges, Number.POSITIVE_INFINITY, gap)
  }

  /** All strings of a column whose dictionary has been loaded; undefined where none has. */
  dictionary(name: string): readonly string[] | undefined {
    const head = this.#heads.get(name)
    const known = this.#dictionaries.get(name)
    if (head === undefined || known) return known
    const texts = readDictionary(head, this.#file.footer.leaves.get(name)!, this.chunk(name))
    this.#dictionaries.set(name, texts)
    return texts
  }

  /** True where a column has been read, or is on its way. */
  isRead(name: string): boolean {
    return this.#bytes.has(name) || this.#loading.has(name)
  }

  /** As `get`; undefined where it has not been loaded. */
  loaded(name: string): Column | undefined {
    return this.#bytes.has(name) ? this.get(name) : undefined
  }

  /** As `get`; undefined where the file lacks the column, or says that it is empty, and it has not been loaded. */
  find(name: string): Column | undefined {
    const isAbsent = !this.has(name) || (this.chunk(name).isEmpty && !this.#bytes.has(name))
    return isAbsent ? undefined : this.get(name)
  }

  /**
   * A column that has been loaded, decoded; it has as many rows as the row group. With `count` it must have a value, or
   * an absence, for each of so many elements.
   */
  get(name: string, count?: number): Column {
    const column = this.#columns.get(name) ?? this.#decode(name)
    const found = count === undefined ? undefined : column.places.length
    return found === count ? column : column.fail(`stands in ${found} elements, its neighbours in ${count}`)
  }

  #decode(name: string): Column {
    const bytes = this.#bytes.get(name)
    if (bytes === undefined) throw new LabError('invalid', `${name}: has not been read`)
    const leaf = this.#file.footer.leaves.get(name)!
    const column = this.#rows
      ? this.#slice(Column.readPart(bytes, leaf, this.chunk(name)), this.#rows, this.#rowsRead.get(name)!)
      : Column.read(bytes, leaf, this.chunk(name))
    const rowCount = column.elementCount(0)
    if (rowCount !== this.rowCount) column.fail(`${rowCount} rows, the footer says ${this.rowCount}`)
    this.#columns.set(name, column)
    return column
  }

  /** The rows of a column, of which some pages have been read. */
  #slice(column: Column, { start, end }: RowPages, { firstRow, endRow }: Pick<Read, 'firstRow' | 'endRow'>): Column {
    if (column.rowCount !== endRow - firstRow)
      column.fail(`pages of ${column.rowCount} rows, the offset index says ${endRow - firstRow}`)
    return column.slice(start - firstRow, end - firstRow)
  }

  release(): void {
    this.#bytes.clear()
    this.#heads.clear()
    this.#dictionaries.clear()
    this.#columns.clear()
  }

  /** What `read` gives; errors name the row group. */
  named<T>(read: () => T): T {
    return naming(`Parquet row group ${this.#number}`, read)
  }

  /** What the footer says of a column that the file has. */
  chunk(name: string): Chunk {
    return this.#file.footer.rowGroups[this.#number]!.chunks.get(name)!
  }
}
