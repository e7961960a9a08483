import type { Range, RangeReader } from '../bytes/range.ts'
import type { Trace } from '../model/trace.ts'
import { type Block, checkHeader, openBlock, type PageGroup } from './block.ts'
import { headerBytes } from './footer.ts'
import { findInPage, indexPageOf } from './indexes/trace-index.ts'
import { PageGroupColumns } from './page-group-columns.ts'
import { decodePageGroup } from './page-group-decoder.ts'
import { PageDecoder, type PagePlace, placePages } from './page-group-pages.ts'
import { Tables } from './tables.ts'

/** Reads all traces back, in their order: a batch a page group. */
export async function* decodeBlockpack(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const reader = await BlockpackReader.open(file)
  const [header] = await file.read([{ start: 0, end: Math.min(headerBytes, file.byteLength) }])
  checkHeader(header!)
  for (const pageGroup of reader.block.pageGroups) yield await reader.readPageGroup(pageGroup)
}

/** The pages of a page group. */
export interface OpenPages {
  /** The start of its first trace, ns. */
  readonly base: bigint
  /** By column. */
  readonly places: ReadonlyMap<number, PagePlace>
  readonly pages: PageDecoder
  readonly dictionaries: ReadonlyMap<number, readonly string[]>
}

/** A blockpack file open for reading. */
export class BlockpackReader {
  readonly block: Block
  readonly tables: Tables

  private constructor(block: Block) {
    this.block = block
    this.tables = new Tables(block.fields)
  }

  /** Opens a file: one read, or two where its table of contents is long. */
  static async open(file: RangeReader): Promise<BlockpackReader> {
    return new BlockpackReader(await openBlock(file))
  }

  /** The traces of a page group. */
  async readPageGroup(pageGroup: PageGroup): Promise<Trace[]> {
    const { base, pages, dictionaries } = await this.openPages(pageGroup)
    const { block, tables } = this
    return decodePageGroup(new PageGroupColumns({ block, pageGroup, base, pages, dictionaries, tables }), block.fields)
  }

  /** All pages of a page group, ready to be decoded, with their dictionaries. */
  async openPages(pageGroup: PageGroup): Promise<OpenPages> {
    const { block } = this
    const entries = await block.entriesOf(pageGroup)
    const places = placePages(pageGroup, entries, block)
    const [bands, dictionaries] = await Promise.all([
      block.file.read(pageGroup.bandRanges),
      block.dictionaries(places.keys()),
    ])
    const bytes = new Map<number, Uint8Array>()
    for (const [column, { start, end }] of places) {
      const band = pageGroup.bandRanges.findIndex(
        range => start >= range.start && end <= range.end && start < range.end,
      )
      if (band < 0) continue
      const from = pageGroup.bandRanges[band]!.start
      bytes.set(column, bands[band]!.subarray(start - from, end - from))
    }
    return { base: entries.base, places, dictionaries, pages: new PageDecoder(block, pageGroup, places, bytes) }
  }

  /** The trace of an id, or undefined where the file has none. */
  async findTrace(traceId: string): Promise<Trace | undefined> {
    return (await this.locate(traceId))?.trace
  }

  /** The trace of an id with its position in the file. */
  async locate(traceId: string): Promise<{ trace: Trace; position: number } | undefined> {
    const { root, indexRange, traceCount, pageGroups, file } = this.block
    if (traceCount === 0) return undefined
    const page = indexPageOf(traceId, root.traceIndex)
    const range = pageRange(indexRange, root.traceIndex.pageLengths, page)
    const [stored] = await file.read([range])
    for (const position of findInPage(stored!, traceId, root.traceIndex, traceCount, range.start)) {
      const pageGroup = pageGroups.findLast(({ firstTrace }) => firstTrace <= position)!
      const traces = await this.readPageGroup(pageGroup)
      const trace = traces[position - pageGroup.firstTrace]!
      if (trace.traceId === traceId) return { trace, position }
    }
    return undefined
  }
}

/** The place of one of several pages that lie one behind the other. */
function pageRange({ start }: Range, lengths: readonly number[], page: number): Range {
  let at = start
  for (let i = 0; i < page; i++) at += lengths[i]!
  return { start: at, end: at + lengths[page]! }
}
