import { LabError } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import { parseName } from '../../model/column-name.ts'
import { ownersOf } from '../../model/owners.ts'
import type { ColumnData, ColumnName, ColumnSet, SpanBatch, TraceRange } from '../../model/scan.ts'
import { linkType } from '../../model/tree.ts'
import { childrenByLink, linkTypeName, rootRows } from '../../model/tree-columns.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { attributeData, keyColumns, valueColumns } from './attribute-data.ts'
import type { Block } from './block.ts'
import { childColumns, childStarts } from './children.ts'
import { spread } from './column-values.ts'
import {
  columnsOfIntrinsic,
  idsAt,
  intrinsicColumns,
  intrinsicData,
  ints,
  parentsByBounds,
  parentsOf,
  rootBounds,
} from './intrinsics.ts'
import { prefixes, required } from './schema.ts'
import { type Structure, structureOf } from './structure.ts'

/** The columns that show whether a link stays within its trace. */
const linkIds = ['link:traceID', 'trace:id'] as const
const none: ReadonlySet<number> = new Set()
const startColumn = `${prefixes.span}.StartTimeUnixNano`

/** What is known of a row group, and what is read of it first. */
export interface RowGroupFacts {
  readonly identity: object
  readonly positions: TraceRange
  readonly first: readonly ColumnName[]
}

/** The traces of a row group. */
export class RowGroupBatch implements SpanBatch {
  readonly startExtent: readonly [bigint, bigint] | undefined
  readonly identity: object
  readonly positions: TraceRange
  readonly #first: readonly ColumnName[]
  readonly #block: Block
  readonly #columns: RowGroupColumns
  readonly #data = new Map<ColumnName, readonly ColumnData[]>()
  /** By event, or link, its span. */
  readonly #childOwners = new Map<'event' | 'link', Uint32Array>()
  #structure: Structure | undefined

  constructor(block: Block, columns: RowGroupColumns, { identity, positions, first }: RowGroupFacts) {
    this.#block = block
    this.identity = identity
    this.positions = positions
    this.#first = first
    this.#columns = columns
    this.startExtent = columns.chunk(startColumn).extent
  }

  /** True where it is known how many spans there are. */
  get isCounted(): boolean {
    return this.#structure !== undefined || this.#presentCount !== undefined
  }

  get spanCount(): number {
    return this.#structure === undefined ? (this.#presentCount ?? this.#known.spanCount) : this.#structure.spanCount
  }

