import { byteLengthOf, type Range } from '../../../bytes/range.ts'
import { firstWhere } from '../../../bytes/search.ts'
import { isInTime } from '../../../model/extent.ts'
import type { ColumnName, ScanRequest, TraceRange } from '../../../model/scan.ts'
import { joinRanges } from '../../../model/trace-ranges.ts'
import { basisColumns } from '../layout/bases.ts'
import { columnId, firstFieldId, poolColumns } from '../layout/columns.ts'
import type { PageGroupEntries } from '../layout/directory.ts'
import { PagePlaces } from '../layout/page-places.ts'
import { boundsOf, type PageGroup, type Toc } from '../layout/toc.ts'
import { blockColumns, companionsOf, tailColumns } from './column-plan.ts'
import { type CheckedNeeds, type Closed, dictionaryColumns, mayHold } from './conditions.ts'

/** What a scan reads: pure choices, from the table of contents down. Nothing here reads; `scan.ts` follows it. */

/** What the table of contents alone decides. */
export interface FilePlan {
  /** Columns whose dictionaries show where the conditions may be met. */
  readonly dictionaries: readonly number[]
  readonly rowGroups: readonly RowGroupPlan[]
}

/** A row group, and those of its page groups that have spans in time. */
export interface RowGroupPlan {
  readonly rowGroup: number
  readonly pageGroups: readonly PageGroup[]
}

/** A page group that may hold what is requested. */
export interface PageGroupPlan {
  readonly pageGroup: PageGroup
  /** The start of its first trace, ns. */
  readonly base: bigint
  /** All of its pages, by column. */
  readonly places: PagePlaces
  /** What to read first. */
  readonly names: readonly ColumnName[]
  /** The columns of the block that these are made of. */
  readonly columns: readonly number[]
}

export function planFile(toc: Toc, request: ScanRequest): FilePlan {
  const rowGroups = new Map<number, PageGroup[]>()
  for (const pageGroup of inTime(toc, request)) {
    if (!hasPosition(pageGroup, request)) continue
    const members = rowGroups.get(pageGroup.rowGroup)
    if (members) members.push(pageGroup)
    else rowGroups.set(pageGroup.rowGroup, [pageGroup])
  }
  return {
    dictionaries: request.needs.flat(2).flatMap(condition => dictionaryColumns(toc, condition)),
    rowGroups: Array.from(rowGroups, ([rowGroup, pageGroups]) => ({ rowGroup, pageGroups })),
  }
}

/** The page groups of a row group that may hold what is requested, by its directory and the answers of its filters. */
export function planRowGroup(
  toc: Toc,
  { pageGroups }: RowGroupPlan,
  directory: readonly PageGroupEntries[],
  request: { readonly needs: CheckedNeeds; readonly columns: readonly ColumnName[] },
  closed: Closed,
): PageGroupPlan[] {
  return pageGroups
    .map(pageGroup => planPageGroup(toc, pageGroup, directory[pageGroup.place]!, request.columns))
    .filter(({ places }) => mayHold(request.needs, places, closed))
}

export function planPageGroup(
  toc: Toc,
  pageGroup: PageGroup,
  { base, entries }: PageGroupEntries,
  names: readonly ColumnName[],
): PageGroupPlan {
  const places = new PagePlaces(toc, pageGroup, entries)
  return { pageGroup, base, places, names, columns: columnsFor(toc, places, names) }
}

/** The page groups of a part, or of all, that may hold a span that starts in time; of a file with none no page group is looked at. */
export function inTime(toc: Toc, request: ScanRequest): readonly PageGroup[] {
  const bounds = boundsOf(toc)
  if (bounds === undefined || !isInTime(bounds, request)) return []
  const { within } = request
  const isWithin = ({ firstTrace }: PageGroup) =>
    within === undefined || (firstTrace >= within.start && firstTrace < within.end)
  return toc.pageGroups.filter(group => isWithin(group) && isInTime([group.minStart, group.maxStart], request))
}

/** Page groups that follow one another, together as long as they have so many bytes at most: the traces that they hold. */
export function partsOf({ pageGroups }: Toc, maxBytes: number): TraceRange[] {
  const ranges = pageGroups.map(({ firstTrace, traceCount, bandRanges }) => ({
    start: firstTrace,
    end: firstTrace + traceCount,
    byteLength: byteLengthOf(bandRanges),
  }))
  return joinRanges(ranges, maxBytes)
}

/** False where the page group holds none of the traces that are wanted alone. */
function hasPosition({ firstTrace, traceCount }: PageGroup, { positions }: ScanRequest): boolean {
  if (positions === undefined) return true
  const next = firstWhere(positions.length, i => positions[i]! >= firstTrace)
  return next < positions.length && positions[next]! < firstTrace + traceCount
}

/** The columns of a page group that some columns of a query are made of; all take the counts of spans. */
export function columnsFor(toc: Toc, places: PagePlaces, names: readonly ColumnName[]): readonly number[] {
  const columns: number[] = []
  const add = (column: number) => {
    if (places.has(column) && !columns.includes(column)) columns.push(column)
  }
  add(columnId('trace.spans'))
  for (const name of names)
    for (const column of blockColumns(toc, name)) {
      add(column)
      const isRare = column >= firstFieldId && !places.has(column)
      const others = isRare ? tailColumns(toc, column - firstFieldId) : places.has(column) ? companionsOf(column) : []
      for (const other of others) add(other)
    }
  // What is added is visited too: a basis may have a basis.
  for (const column of columns) for (const other of basisColumns(column, places.basisOf(column), toc.fields)) add(other)
  if (columns.some(column => places.isPooled(column))) for (const name of poolColumns) add(columnId(name))
  return columns
}

/** The bytes of some pages. */
export function rangesOf(places: PagePlaces, columns: readonly number[]): Range[] {
  return columns.map(column => places.get(column)!)
}
