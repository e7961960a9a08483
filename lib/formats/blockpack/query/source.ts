import { byteLengthOf } from '../../../bytes/range.ts'
import { checkLimits, type Limits } from '../../../model/limits.ts'
import type { ColumnData, Cost, SpanSource } from '../../../model/scan.ts'
import type { Trace } from '../../../model/trace.ts'
import { spellingsOf, traceKey } from '../../../model/trace-id.ts'
import { boundsOf, type PageGroup } from '../layout/toc.ts'
import type { BlockpackReader } from '../read/reader.ts'
import { PageGroupBatch } from './batch.ts'
import { attributeNames, distinctValues } from './distinct-values.ts'
import { isInTime, planPageGroup } from './plan.ts'
import { scan } from './scan.ts'

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

/** Few ids are looked up in the index; of more, page groups that have one of them are read whole. */
const maxLookups = 4

async function* findTraces(
  reader: BlockpackReader,
  traceIds: readonly string[],
  limits?: Limits,
): AsyncIterable<Trace> {
  const { block } = reader
  if (traceIds.length <= maxLookups)
    for (const traceId of traceIds.flatMap(spellingsOf)) {
      checkLimits(limits)
      for await (const { trace } of reader.locateAll(traceId)) yield trace
    }
  else {
    const keys = new Set(traceIds.map(traceKey))
    for (const pageGroup of block.toc.pageGroups) {
      const ids = await traceIdsOf(reader, pageGroup, limits)
      if (!ids.some(traceId => keys.has(traceKey(traceId)))) continue
      checkLimits(limits, byteLengthOf(pageGroup.bandRanges))
      for (const trace of await reader.readPageGroup(pageGroup)) if (keys.has(traceKey(trace.traceId))) yield trace
    }
  }
}

/** The ids of a page group's traces, of which nothing else is read. */
export async function traceIdsOf(
  reader: BlockpackReader,
  pageGroup: PageGroup,
  limits?: Limits,
): Promise<readonly string[]> {
  const { block } = reader
  const plan = planPageGroup(block.toc, pageGroup, await block.entriesOf(pageGroup), ['trace:id'])
  const batch = new PageGroupBatch(reader, plan, limits)
  const [{ values }] = (await batch.read(['trace:id'])).get('trace:id') as [ColumnData]
  batch.release()
  return 'codes' in values ? (values.dictionary as readonly string[]) : []
}

function costOf(pageGroups: readonly PageGroup[]): Cost {
  return {
    byteLength: pageGroups.reduce((sum, { bandRanges }) => sum + byteLengthOf(bandRanges), 0),
    spanCount: pageGroups.reduce((sum, { spanCount }) => sum + spanCount, 0),
  }
}
