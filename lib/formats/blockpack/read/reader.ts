import { type Arena, allocatingIn, borrowArena, returnArena } from '../../../bytes/arena.ts'
import type { Range, RangeReader } from '../../../bytes/range.ts'
import type { Trace } from '../../../model/trace.ts'
import type { RowTrace } from '../../../shred/row-traces.ts'
import { readCoalesced } from '../../../storage/coalesce.ts'
import { findInPage, indexPageOf } from '../indexes/trace-index.ts'
import { columnId } from '../layout/columns.ts'
import { checkHeader, headerBytes } from '../layout/footer.ts'
import { lazy } from '../layout/lazy.ts'
import { PagePlaces } from '../layout/page-places.ts'
import { type PageGroup, pageGroupAt } from '../layout/toc.ts'
import { type Block, openBlock } from './block.ts'
import { ColumnTrace, shredderOfColumns } from './column-shredder.ts'
import type { IndexReader } from './index-reader.ts'
import { OpenPageGroup } from './page-group.ts'
import { decodePageGroup } from './page-group-decoder.ts'
import { PageDecoder } from './page-group-pages.ts'
import { RowCodes } from './row-codes.ts'
import { decodeRows } from './row-decoder.ts'
import { Tables } from './tables.ts'
import { sliceTrace, type TraceSlice } from './trace-slice.ts'

/** Reads all traces back, in their order: one batch per page group. */
export async function* decodeBlockpack(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const reader = await openWhole(file)
  for (const pageGroup of reader.block.toc.pageGroups) yield await reader.readPageGroup(pageGroup)
}

/** The same, of which spans are made when they are asked for: written as OTLP protobuf or blockpack they never are. */
export async function* decodeBlockpackRows(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const reader = await openWhole(file)
  for (const pageGroup of reader.block.toc.pageGroups) yield await reader.readRows(pageGroup)
}

/** Opens a file of which all will be read: its header is checked too. */
export async function openWhole(file: RangeReader): Promise<BlockpackReader> {
  const reader = await BlockpackReader.open(file)
  const [header] = await file.read([{ start: 0, end: Math.min(headerBytes, file.byteLength) }])
  checkHeader(header!)
  return reader
}

/** The pages of a page group. */
export interface OpenPages {
  readonly open: OpenPageGroup
  readonly places: PagePlaces
  readonly pages: PageDecoder
  readonly dictionaries: ReadonlyMap<number, readonly string[]>
}

const shapeColumns = (['span.shape', 'event.shape', 'link.shape'] as const).map(columnId)
/** Of the eight requests that a trace may cost, what the index, the shapes, the directory and the bands leave. */
const maxDictionaryRequests = 2
/** Beyond the eight, for a trace of pooled texts: its own blocks, and those that it shares with others. */
const maxTextRequests = 2
const textBlocks = columnId('text.blocks')

/** A trace, and its position in the file. */
export interface Located {
  readonly trace: Trace
  readonly position: number
}

/** A blockpack file open for reading. */
export class BlockpackReader {
  readonly block: Block
  readonly tables: Tables
  readonly #codes = new RowCodes()

  private constructor(block: Block) {
    this.block = block
    this.tables = new Tables(block.toc.fields)
  }

  /** Opens a file: one read, or two where its table of contents is long. */
  static async open(file: RangeReader, index?: IndexReader): Promise<BlockpackReader> {
    return new BlockpackReader(await openBlock(file, index))
  }

  /** The traces of a page group. */
  async readPageGroup(pageGroup: PageGroup): Promise<Trace[]> {
    const { open } = await this.openPages(pageGroup)
    return decodePageGroup(open)
  }

