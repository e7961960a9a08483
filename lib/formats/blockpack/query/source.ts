import type { Range } from '../../../bytes/range.ts'
import { LabError } from '../../../error.ts'
import { AttributeNames } from '../../../model/attribute-names.ts'
import { parseName } from '../../../model/column-name.ts'
import { checkLimits, type Limits } from '../../../model/limits.ts'
import { memoryBatch } from '../../../model/memory-source.ts'
import type {
  AttributeName,
  ColumnData,
  ColumnName,
  ColumnSet,
  Cost,
  Intrinsic,
  ScanRequest,
  SpanBatch,
  SpanSource,
} from '../../../model/scan.ts'
import type { Attributes, Trace, Value } from '../../../model/trace.ts'
import { valueType } from '../../../model/trace.ts'
import { groupNeighbours, joinSpellings, spellingsOf, traceKey } from '../../../model/trace-id.ts'
import { parseStatus } from '../../../shred/field-texts.ts'
import { covers, cut, type ReadPiece, readPieces } from '../../../storage/coalesce.ts'
import { type ColumnId, columnId, firstFieldId } from '../layout/columns.ts'
import type { PageGroupEntries } from '../layout/directory.ts'
import { type PagePlace, placePages } from '../layout/page-places.ts'
import type { PageGroup } from '../layout/toc.ts'
import type { Block } from '../read/block.ts'
import { PageGroupColumns } from '../read/page-group-columns.ts'
import { PageDecoder } from '../read/page-group-pages.ts'
import type { BlockpackReader } from '../read/reader.ts'
import type { Tables } from '../read/tables.ts'
import { columnData, isReadByRow } from './column-data.ts'
import { blockColumns, companionsOf, fieldsOf, tailColumns } from './column-plan.ts'
import { isInTime, Pruner } from './prune.ts'

/** A blockpack file as a source of spans for queries. */
export function blockpackSource(reader: BlockpackReader): SpanSource {
  const { block, tables } = reader
  return {
    scan: (request, limits) => scan(reader, request, limits),
    findTraces: (traceIds, limits) => findTraces(reader, traceIds, limits),
    bounds: () => boundsOf(block.toc.pageGroups),
    cost: request => costOf(block.toc.pageGroups.filter(pageGroup => isInTime(pageGroup, request))),
    attributeNames: async () => attributeNames(block, tables),
    distinctValues: column => distinctValues(block, tables, column),
  }
}

/** Page groups whose columns are read in one go: few at first, as a search may soon have enough. */
const maxWindow = 16

/** A batch a page group; more and more page groups of a row group are read together. */
async function* scan(reader: BlockpackReader, request: ScanRequest, limits?: Limits): AsyncIterable<SpanBatch> {
  const { block, tables } = reader
  checkLimits(limits)
  const pruner = await Pruner.plan(block, tables, request)
  if (!pruner.isPossible()) return
  let window = 1
  const inTime = block.toc.pageGroups.filter(pageGroup => isInTime(pageGroup, request))
  for (const rowGroup of new Set(inTime.map(pageGroup => pageGroup.rowGroup))) {
    const closed = await pruner.closedIn(block, rowGroup)
    if (!pruner.isPossible(closed)) continue
    const directory = await block.directory(rowGroup)
    const batches = inTime
      .filter(pageGroup => pageGroup.rowGroup === rowGroup)
      .map(pageGroup => new PageGroupBatch(reader, pageGroup, directory[pageGroup.place]!, limits))
      .filter(batch => pruner.mayHold(batch.places, closed))
    for (let start = 0; start < batches.length; start += window, window = Math.min(maxWindow, window * 2)) {
      const together = batches.slice(start, start + window)
      await loadColumns(block, together, request.columns, limits)
      for (const batch of together) yield (await batch.spelledBatch()) ?? batch
    }
  }
}

/** Reads what is missing of some columns of page groups, in one go. */
async function loadColumns(
  block: Block,
  batches: readonly PageGroupBatch[],
  names: readonly ColumnName[],
  limits: Limits | undefined,
): Promise<void> {
  const columns = batches.map(batch => batch.columnsFor(names))
  const ranges: Range[] = batches.flatMap((batch, i) => batch.missing(columns[i]!))
  checkLimits(limits, byteLengthOf(ranges))
  const reading = readPieces(block.file, ranges)
  await Promise.all(batches.map((batch, i) => batch.load(columns[i]!, reading)))
}

class PageGroupBatch implements SpanBatch {
  readonly spanCount: number
  readonly startExtent: readonly [bigint, bigint]
  readonly #reader: BlockpackReader
  readonly #block: Block
  readonly #limits: Limits | undefined
  readonly #places: ReadonlyMap<number, PagePlace>
  readonly #bytes = new Map<number, Uint8Array>()
  /** By column: what fills `#bytes`. */
  readonly #loading = new Map<number, Promise<void>>()
  readonly #dictionaries = new Map<number, readonly string[]>()
  readonly #columns: PageGroupColumns
  readonly #data = new Map<ColumnName, readonly ColumnData[]>()

