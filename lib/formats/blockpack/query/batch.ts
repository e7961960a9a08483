import { type Arena, allocatingIn, borrowArena, returnArena } from '../../../bytes/arena.ts'
import { byteLengthOf } from '../../../bytes/range.ts'
import { LabError } from '../../../error.ts'
import { checkLimits, type Limits } from '../../../model/limits.ts'
import { memoryBatch } from '../../../model/memory-source.ts'
import type { ColumnData, ColumnName, ColumnSet, SharedBatch, SpanBatch } from '../../../model/scan.ts'
import { groupNeighbours, joinSpellings } from '../../../model/trace-id.ts'
import { findBytes, type ReadPiece, readPieces } from '../../../storage/coalesce.ts'
import { columnId } from '../layout/columns.ts'
import type { Block } from '../read/block.ts'
import { OpenPageGroup } from '../read/page-group.ts'
import type { PageGroupColumns } from '../read/page-group-columns.ts'
import { PageDecoder } from '../read/page-group-pages.ts'
import type { BlockpackReader } from '../read/reader.ts'
import { startPlaces } from '../read/start-places.ts'
import { columnData, isReadByRow } from './column-data.ts'
import { columnsFor, type PageGroupPlan, rangesOf } from './plan.ts'
import { type PackedPages, type PageLender, packPages, sharePageGroup, unpackPages } from './share.ts'

/** Of a column of which all values are one. */
const noPage = new Uint8Array()

/** A page group as a batch; columns are read when they are first asked for. */
export class PageGroupBatch implements SpanBatch {
  readonly spanCount: number
  readonly identity: object
  readonly positions: { readonly start: number; readonly end: number }
  readonly startExtent: readonly [bigint, bigint]
  readonly #reader: BlockpackReader
  readonly #block: Block
  readonly #limits: Limits | undefined
  readonly plan: PageGroupPlan
  readonly #lender: PageLender | undefined
  readonly #pages = new Map<number, Uint8Array>()
  /** What was read, of this page group and of others: `#pages` are found in it when they are asked for. */
  #pieces: (readonly ReadPiece[])[] = []
  /** Columns all of whose pages are in `#pieces`. */
  #loaded: readonly ColumnName[] = []
  /** By column: what brings its page. */
  readonly #loading = new Map<number, Promise<void>>()
  #endSharing = () => {}
  #opened: OpenPageGroup | undefined
  /** What its columns are allocated in until it is released. */
  #arena: Arena | undefined
  readonly #data = new Map<ColumnName, readonly ColumnData[]>()

  /** The next ones: what is read first is read of all these together, once one is asked for anything. */
  following: readonly PageGroupBatch[] = []
  #planned: Promise<void> | undefined

  /** Pages are read from the file, or in a worker had from who lends them. */
  constructor(reader: BlockpackReader, plan: PageGroupPlan, limits: Limits | undefined, lender?: PageLender) {
    const { pageGroup } = plan
    this.#reader = reader
    this.#block = reader.block
    this.plan = plan
    this.#limits = limits
    this.#lender = lender
    this.spanCount = pageGroup.spanCount
    this.identity = pageGroup
    this.positions = { start: pageGroup.firstTrace, end: pageGroup.firstTrace + pageGroup.traceCount }
    this.startExtent = [pageGroup.minStart, pageGroup.maxStart]
  }