  /** The traces of a page group as rows, of which spans are made when they are asked for. */
  async readRows(pageGroup: PageGroup, bands?: readonly Uint8Array[]): Promise<RowTrace[]> {
    const { open } = await this.openPages(pageGroup, bands)
    return decodeRows(open, this.#codes)
  }

  /**
   * The same for who writes them to another blockpack file: where they can be, they are copied there by columns. Where an
   * arena is given, these are decoded there, and the traces are of use until it is cleared.
   */
  async readColumns(pageGroup: PageGroup, arena?: Arena): Promise<Trace[]> {
    const { open } = await this.openPages(pageGroup)
    const shredder = allocatingIn(arena, () => shredderOfColumns(open))
    if (shredder === undefined) return decodeRows(open, this.#codes)
    const rows = lazy(() => decodeRows(open, this.#codes))
    const spansOf = (trace: number) => rows()[trace]!.spans
    return shredder.traceIds.map((_, trace) => new ColumnTrace(shredder, trace, spansOf))
  }

  /** All pages of a page group, ready to be decoded, with their dictionaries; in a worker its bands are given. */
  async openPages(pageGroup: PageGroup, bands?: readonly Uint8Array[]): Promise<OpenPages> {
    const { block } = this
    const { base, places, bytes } = await this.#readPages(pageGroup, true, bands)
    const dictionaries = await block.dictionaries(places.columns())
    const pages = new PageDecoder(block, pageGroup, places, bytes)
    const open = new OpenPageGroup({ block, pageGroup, base, pages, dictionaries, tables: this.tables })
    return { open, places, dictionaries, pages }
  }

  /**
   * One trace of a page group, by its position in it: of the columns only its rows are put together, of the dictionaries
   * only what they name is read, in two steps beside the one of the shapes.
   */
  async readTrace(pageGroup: PageGroup, trace: number): Promise<Trace> {
    const arena = borrowArena()
    try {
      return await this.#readTraceIn(arena, pageGroup, trace)
    } finally {
      returnArena(arena)
    }
  }

  /** What is put together to find the rows is given up with the arena; the trace is not in it. */
  async #readTraceIn(arena: Arena, pageGroup: PageGroup, trace: number): Promise<Trace> {
    const { block, tables } = this
    const { dictionarySizes, openColumns } = block.toc
    const [{ base, places, bytes }, shapes] = await Promise.all([
      this.#readPages(pageGroup, !dictionarySizes.has(textBlocks) && !openColumns.has(textBlocks)),
      block.dictionaries([...shapeColumns, textBlocks]),
    ])
    const whole = new PageDecoder(block, pageGroup, places, bytes)
    const open = new OpenPageGroup({ block, pageGroup, base, pages: whole, dictionaries: shapes, tables })
    const slice = allocatingIn(arena, () => sliceTrace(open, trace))
    const pages = new PageDecoder(block, pageGroup, places, bytes, slice.slices)
    pages.contextsOf = whole.contextsOf
    await this.#readTexts(arena, pages, slice)
    const codes = allocatingIn(arena, () => codesOf(pages, places, slice, dictionarySizes))
    const dictionaries = await block.dictionaryEntries(codes, maxDictionaryRequests)
    const { tails, lists } = slice
    const context = { block, pageGroup: slice.pageGroup, base: slice.base, pages, dictionaries, tables, tails, lists }
    // Codes of its own: those of the file outlive the arena.
    return allocatingIn(arena, () => decodeRows(new OpenPageGroup(context), new RowCodes())[0]!.object())
  }

  /** Reads the blocks of the pool that the texts of a trace are in. */
  async #readTexts(arena: Arena, pages: PageDecoder, { slices }: TraceSlice): Promise<void> {
    const columns = pages.pooledColumns()
    if (columns.length === 0) return
    const runs = () => columns.map(column => pages.runsOf(column, slices.get(column)))
    const ranges = allocatingIn(arena, () => pages.pool().rangesOf(runs()))
    const read = await readCoalesced(this.block.file, ranges, maxTextRequests)
    allocatingIn(arena, () => pages.pool().load(ranges, read))
  }

  /** The bytes of a page group's bands, for `openPages`. */
  readBands(pageGroup: PageGroup): Promise<Uint8Array[]> {
    return this.block.file.read(filledBands(pageGroup))
  }

  /** The directory of a page group and its pages, read together; without blocks of texts, one after the other. */
  async #readPages(pageGroup: PageGroup, hasBlocks = true, given?: readonly Uint8Array[]) {
    const { block } = this
    const directory = block.entriesOf(pageGroup)
    const ranges = filledBands(pageGroup)
    const placing = directory.then(({ entries }) => new PagePlaces(block.toc, pageGroup, entries))
    if (!hasBlocks) cutOut(ranges, (await placing).get(textBlocks))
    const [{ base }, places, bands] = await Promise.all([directory, placing, given ?? block.file.read(ranges)])
    const bytes = new Map<number, Uint8Array>()
    for (const { entry, start, end } of places) {
      const band = ranges.findIndex(range => start >= range.start && end <= range.end)
      if (band >= 0 && start < end)
        bytes.set(entry.column, bands[band]!.subarray(start - ranges[band]!.start, end - ranges[band]!.start))
    }
    return { base, places, bytes }
  }

  /** The trace of an id, or undefined where the file has none. */
  async findTrace(traceId: string): Promise<Trace | undefined> {
    return (await this.locate(traceId))?.trace
  }

  /** The trace of an id with its position in the file; of several traces with this id the first. */
  async locate(traceId: string): Promise<Located | undefined> {
    for await (const located of this.locateAll(traceId)) return located
    return undefined
  }

  /** All traces of an id: a file that was written from ungrouped input may have several. */
  async *locateAll(traceId: string): AsyncIterable<Located> {
    const { file, toc } = this.block
    const { root, traceCount } = toc
    if (traceCount === 0) return
    const page = indexPageOf(traceId, root.traceIndex)
    const range = pageRange(toc.sections['trace index'], root.traceIndex.pageLengths, page)
    const [[stored]] = await Promise.all([file.read([range]), this.block.dictionaries(shapeColumns)])
    for (const position of findInPage(stored!, traceId, root.traceIndex, traceCount, range.start)) {
      const pageGroup = pageGroupAt(toc, position)
      const trace = await this.readTrace(pageGroup, position - pageGroup.firstTrace)
      if (trace.traceId === traceId) yield { trace, position }
    }
  }
}

/** By column that has a dictionary: the codes of its entries that a trace names. */
function codesOf(
  pages: PageDecoder,
  places: PagePlaces,
  { slices }: TraceSlice,
  dictionarySizes: ReadonlyMap<number, number>,
): Map<number, readonly number[]> {
  const codes = new Map<number, readonly number[]>()
  for (const { entry } of places) {
    const { column, rowCount } = entry
    if (dictionarySizes.has(column) && column !== textBlocks)
      codes.set(column, pages.text(column, slices.get(column)?.count ?? rowCount).fileCodes)
  }
  return codes
}

function filledBands({ bandRanges }: PageGroup): Range[] {
  return bandRanges.filter(isFilled)
}

function isFilled({ start, end }: Range): boolean {
  return start < end
}

/** Cuts a range out of the one that includes it. */
function cutOut(ranges: Range[], hole: Range | undefined): void {
  const at = ranges.findIndex(({ start, end }) => hole && start <= hole.start && hole.end <= end)
  if (at < 0) return
  const { start, end } = ranges[at]!
  ranges.splice(
    at,
    1,
    ...[
      { start, end: hole!.start },
      { start: hole!.end, end },
    ].filter(isFilled),
  )
}

/** The range of one of several consecutive pages. */
function pageRange({ start }: Range, lengths: readonly number[], page: number): Range {
  let at = start
  for (let i = 0; i < page; i++) at += lengths[i]!
  return { start: at, end: at + lengths[page]! }
}