  constructor(reader: BlockpackReader, pageGroup: PageGroup, entries: PageGroupEntries, limits: Limits | undefined) {
    this.#limits = limits
    const { block, tables } = reader
    this.#reader = reader
    this.#block = block
    this.spanCount = pageGroup.spanCount
    this.startExtent = [pageGroup.minStart, pageGroup.maxStart]
    this.#places = placePages(block.toc, pageGroup, entries)
    const pages = new PageDecoder(block, pageGroup, this.#places, this.#bytes)
    const { base } = entries
    this.#columns = new PageGroupColumns({ block, pageGroup, base, pages, dictionaries: this.#dictionaries, tables })
  }

  get places(): ReadonlyMap<number, PagePlace> {
    return this.#places
  }

  /** Its traces as a batch of their own, where neighbours are one trace by the number of their ids; else undefined. */
  async spelledBatch(): Promise<SpanBatch | undefined> {
    if (!this.#places.has(columnId('trace.idOdd'))) return undefined
    const ids = (await this.read(['trace:id'])).get('trace:id')[0]!.values
    const traceIds = 'codes' in ids ? ids.dictionary.map(traceId => ({ traceId: traceId as string })) : []
    if (groupNeighbours(traceIds).length === traceIds.length) return undefined
    const traces = await this.#reader.readPageGroup(this.#columns.context.pageGroup)
    return memoryBatch(groupNeighbours(traces).map(joinSpellings))
  }

  /** The columns of the block that some columns take which have not been decoded. */
  columnsFor(names: readonly ColumnName[]): number[] {
    const wanted = new Set([columnId('trace.spans')])
    for (const name of names) if (!this.#data.has(name)) for (const column of this.#columnsOf(name)) wanted.add(column)
    return [...wanted].filter(column => this.#places.has(column))
  }

  /** The pages that are neither at hand nor under way. */
  missing(columns: readonly number[]): PagePlace[] {
    return columns.filter(column => !this.#isAsked(column)).map(column => this.#places.get(column)!)
  }

  #isAsked(column: number): boolean {
    return this.#bytes.has(column) || this.#loading.has(column)
  }

  /** With the column that rare fields share, for those without one of their own. */
  #columnsOf(name: ColumnName): number[] {
    const columns = blockColumns(this.#block.toc, name)
    const rare = columns.filter(column => column >= firstFieldId && !this.#places.has(column))
    const present = columns.filter(column => this.#places.has(column))
    return columns.concat(
      rare.flatMap(column => tailColumns(this.#block.toc, column - firstFieldId)),
      present.flatMap(companionsOf),
    )
  }

  /** Keeps what is being read of this page group, wanted or not; waits for it and for all else under way. */
  async load(columns: readonly number[], reading: Promise<ReadPiece[]>): Promise<void> {
    const own = columns.filter(column => !this.#isAsked(column))
    const loading = Promise.all([reading, this.#loadDictionaries(columns)]).then(([pieces]) => this.#keep(pieces))
    for (const column of own) this.#loading.set(column, loading)
    try {
      await Promise.all([loading, ...this.#loading.values()])
    } finally {
      for (const column of own) this.#loading.delete(column)
    }
  }

  #keep(pieces: readonly ReadPiece[]): void {
    const { bandRanges } = this.#columns.context.pageGroup
    for (const piece of pieces) {
      if (!bandRanges.some(({ start, end }) => piece.start < end && start < piece.end)) continue
      for (const column of this.#places.keys()) {
        const place = this.#places.get(column)!
        if (covers(piece, place) && !this.#bytes.has(column)) this.#bytes.set(column, cut(piece, place))
      }
    }
  }

  async #loadDictionaries(columns: readonly number[]): Promise<void> {
    const missing = columns.filter(column => !this.#dictionaries.has(column))
    for (const [column, entries] of await this.#block.dictionaries(missing)) this.#dictionaries.set(column, entries)
  }

  async read(names: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    if (names.some(name => !this.#data.has(name))) await loadColumns(this.#block, [this], names, this.#limits)
    const byRow = new Map<ColumnName, readonly ColumnData[]>()
    for (const name of names)
      if (!this.#data.has(name)) {
        const data = rows && isReadByRow(name) ? byRow : this.#data
        data.set(name, columnData(this.#columns, this.#block, name, rows))
      }
    const columns = this.#columns
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

  release(): void {
    this.#bytes.clear()
    this.#data.clear()
    this.#columns.clear()
  }
}

function fail(name: string): never {
  throw new LabError('invalid', `column ${name} has not been read`)
}

/** Few ids are looked up in the index; of more, page groups that have one of them are read whole. */
const maxLookups = 4

async function* findTraces(
  reader: BlockpackReader,
  traceIds: readonly string[],
  limits?: Limits,
): AsyncIterable<Trace> {
  if (traceIds.length <= maxLookups)
    for (const traceId of traceIds.flatMap(spellingsOf)) {
      checkLimits(limits)
      for await (const { trace } of reader.locateAll(traceId)) yield trace
    }
  else {
    const keys = new Set(traceIds.map(traceKey))
    for (const pageGroup of reader.block.toc.pageGroups) {
      const ids = new PageGroupBatch(reader, pageGroup, await reader.block.entriesOf(pageGroup), limits)
      const [{ values }] = (await ids.read(['trace:id'])).get('trace:id') as [ColumnData]
      if (!('codes' in values && values.dictionary.some(traceId => keys.has(traceKey(traceId as string))))) continue
      checkLimits(limits, byteLengthOf(pageGroup.bandRanges))
      for (const trace of await reader.readPageGroup(pageGroup)) if (keys.has(traceKey(trace.traceId))) yield trace
    }
  }
}

function byteLengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}

function boundsOf(pageGroups: readonly PageGroup[]): readonly [bigint, bigint] | undefined {
  if (pageGroups.length === 0) return undefined
  const least = pageGroups.reduce((a, b) => (b.minStart < a.minStart ? b : a)).minStart
  return [least, pageGroups.reduce((a, b) => (b.maxStart > a.maxStart ? b : a)).maxStart]
}

function costOf(pageGroups: readonly PageGroup[]): Cost {
  return {
    byteLength: pageGroups.reduce((sum, { bandRanges }) => sum + byteLengthOf(bandRanges), 0),
    spanCount: pageGroups.reduce((sum, { spanCount }) => sum + spanCount, 0),
  }
}

async function attributeNames(block: Block, tables: Tables): Promise<AttributeName[]> {
  const names = new AttributeNames()
  for (const { owner, key, type } of block.toc.fields) names.add(owner, key, type)
  for (const [scope, items] of await sharedItems(block, tables))
    for (const item of items)
      for (const { key, value } of item?.attributes ?? []) names.add(scope, key, valueType(value))
  return names.list()
}

type Item = { readonly attributes: Attributes } | null

/** The distinct resources and scopes of the file; those that no dictionary holds are read from their pages. */
async function sharedItems(block: Block, tables: Tables): Promise<['resource' | 'instrumentation', Item[]][]> {
  const resources = await allEntries(block, columnId('span.resource'))
  const scopes = await allEntries(block, columnId('span.scope'))
  return [
    ['resource', resources.map(tables.resource.of)],
    ['instrumentation', scopes.map(tables.scope.of)],
  ]
}

/** The distinct strings of a column: of the dictionary, and of pages that hold others. */
async function allEntries(block: Block, column: number): Promise<string[]> {
  const entries = new Set((await block.dictionaries([column])).get(column) ?? [])
  if (!block.toc.openColumns.has(column)) return [...entries]
  for (const pageGroup of block.toc.pageGroups) {
    const directory = await block.entriesOf(pageGroup)
    const batch = directory.entries.find(entry => entry.column === column)
    if (batch?.statistic.kind !== 'none') continue
    const places = placePages(block.toc, pageGroup, directory)
    const place = places.get(column)!
    const [bytes] = await block.file.read([place])
    const pages = new PageDecoder(block, pageGroup, places, new Map([[column, bytes!]]))
    for (const text of pages.text(column, place.entry.rowCount).locals) entries.add(text)
  }
  return [...entries]
}

/** The distinct values of a column whose values all stand in dictionaries; else undefined. */
async function distinctValues(block: Block, tables: Tables, name: ColumnName): Promise<readonly Value[] | undefined> {
  const named = parseName(name)
  if (named.intrinsic) return distinctTexts(block, tables, named.intrinsic)
  const { scope, key } = named
  if (scope === 'resource' || scope === 'instrumentation') {
    const items = (await sharedItems(block, tables)).find(([one]) => one === scope)![1]
    return items.flatMap(item => (item?.attributes ?? []).filter(one => one.key === key).map(({ value }) => value))
  }
  const fields = fieldsOf(block.toc, scope, key)
  const columns = fields.map(field => firstFieldId + field)
  const isKnown = fields.every(field => block.toc.fields[field]!.type === 'string' && !block.toc.rareFields.has(field))
  if (!isKnown || columns.some(column => block.toc.openColumns.has(column))) return undefined
  return [...(await block.dictionaries(columns)).values()].flat()
}

async function distinctTexts(block: Block, tables: Tables, name: Intrinsic): Promise<readonly Value[] | undefined> {
  const ofColumn = async (column: ColumnId, parse: (text: string) => Value) =>
    (await allEntries(block, columnId(column))).map(parse)
  switch (name) {
    case 'span:name':
      return ofColumn('span.name', text => text)
    case 'event:name':
      return ofColumn('event.name', text => text)
    case 'span:statusMessage':
      return ofColumn('span.status', text => parseStatus(text, block.failEntry)?.message ?? '')
    case 'span:status':
      return ofColumn('span.status', text => BigInt(parseStatus(text, block.failEntry)?.code ?? 0))
    case 'instrumentation:name':
      return ofColumn('span.scope', text => tables.scope.of(text)?.name ?? '')
    case 'instrumentation:version':
      return ofColumn('span.scope', text => tables.scope.of(text)?.version ?? '')
    default:
      return undefined
  }
}
