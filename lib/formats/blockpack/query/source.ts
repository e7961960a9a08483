import { byteLengthOf } from '../../../bytes/range.ts'
import { checkLimits, type Limits } from '../../../model/limits.ts'
import type { Cost, SpanSource, TraceIds } from '../../../model/scan.ts'
import type { Trace } from '../../../model/trace.ts'
import { positionsOf } from '../../../model/trace-hashes.ts'
import { spellingsOf, traceKey } from '../../../model/trace-id.ts'
import { nextTurn } from '../../../turns.ts'
import { boundsOf, type PageGroup } from '../layout/toc.ts'
import type { BlockpackReader } from '../read/reader.ts'
import { attributeNames, distinctValues } from './distinct-values.ts'
import { inTime, partsOf } from './plan.ts'
import { scan } from './scan.ts'
import { byPageGroup, readTraceIds } from './trace-ids.ts'

/** A blockpack file as a source of spans for queries. */
export function blockpackSource(reader: BlockpackReader): SpanSource {
  const { block, tables } = reader
  let known: TraceIds | undefined
  const traceIds = async (limits?: Limits) => {
    // Each question waits for its own reading only, which others' limits cannot end.
    const ids = known ?? (await readTraceIds(reader, limits))
    known ??= ids
    return known
  }
  return {
    scan: (request, limits) => scan(reader, request, limits),
    async *findTraces(wanted, limits) {
      const isLookedUp = known === undefined && wanted.length <= maxLookups
      if (isLookedUp) yield* lookUp(reader, wanted, limits)
      else yield* readAt(reader, wanted, await traceIds(limits), limits)
    },
    bounds: () => boundsOf(block.toc),
    cost: request => costOf(inTime(block.toc, request)),
    attributeNames: async () => attributeNames(block, tables),
    distinctValues: column => distinctValues(block, tables, column),
    traceIds,
    parts: maxBytes => partsOf(block.toc, maxBytes),
  }
}

/** Few ids are looked up in the index as it is stored, unless it is held; for more it is read whole. */
const maxLookups = 4
/** Of a page group so few traces are read alone; of more it is read whole. */
const maxAlone = 4

async function* lookUp(
  reader: BlockpackReader,
  wanted: readonly string[],
  limits: Limits | undefined,
): AsyncIterable<Trace> {
  for (const traceId of wanted.flatMap(spellingsOf)) {
    checkLimits(limits)
    for await (const { trace } of reader.locateAll(traceId)) yield trace
  }
}

/** The traces of ids where the index has their hashes: in most files nowhere. */
async function* readAt(
  reader: BlockpackReader,
  wanted: readonly string[],
  traceIds: TraceIds,
  limits: Limits | undefined,
): AsyncIterable<Trace> {
  const keys = new Set(wanted.map(traceKey))
  const positions = positionsOf(traceIds, keys)
  for (const { pageGroup, places } of byPageGroup(reader, positions)) {
    if (places.length > maxAlone) {
      checkLimits(limits, byteLengthOf(pageGroup.bandRanges))
      const traces = await reader.readRows(pageGroup)
      for (const place of places) if (keys.has(traceKey(traces[place]!.traceId))) yield traces[place]!.object()
      await nextTurn()
    } else
      for (const place of places) {
        checkLimits(limits)
        const trace = await reader.readTrace(pageGroup, place)
        if (keys.has(traceKey(trace.traceId))) yield trace
      }
  }
}

function costOf(pageGroups: readonly PageGroup[]): Cost {
  return {
    byteLength: pageGroups.reduce((sum, { bandRanges }) => sum + byteLengthOf(bandRanges), 0),
    spanCount: pageGroups.reduce((sum, { spanCount }) => sum + spanCount, 0),
  }
}
