import { readColumnIndex, readOffsetIndex } from 'hyparquet/src/indexes.js'
import { byteLengthOf } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import { checkLimits, type Limits } from '../../model/limits.ts'
import { readCoalesced } from '../../storage/coalesce.ts'
import type { Chunk, ParquetFile, RowGroup } from './footer.ts'
import type { Leaf } from './leaves.ts'
import { maxPagesOfChunk } from './limits.ts'

/** Bytes of bounds that no writer cuts. */
const maxWholeBound = 16

/** Where a page of values stands, with its header, and its first row. */
export interface PagePlace {
  readonly start: number
  readonly end: number
  readonly firstRow: number
  /** The first row of the page behind it. */
  readonly endRow: number
}

/** Where the pages of a row group's columns stand; read once for all columns that are wanted. */
export class PageIndexes {
  readonly #file: ParquetFile
  readonly #chunks: RowGroup['chunks']
  readonly #rowCount: number
  readonly #offsets = new Map<string, Uint8Array>()
  readonly #bounds = new Map<string, Uint8Array>()

  constructor(file: ParquetFile, rowGroup: number) {
    this.#file = file
    const { chunks, rowCount } = file.footer.rowGroups[rowGroup]!
    this.#chunks = chunks
    this.#rowCount = rowCount
  }

  /** Reads, in one go, where pages of columns stand, and for some what is in them. */
  async load(names: readonly string[], bounded: readonly string[], limits?: Limits): Promise<void> {
    const offsets = names.flatMap(name => this.#chunks.get(name)?.offsetIndex ?? [])
    const bounds = bounded.flatMap(name => this.#chunks.get(name)?.columnIndex ?? [])
    checkLimits(limits, byteLengthOf([...offsets, ...bounds]))
    const bytes = await readCoalesced(this.#file.file, [...offsets, ...bounds])
    for (const name of names) if (this.#chunks.get(name)?.offsetIndex) this.#offsets.set(name, bytes.shift()!)
    for (const name of bounded) if (this.#chunks.get(name)?.columnIndex) this.#bounds.set(name, bytes.shift()!)
  }

  /** The pages of a column; undefined where no index has been read. */
  places(name: string): PagePlace[] | undefined {
    const bytes = this.#offsets.get(name)
    return bytes && pagePlacesOf(bytes, this.#file.footer.leaves.get(name)!, this.#chunks.get(name)!, this.#rowCount)
  }

  /** Those pages of a column that may hold bytes between others; undefined where no index says so. */
  placesWith(name: string, mayHold: (least: Uint8Array, greatest: Uint8Array) => boolean): PagePlace[] | undefined {
    const [places, bytes] = [this.places(name), this.#bounds.get(name)]
    if (!(places && bytes)) return undefined
    const wanted = pagesWith(
      bytes,
      this.#file.footer.leaves.get(name)!,
      this.#chunks.get(name)!,
      places.length,
      mayHold,
    )
    return places.filter((_, i) => wanted[i])
  }
}

/** The pages of a chunk, by its offset index, of which `bytes` are all; rows ascend, and pages lie in the chunk. */
function pagePlacesOf(bytes: Uint8Array, { name }: Leaf, chunk: Chunk, rowCount: number): PagePlace[] {
  const { page_locations: told } = attempt(name, 'offset index', () => readOffsetIndex(readerOf(bytes)))
  if (!(Array.isArray(told) && told.length > 0 && told.length <= maxPagesOfChunk)) fail(name, 'offset index: no pages')
  const places = told.map(({ offset, compressed_page_size: byteLength, first_row_index: firstRow }, i): PagePlace => {
    const start = Number(offset)
    const endRow = Number(told[i + 1]?.first_row_index ?? rowCount)
    return { start, end: start + Number(byteLength), firstRow: Number(firstRow), endRow }
  })
  let [at, row] = [chunk.dataStart, -1]
  for (const place of places) {
    if (
      !(
        place.start >= at &&
        place.end > place.start &&
        place.end <= chunk.end &&
        place.firstRow > row &&
        place.endRow <= rowCount
      )
    )
      fail(name, `offset index: a page at byte ${place.start} that begins with row ${place.firstRow}`)
    at = place.end
    row = place.firstRow
  }
  if (places[0]!.firstRow !== 0) fail(name, `offset index: begins with row ${places[0]!.firstRow}`)
  return places
}

/** Whether each page may hold bytes that compare so; `bytes` are the chunk's column index. */
function pagesWith(
  bytes: Uint8Array,
  { name }: Leaf,
  { bounds }: Chunk,
  pageCount: number,
  mayHold: (least: Uint8Array, greatest: Uint8Array) => boolean,
): boolean[] {
  const parsers = { stringFromBytes: (text: Uint8Array) => text }
  const index = attempt(name, 'column index', () =>
    readColumnIndex(readerOf(bytes), { name, type: 'BYTE_ARRAY' }, parsers as never),
  )
  const [least, greatest] = [index.min_values, index.max_values] as unknown as Uint8Array[][]
  if (index.null_pages?.length !== pageCount || least!.length !== pageCount || greatest!.length !== pageCount)
    fail(name, `column index: not of ${pageCount} pages`)
  if (bounds && !(isAmong(bounds[0], least!) && isAmong(bounds[1], greatest!)))
    fail(name, 'column index: the least and greatest values are not those of the footer')
  return index.null_pages.map((isNull: boolean, i: number) => !isNull && mayHold(least![i]!, greatest![i]!))
}

/** True too where it is cut, as long bounds may be in one place and not in the other. */
function isAmong(bound: Uint8Array, ofPages: readonly Uint8Array[]): boolean {
  return bound.length > maxWholeBound || ofPages.some(bytes => Buffer.compare(bytes, bound) === 0)
}

function readerOf(bytes: Uint8Array): { view: DataView; offset: number } {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
}

function attempt<T>(name: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    return fail(name, `${what}: is damaged`, error)
  }
}

function fail(name: string, message: string, cause?: unknown): never {
  throw new LabError('corrupt', `${name}: ${message}`, { cause })
}
