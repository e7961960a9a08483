import { type Arena, allocatingIn, borrowArena, returnArena } from '../../../bytes/arena.ts'
import { byteLengthOf, type Range } from '../../../bytes/range.ts'
import { LabError } from '../../../error.ts'
import { checkLimits, type Limits } from '../../../model/limits.ts'
import { memoryBatch } from '../../../model/memory-source.ts'
import type { ColumnData, ColumnName, ColumnSet, SharedBatch, SpanBatch } from '../../../model/scan.ts'
import { groupNeighbours, joinSpellings } from '../../../model/trace-id.ts'
import { findBytes, type ReadPiece, readPieces } from '../../../storage/coalesce.ts'
import { columnId } from '../layout/columns.ts'
import type { Block } from '../read/block.ts'
import { OpenPageGroup } from '../read/page-group.ts'
import { PageDecoder } from '../read/page-group-pages.ts'
import type { BlockpackReader } from '../read/reader.ts'
import { columnData, isReadByRow } from './column-data.ts'
import { columnsFor, type PageGroupPlan, rangesOf } from './plan.ts'
import { type PackedPages, type PageLender, packPages, sharePageGroup, unpackPages } from './share.ts'

/** Reads what is missing of some columns of page groups, in one go. */
export async function loadColumns(
  block: Block,
  batches: readonly PageGroupBatch[],
  columnsOf: (batch: PageGroupBatch) => readonly number[],
  limits: Limits | undefined,
): Promise<void> {
  const columns = batches.map(columnsOf)
  const ranges: Range[] = batches.flatMap((batch, i) => batch.missing(columns[i]!))
  checkLimits(limits, byteLengthOf(ranges))
  const reading = readPieces(block.file, ranges)
  const loading = batches.map((batch, i) => batch.load(columns[i]!, reading))
  await Promise.all([block.dictionaries(columns.flat()), ...loading])
}

/** Of a column of which all values are one. */
const noPage = new Uint8Array()

/** A page group as a batch; columns are read when they are first asked for. */
export class PageGroupBatch implements SpanBatch {
  readonly spanCount: number
  readonly startExtent: readonly [bigint, bigint]
  readonly #reader: BlockpackReader
  readonly #block: Block
  readonly #limits: Limits | undefined
  readonly #plan: PageGroupPlan
  readonly #lender: PageLender | undefined
  readonly #pages = new Map<number, Uint8Array>()
  /** What was read, of this page group and of others: `#pages` are found in it when they are asked for. */
  #pieces: (readonly ReadPiece[])[] = []
  /** By column: what brings its page. */
  readonly #loading = new Map<number, Promise<void>>()
  #endSharing = () => {}
  #opened: OpenPageGroup | undefined
  /** What its columns are allocated in until it is released. */
  #arena: Arena | undefined
  readonly #data = new Map<ColumnName, readonly ColumnData[]>()

  /** So many batches that follow have been read with it. */
  readAhead = 0

  /** Pages are read from the file, or in a worker had from who lends them. */
  constructor(reader: BlockpackReader, plan: PageGroupPlan, limits: Limits | undefined, lender?: PageLender) {
    const { pageGroup } = plan
    this.#reader = reader
    this.#block = reader.block
    this.#plan = plan
    this.#limits = limits
    this.#lender = lender
    this.spanCount = pageGroup.spanCount
    this.startExtent = [pageGroup.minStart, pageGroup.maxStart]
  }