  /** As the footer says. */
  get #presentCount(): number | undefined {
    return this.#columns.chunk(`${prefixes.span}.SpanID`).presentCount
  }

  get #known(): Structure {
    if (this.#structure === undefined) throw new LabError('invalid', 'a batch of which nothing has been read')
    return this.#structure
  }

  /** Reads what some columns are made of: keys of attributes first, then the values of those that occur. */
  async load(names: readonly ColumnName[]): Promise<void> {
    const columns = this.#columns
    const wanted = this.#structure === undefined ? [...new Set([...this.#first, ...names])] : names
    const missing = wanted.filter(name => !this.#data.has(name))
    const parsed = (missing.includes('trace:root') ? [...missing, linkTypeName] : missing).map(parseName)
    const first = parsed.flatMap(named => {
      if (named.intrinsic !== undefined) return columnsOfIntrinsic(columns, named.intrinsic)
      const { scope, key } = named
      return [...keyColumns(columns, this.#block.layout, scope, key), ...childColumns(columns, scope)]
    })
    const structural = this.#structure === undefined ? structureColumn(columns, first) : undefined
    await columns.load(structural === undefined ? first : [...first, structural])
    if (structural !== undefined) this.#structure = columns.named(() => this.#readStructure(structural))
    const second = columns.named(() =>
      parsed.flatMap(named => (named.intrinsic !== undefined ? [] : valueColumns(columns, named.scope, named.key))),
    )
    const rest = missing.includes('trace:root') ? columns.named(() => this.#columnsOfRoots()) : []
    await columns.load([...second, ...rest])
  }

  /** What else it takes to find roots, once the bounds of parents have been read. */
  #columnsOfRoots(): string[] {
    const isKnown = rootBounds(this.#columns, this.#known)?.rootless.length === 0
    const parents = isKnown ? [] : intrinsicColumns['span:parent']
    const links = this.#hasLinkTypes() ? linkIds.flatMap(name => columnsOfIntrinsic(this.#columns, name)) : []
    return [...parents, ...links]
  }

  /** True where a link has a type, which may name a parent; the keys of links must have been loaded. */
  #hasLinkTypes(): boolean {
    return this.#columns.named(() => valueColumns(this.#columns, 'link', linkType.key)).length > 0
  }

  #readStructure(name: string): Structure {
    const column = this.#columns.get(name)
    const structure = structureOf(column, this.#columns.rowCount)
    const told = this.#presentCount ?? structure.spanCount
    return told === structure.spanCount
      ? structure
      : column.fail(`stands in ${structure.spanCount} spans, the footer tells of ${told}`)
  }

  async read(names: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    await this.load(names)
    const byRow = new Map<ColumnName, readonly ColumnData[]>()
    const [columns, data] = [this.#columns, this.#data]
    for (const name of names) {
      if (data.has(name)) continue
      if (rows && (name === 'span:id' || name === 'trace:id'))
        byRow.set(name, [columns.named(() => idsAt(columns, this.#known, name, rows))])
      else {
        const read = columns.named(() => this.#dataOf(name))
        data.set(name, read)
      }
    }
    const ownersIn = (scope: 'event' | 'link') => this.#ownersIn(scope)
    return {
      get: name => byRow.get(name) ?? data.get(name) ?? fail(name),
      traceStarts: this.#known.traceStarts,
      get eventSpans() {
        return ownersIn('event')
      },
      get linkSpans() {
        return ownersIn('link')
      },
    }
  }

  #dataOf(name: ColumnName): ColumnData[] {
    const [columns, structure] = [this.#columns, this.#known]
    const named = parseName(name)
    if (named.intrinsic === 'trace:root') return [ints(this.#roots())]
    if (named.intrinsic !== undefined) return [intrinsicData(columns, structure, named.intrinsic)]
    const { scope, key } = named
    const { spanCount, resourceCount, resourceOf, scopeCount, scopeOf } = structure
    const ofOwners = (count: number) => attributeData(columns, this.#block.layout, scope, key, count)
    switch (scope) {
      case 'resource':
        return ofOwners(resourceCount).map(data => spread(data, resourceOf, resourceCount))
      case 'instrumentation':
        return ofOwners(scopeCount).map(data => spread(data, scopeOf, scopeCount))
      case 'span':
        return ofOwners(spanCount)
      default:
        return ofOwners(childStarts(columns, scope, spanCount).at(-1)!)
    }
  }

  #roots(): Float64Array {
    const [columns, structure] = [this.#columns, this.#known]
    const { traceStarts } = structure
    const bounds = rootBounds(columns, structure)
    const parents = bounds ? parentsByBounds(columns, structure, bounds) : parentsOf(columns, structure)
    return rootRows(traceStarts, parents, this.#hasLinkTypes() ? this.#childrenByLink() : none)
  }

  #childrenByLink(): Set<number> {
    const { traceStarts } = this.#known
    const [linkTraceIds, traceIds] = linkIds.map(name => this.#dataOf(name)[0]!) as [ColumnData, ColumnData]
    const [types, linkSpans] = [this.#dataOf(linkTypeName), this.#ownersIn('link')]
    return childrenByLink({ types, linkTraceIds, traceIds, linkSpans, traceOf: ownersOf(traceStarts) })
  }

  #ownersIn(scope: 'event' | 'link'): Uint32Array {
    const read = () => ownersOf(childStarts(this.#columns, scope, this.spanCount))
    return getOrInsert(this.#childOwners, scope, () => this.#columns.named(read))
  }

  release(): void {
    this.#columns.release()
    this.#data.clear()
  }
}

function fail(name: string): never {
  throw new LabError('invalid', `column ${name} has not been read`)
}

/** The column that gives the structure of a row group: one that is read anyway, else the smallest. */
function structureColumn(columns: RowGroupColumns, wanted: readonly string[]): string {
  const inSpans = (name: string) => name.startsWith(`${prefixes.span}.`)
  const bytesOf = (name: string) => columns.chunk(name).end - columns.chunk(name).start
  const candidates = [...required.keys()].filter(inSpans).sort((a, b) => bytesOf(a) - bytesOf(b))
  return wanted.find(inSpans) ?? candidates[0]!
}
