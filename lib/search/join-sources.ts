import { AttributeNames } from '../model/attribute-names.ts'
import type { Limits } from '../model/limits.ts'
import { memorySource } from '../model/memory-source.ts'
import { mergePieces } from '../model/merge.ts'
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
  let shared: Promise<SharedIds> | undefined
  // What the sources hold does not change; only an answer that came to an end is kept.
  const sharedBetween = (limits?: Limits): Promise<SharedIds> => {
    shared ??= sharedIds(sources, limits).catch(error => {
      shared = undefined
      throw error
    })
    return shared
  }
  return {
    async *scan(request, limits) {
      for (const need of request.needs) if (!(await isPossible(sources, need, limits))) return
      yield* scan(sources, await sharedBetween(limits), request, limits)
    },
    findTraces: (traceIds, limits) => findTraces(sources, traceIds, limits),
    bounds: () => boundsOf(sources),
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
  const pieces = new Map<string, Map<string, Trace[]>>(traceIds.map(traceId => [traceKey(traceId), new Map()]))
  for (const source of sources)
    for await (const piece of source.findTraces(traceIds, limits)) {
      const spellings = pieces.get(traceKey(piece.traceId))!
      spellings.set(piece.traceId, [...(spellings.get(piece.traceId) ?? []), piece])
    }
  for (const spellings of pieces.values()) for (const own of spellings.values()) yield mergePieces(own).trace
}

function boundsOf(sources: readonly SpanSource[]): readonly [bigint, bigint] | undefined {
  const all = sources.map(source => source.bounds())
  return all.reduce((a, b) => a && b && [a[0] < b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]])
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
