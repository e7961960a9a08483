import { AttributeNames } from '../model/attribute-names.ts'
import { unionOf } from '../model/extent.ts'
import type { Limits } from '../model/limits.ts'
import { memorySource } from '../model/memory-source.ts'
import { mergeSpellings } from '../model/merge.ts'
import type { AttributeName, ColumnName, ScanRequest, SpanBatch, SpanNeed, SpanSource } from '../model/scan.ts'
import type { Trace, Value } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { type SharedIds, sharedIds } from './shared-ids.ts'
import { withoutTraces } from './without-traces.ts'

/**
 * The spans of several sources as those of one: a trace that has spans in more than one is one trace, and spans that
 * are equal count once. Traces of one source alone come as they are, by its own pruning; those that are shared follow,
 * whole, as many at a time as memory takes.
 */
export function joinSources(sources: readonly SpanSource[]): SpanSource {
  if (sources.length === 1) return sources[0]!
  // What the sources hold does not change. Each scan waits for its own reading only, which others' limits cannot end.
  let shared: SharedIds | undefined
  return {
    async *scan(request, limits) {
      for (const need of request.needs) if (!(await isPossible(sources, need, limits))) return
      shared ??= await sharedIds(sources, limits)
      yield* scan(sources, shared, request, limits)
    },
    findTraces: (traceIds, limits) => findTraces(sources, traceIds, limits),
    bounds: () => unionOf(sources.map(source => source.bounds())),
    cost: request => costOf(sources, request),
    attributeNames: async () => joinNames(await Promise.all(sources.map(source => source.attributeNames()))),
    distinctValues: async (column: ColumnName) => {
      const all = new Set<Value>()
      for (const source of sources) {
        const known = await source.distinctValues?.(column)
        if (known === undefined) return undefined
        for (const value of known) all.add(value)
      }
      return [...all]
    },
  }
}

/** False where no source has a span that may meet the need. */
async function isPossible(
  sources: readonly SpanSource[],
  need: SpanNeed,
  limits: Limits | undefined,
): Promise<boolean> {
  for (const source of sources)
    for await (const batch of source.scan({ needs: [need], columns: [] }, limits)) {
      batch.release()
      return true
    }
  return false
}

/** Traces that are put together at a time. */
const sharedAtOnce = 16_384

async function* scan(
  sources: readonly SpanSource[],
  shared: SharedIds,
  request: ScanRequest,
  limits: Limits | undefined,
): AsyncIterable<SpanBatch> {
  if (shared.isEmpty) {
    for (const source of sources) yield* source.scan(request, limits)
    return
  }
  const own = { ...request, columns: [...new Set<ColumnName>([...request.columns, 'trace:id'])] }
  for (const source of sources)
    for await (const batch of source.scan(own, limits)) {
      const rest = await withoutTraces(batch, traceId => shared.has(traceId))
      if (rest !== undefined) yield rest
    }
  for await (const traceIds of shared.meeting(request.needs, sharedAtOnce, limits)) {
    const traces: Trace[] = []
    for await (const trace of findTraces(sources, traceIds, limits)) traces.push(trace)
    yield* memorySource(traces).scan(request)
  }
}

/** The traces, each with its spans of all sources; spellings of one id follow each other. */
async function* findTraces(
  sources: readonly SpanSource[],
  traceIds: readonly string[],
  limits: Limits | undefined,
): AsyncIterable<Trace> {
  const pieces = new Map<string, Trace[]>(traceIds.map(traceId => [traceKey(traceId), []]))
  for (const source of sources)
    for await (const piece of source.findTraces(traceIds, limits)) pieces.get(traceKey(piece.traceId))!.push(piece)
  for (const own of pieces.values()) yield* mergeSpellings(own)
}

function costOf(sources: readonly SpanSource[], request: ScanRequest) {
  const costs = sources.map(source => source.cost(request))
  return {
    byteLength: costs.reduce((sum, { byteLength }) => sum + byteLength, 0),
    spanCount: costs.reduce((sum, { spanCount }) => sum + spanCount, 0),
  }
}

function joinNames(lists: readonly (readonly AttributeName[])[]): AttributeName[] {
  const joined = new AttributeNames()
  for (const { scope, key, types } of lists.flat()) for (const type of types) joined.add(scope, key, type)
  return joined.list()
}