  /** The page group with what has been decoded so far. */
  get #open(): OpenPageGroup {
    if (this.#opened !== undefined) return this.#opened
    const { block, tables } = this.#reader
    const { pageGroup, base, places } = this.plan
    const pages = new PageDecoder(block, pageGroup, places, { get: column => this.#pageOf(column) })
    this.#opened = new OpenPageGroup({ block, pageGroup, base, pages, dictionaries: block.loadedDictionaries, tables })
    return this.#opened
  }

  #pageOf(column: number): Uint8Array | undefined {
    const known = this.#pages.get(column)
    const place = known ? undefined : this.plan.places.get(column)
    if (place === undefined) return known
    if (place.entry.storedLength === 0) return noPage
    for (const pieces of this.#pieces) {
      const page = findBytes(pieces, place)
      if (page === undefined) continue
      this.#pages.set(column, page)
      return page
    }
    return undefined
  }

  /** Whether ids are of odd lengths, so that one trace may have several. */
  get mayBeSpelled(): boolean {
    return this.plan.places.has(columnId('trace.idOdd'))
  }

  /** Its traces as a batch of their own, where neighbours are one trace by the number of their ids; else undefined. */
  async spelledBatch(): Promise<SpanBatch | undefined> {
    const ids = (await this.read(['trace:id'])).get('trace:id')[0]!.values
    const traceIds = 'codes' in ids ? ids.dictionary.map(traceId => ({ traceId: traceId as string })) : []
    if (groupNeighbours(traceIds).length === traceIds.length) return undefined
    const traces = await this.#reader.readPageGroup(this.plan.pageGroup)
    return memoryBatch(groupNeighbours(traces).map(joinSpellings))
  }

  /** Reads what its plan and those of others read first, in one go; where it fails, the next one tries anew. */
  load(together: readonly PageGroupBatch[] = [this, ...this.following]): Promise<void> | undefined {
    if (this.#planned === undefined && this.plan.names.length > 0) {
      const keep = (planned: Promise<void> | undefined) => {
        for (const batch of together) batch.#planned = planned
      }
      const failed = (error: unknown) => {
        keep(undefined)
        throw error
      }
      keep(this.#readPlanned(together).catch(failed))
    }
    return this.#planned
  }

  async #readPlanned(batches: readonly PageGroupBatch[]): Promise<void> {
    const ranges = batches.flatMap(({ plan }) => rangesOf(plan.places, plan.columns))
    checkLimits(this.#limits, byteLengthOf(ranges))
    const columns = new Set(batches.flatMap(({ plan }) => plan.columns))
    const [pieces] = await Promise.all([readPieces(this.#block.file, ranges), this.#block.loadDictionaries(columns)])
    for (const batch of batches) {
      batch.#pieces.push(pieces)
      batch.#loaded = batch.plan.names
    }
  }

  /** False where a need names ids of spans and none of its own is among them; `span:id` must be what its plan reads. */
  mayHaveSpans(wanted: readonly (readonly string[])[]): boolean {
    return this.#allocating(() => wanted.every(ids => this.#open.ids.mayHaveSpan(ids)))
  }

  async read(names: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    await this.#loadNames(names)
    const byRow = rows && new Map<ColumnName, readonly ColumnData[]>()
    for (const name of names) {
      if (this.#data.has(name)) continue
      const data = this.#allocating(() => columnData(this.#open, name, rows))
      if (byRow && isReadByRow(name)) byRow.set(name, data)
      else this.#data.set(name, data)
    }
    return new ReadColumns(this.#open.columns, name => byRow?.get(name) ?? this.#data.get(name) ?? fail(name))
  }

  async startsAfter(times: readonly bigint[], rows?: Uint32Array): Promise<Int32Array> {
    await this.#loadNames(['span:start'])
    return this.#allocating(() => startPlaces(this.#open, times, rows))
  }

  /** The ids of its traces at some places, ascending. */
  async traceIdsAt(places: Uint32Array): Promise<readonly string[]> {
    await this.#loadNames(['trace:id'])
    const { values, codes } = this.#allocating(() => this.#open.ids.traceIdsAt(places))
    return Array.from(places, place => values[codes[place]!]!)
  }

  async #loadNames(names: readonly ColumnName[]): Promise<void> {
    await this.load()
    const missing = names.filter(name => !this.#data.has(name) && !this.#loaded.includes(name))
    const hasCounts = this.#pageOf(columnId('trace.spans')) !== undefined
    if (missing.length > 0 || !hasCounts)
      await this.#loadColumns(columnsFor(this.#block.toc, this.plan.places, missing))
  }

  /** Does work that allocates in the arena of this batch. */
  #allocating<T>(work: () => T): T {
    this.#arena ??= borrowArena()
    return allocatingIn(this.#arena, work)
  }

  async #loadColumns(columns: readonly number[]): Promise<void> {
    if (this.#lender) return this.#borrow(columns, this.#lender)
    const own = columns.filter(column => this.#pageOf(column) === undefined && !this.#loading.has(column))
    const ranges = rangesOf(this.plan.places, own)
    checkLimits(this.#limits, byteLengthOf(ranges))
    const loading = readPieces(this.#block.file, ranges).then(pieces => {
      if (pieces.length > 0) this.#pieces.push(pieces)
    })
    for (const column of own) this.#loading.set(column, loading)
    try {
      // What others asked for may be among the columns.
      await Promise.all([loading, ...this.#loading.values(), this.#block.loadDictionaries(columns)])
    } finally {
      for (const column of own) this.#loading.delete(column)
    }
  }

  async #borrow(columns: readonly number[], lender: PageLender): Promise<void> {
    const missing = columns.filter(column => this.#pageOf(column) === undefined)
    if (missing.length > 0) this.keep(await lender(missing))
    await this.#block.loadDictionaries(columns)
  }

  /** Takes pages that were read by another thread. */
  keep(pages: PackedPages): void {
    for (const [column, page] of unpackPages(pages)) this.#pages.set(column, page)
  }

  async share(): Promise<SharedBatch> {
    await this.load()
    // What is not read of every batch first is read when the worker asks for it.
    const planned = this.plan.names.length > 0 ? this.plan.columns : []
    const pagesOf = (columns: readonly number[]) => packPages(columns, column => this.#pageOf(column))
    const { end, ...shared } = sharePageGroup(
      this.#reader,
      this.plan.pageGroup.index,
      pagesOf(planned),
      async columns => {
        await this.#loadColumns(columns)
        return pagesOf(columns)
      },
    )
    this.#endSharing = end
    return { ...shared, readAhead: this.following.length }
  }

  release(): void {
    this.#endSharing()
    this.#pages.clear()
    this.#pieces = []
    this.#data.clear()
    this.#opened = undefined
    if (this.#arena) returnArena(this.#arena)
    this.#arena = undefined
  }
}

/** Columns as they were read. */
class ReadColumns implements ColumnSet {
  readonly #columns: PageGroupColumns
  readonly get: (name: ColumnName) => readonly ColumnData[]

  constructor(columns: PageGroupColumns, get: (name: ColumnName) => readonly ColumnData[]) {
    this.#columns = columns
    this.get = get
  }

  get traceStarts(): Uint32Array {
    return this.#columns.traceStarts()
  }

  get eventSpans(): Uint32Array {
    return this.#columns.eventSpans()
  }

  get linkSpans(): Uint32Array {
    return this.#columns.linkSpans()
  }
}

function fail(name: string): never {
  throw new LabError('invalid', `column ${name} has not been read`)
}
