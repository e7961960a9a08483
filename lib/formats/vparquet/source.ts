import { unionOf } from '../../model/extent.ts'
import { checkLimits, type Limits } from '../../model/limits.ts'
import type { AttributeName, Cost, ScanRequest, SpanBatch, SpanSource, TraceIds, TraceRange } from '../../model/scan.ts'
import { joinRanges, type SizedRange } from '../../model/trace-ranges.ts'
import { wantedIds } from '../../model/wanted-ids.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { asHeld } from './as-held.ts'
import { attributeNames } from './attribute-names.ts'
import { RowGroupBatch } from './batch.ts'
import type { Block } from './block.ts'
import { findTraces, tracesWith } from './find.ts'
import { intrinsicColumns } from './intrinsics.ts'
import type { Layout } from './layout.ts'
import { dictionariesFor, isInTime, mayHold } from './prune.ts'
import { prefixes } from './schema.ts'
import { placesIn, readTraceIds, traceRanges } from './trace-ids.ts'

const startColumn = `${prefixes.span}.StartTimeUnixNano`
const spanIdColumn = `${prefixes.span}.SpanID`

/** A block of Tempo as a source of spans for queries: a batch is a row group. */
export function vparquetSource(block: Block): SpanSource {
  let known: TraceIds | undefined
  let names: readonly AttributeName[] | undefined
  const traceIds = async (limits?: Limits) => {
    // Each question waits for its own reading only, which others' limits cannot end.
    const ids = known ?? (await readTraceIds(block, limits))
    known ??= ids
    return known
  }
  return {
    scan: (request, limits) => scan(block, request, limits),
    async *findTraces(wanted, limits) {
      const isLookedUp = known === undefined && wanted.length <= maxLookups
      if (isLookedUp) yield* findTraces(block, wanted, limits)
      else yield* tracesWith(block, wanted, await traceIds(limits), limits)
    },
    bounds: () => unionOf(rowGroupsOf(block).map(columns => columns.chunk(startColumn).extent)),
    cost: request => costOf(block, request),
    async attributeNames() {
      names ??= await attributeNames(block)
      return names
    },
    distinctValues: async column => (column === 'span:traceState' && hasNoTraceStates(block) ? [''] : undefined),
    asHeld,
    traceIds,
    parts: maxBytes => joinRanges(sizedGroups(block), maxBytes),
  }
}

/** Few ids are looked for by filters and indexes of pages, unless all are held. */
const maxLookups = 4

/** True where the footer says so. */
function hasNoTraceStates(block: Block): boolean {
  return rowGroupsOf(block).every(columns => columns.chunk(`${prefixes.span}.TraceState`).bounds?.[1].length === 0)
}

async function* scan(block: Block, request: ScanRequest, limits?: Limits): AsyncIterable<SpanBatch> {
  const spanIds = wantedIds(request, 'span:id')
  for (const [number, positions] of traceRanges(block).entries()) {
    checkLimits(limits)
    const columns = new RowGroupColumns(block, number, limits)
    if (!mayBeAsked(positions, request) || !isInTime(columns, request)) continue
    if (!(await mayBeWanted(columns, block.layout, request)) || !(await hasSpans(columns, spanIds))) continue
    const batch = new RowGroupBatch(block, columns, {
      identity: block.footer.rowGroups[number]!,
      positions,
      first: request.columns,
    })
    if (!batch.isCounted) await batch.load([])
    yield batch
  }
}

/** False where no trace of a row group, of which these are the positions, is asked for. */
function mayBeAsked(own: TraceRange, { within, positions }: ScanRequest): boolean {
  if (within !== undefined && (own.start < within.start || own.start >= within.end)) return false
  if (positions === undefined) return true
  const [from, to] = placesIn(positions, own)
  return from < to
}

/** False where a row group lacks all spans of one of some lists of ids. */
async function hasSpans(columns: RowGroupColumns, wanted: readonly (readonly string[])[]): Promise<boolean> {
  if (wanted.length === 0) return true
  await columns.load(intrinsicColumns['span:id'])
  const { entries } = columns.named(() => columns.get(spanIdColumn).bytes)
  return wanted.every(ids => ids.some(id => entries.mayHold(Buffer.from(id, 'hex'))))
}

function rowGroupsOf(block: Block): RowGroupColumns[] {
  return block.footer.rowGroups.map((_, number) => new RowGroupColumns(block, number))
}

/** Of the row groups that may be asked for, all columns. Where the footer does not count their spans, those of the block. */
function costOf(block: Block, request: ScanRequest): Cost {
  let [byteLength, spanCount] = [0, 0]
  for (const [number, positions] of traceRanges(block).entries()) {
    const columns = new RowGroupColumns(block, number)
    if (!mayBeAsked(positions, request) || !isInTime(columns, request)) continue
    byteLength += bytesOf(block, columns)
    spanCount += columns.chunk(spanIdColumn).presentCount ?? block.spanCount
  }
  return { byteLength, spanCount }
}

/** Of all columns of a row group. */
function bytesOf({ footer }: Block, columns: RowGroupColumns): number {
  const chunks = Array.from(footer.leaves.keys(), name => columns.chunk(name))
  return chunks.reduce((sum, { start, end }) => sum + end - start, 0)
}

/** The row groups with their bytes. */
function sizedGroups(block: Block): SizedRange[] {
  return traceRanges(block).map((range, number) => ({
    ...range,
    byteLength: bytesOf(block, new RowGroupColumns(block, number)),
  }))
}

/** False where nothing in the row group is wanted, by the footer, or by dictionaries that are read for it. */
async function mayBeWanted(columns: RowGroupColumns, layout: Layout, request: ScanRequest): Promise<boolean> {
  if (!mayHold(columns, layout, request)) return false
  for (const names of dictionariesFor(layout, request)) {
    await columns.loadDictionaries(names)
    if (!columns.named(() => mayHold(columns, layout, request))) return false
  }
  return true
}