  /** The page group with what has been decoded so far. */
  get #open(): OpenPageGroup {
    if (this.#opened !== undefined) return this.#opened
    const { block, tables } = this.#reader
    const { pageGroup, base, places } = this.#plan
    const pages = new PageDecoder(block, pageGroup, places, { get: column => this.#pageOf(column) })
    this.#opened = new OpenPageGroup({ block, pageGroup, base, pages, dictionaries: block.loadedDictionaries, tables })
    return this.#opened
  }

  #pageOf(column: number): Uint8Array | undefined {
    const known = this.#pages.get(column)
    const place = known ? undefined : this.#plan.places.get(column)
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

  /** The columns that its plan reads first. */
  get planned(): readonly number[] {
    return this.#plan.columns
  }

  /** Its traces as a batch of their own, where neighbours are one trace by the number of their ids; else undefined. */
  async spelledBatch(): Promise<SpanBatch | undefined> {
    if (!this.#plan.places.has(columnId('trace.idOdd'))) return undefined
    const ids = (await this.read(['trace:id'])).get('trace:id')[0]!.values
    const traceIds = 'codes' in ids ? ids.dictionary.map(traceId => ({ traceId: traceId as string })) : []
    if (groupNeighbours(traceIds).length === traceIds.length) return undefined
    const traces = await this.#reader.readPageGroup(this.#plan.pageGroup)
    return memoryBatch(groupNeighbours(traces).map(joinSpellings))
  }

  /** The pages that are neither loaded nor in flight. */
  missing(columns: readonly number[]): Range[] {
    return rangesOf(this.#plan.places, this.#unasked(columns))
  }

  #unasked(columns: readonly number[]): number[] {
    return columns.filter(column => this.#pageOf(column) === undefined && !this.#loading.has(column))
  }

  /** Keeps what is being read, requested or not; waits for it and for all else in flight. */
  async load(columns: readonly number[], reading: Promise<ReadPiece[]>): Promise<void> {
    const own = this.#unasked(columns)
    if (own.length === 0 && this.#loading.size === 0) return
    const loading = reading.then(pieces => {
      this.#pieces.push(pieces)
    })
    for (const column of own) this.#loading.set(column, loading)
    try {
      await Promise.all([loading, ...this.#loading.values()])
    } finally {
      for (const column of own) this.#loading.delete(column)
    }
  }

  async read(names: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    const missing = names.filter(name => !this.#data.has(name))
    if (missing.length > 0) {
      await this.#loadColumns(columnsFor(this.#block.toc, this.#plan.places, missing))
    }
    const byRow = new Map<ColumnName, readonly ColumnData[]>()
    for (const name of names)
      if (!this.#data.has(name)) {
        const data = rows && isReadByRow(name) ? byRow : this.#data
        data.set(
          name,
          this.#allocating(() => columnData(this.#open, name, rows)),
        )
      }
    const { columns } = this.#open
    return {
      get: name => byRow.get(name) ?? this.#data.get(name) ?? fail(name),
      get traceStarts() {
        return columns.traceStarts()
      },
      get eventSpans() {
        return columns.eventSpans()
      },
      get linkSpans() {
        return columns.linkSpans()
      },
    }
  }

  /** Does work that allocates in the arena of this batch. */
  #allocating<T>(work: () => T): T {
    this.#arena ??= borrowArena()
    return allocatingIn(this.#arena, work)
  }

  async #loadColumns(columns: readonly number[]): Promise<void> {
    if (this.#lender) await this.#borrow(columns, this.#lender)
    else await loadColumns(this.#block, [this], () => columns, this.#limits)
  }

  async #borrow(columns: readonly number[], lender: PageLender): Promise<void> {
    const missing = columns.filter(column => this.#pageOf(column) === undefined)
    if (missing.length > 0) this.keep(await lender(missing))
    await this.#block.dictionaries(columns)
  }

  /** Takes pages that were read by another thread. */
  keep(pages: PackedPages): void {
    for (const [column, page] of unpackPages(pages)) this.#pages.set(column, page)
  }

  share(): SharedBatch {
    const pagesOf = (columns: readonly number[]) => packPages(columns, column => this.#pageOf(column))
    const { end, ...shared } = sharePageGroup(
      this.#reader,
      this.#plan.pageGroup.index,
      pagesOf(this.planned),
      async columns => {
        await loadColumns(this.#block, [this], () => columns, this.#limits)
        return pagesOf(columns)
      },
    )
    this.#endSharing = end
    return { ...shared, readAhead: this.readAhead }
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

function fail(name: string): never {
  throw new LabError('invalid', `column ${name} has not been read`)
}
