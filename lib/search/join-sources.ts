import { AttributeNames } from '../model/attribute-names.ts'
import { unionOf } from '../model/extent.ts'
import type { Limits } from '../model/limits.ts'
import { memorySource } from '../model/memory-source.ts'
import { type HeldPiece, mergeHeld } from '../model/merge.ts'
import type { AttributeName, ColumnName, ScanRequest, SpanBatch, SpanNeed, SpanSource } from '../model/scan.ts'
import type { Trace, Value } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { knownShared, type LeftOut, type SharedIds, sharedIds } from './shared-ids.ts'
import { meetingTraces, withIds } from './shared-traces.ts'
import { withoutTraces } from './without-traces.ts'

/**
 * The spans of several sources as those of one: a trace that has spans in more than one is one trace, and spans that
 * are equal, as far as both sources hold them, count once. Traces of one source alone come as they are, by its own pruning; those that are shared follow,
 * whole, a few at a time.
 */
export function joinSources(sources: readonly SpanSource[]): SpanSource {
  if (sources.length === 1) return sources[0]!
  return joinedBy(sources, async function* (request, limits) {
    if (knownShared(sources) === undefined)
      for (const need of request.needs) if (!(await isPossible(sources, need, limits))) return
    const shared = await sharedIds(sources, limits)
    yield* scanOwn(sources, shared, request, limits)
    yield* scanShared(sources, shared, request, limits)
  })
}

/** Sources as one, of which a scan gives what `scan` does. */
export function joinedBy(sources: readonly SpanSource[], scan: SpanSource['scan']): SpanSource {
  return {
    joined: sources,
    scan,
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

/** What sources have alone, one after the other. */
export async function* scanOwn(
  sources: readonly SpanSource[],
  shared: LeftOut,
  request: ScanRequest,
  limits: Limits | undefined,
): AsyncIterable<SpanBatch> {
  for (const source of sources)
    for await (const batch of source.scan(withIds(request, source, shared), limits)) {
      const places = await shared.among(batch, source)
      const rest = await withoutTraces(
        batch,
        places.map(([place]) => place),
      )
      if (rest !== undefined) yield rest
    }
}

/** What they share. */
export async function* scanShared(
  sources: readonly SpanSource[],
  shared: SharedIds,
  request: ScanRequest,
  limits: Limits | undefined,
): AsyncIterable<SpanBatch> {
  for await (const traces of meetingTraces(sources, shared, request, limits)) yield* memorySource(traces).scan(request)
}

/** The traces, each with its spans of all sources; spellings of one id follow each other. */
async function* findTraces(
  sources: readonly SpanSource[],
  traceIds: readonly string[],
  limits: Limits | undefined,
): AsyncIterable<Trace> {
  const pieces = new Map<string, HeldPiece[]>(traceIds.map(traceId => [traceKey(traceId), []]))
  const found = await Promise.all(sources.map(source => collect(source.findTraces(traceIds, limits))))
  for (const [i, { asHeld }] of sources.entries())
    for (const trace of found[i]!) pieces.get(traceKey(trace.traceId))!.push({ trace, asHeld })
  for (const own of pieces.values()) yield* mergeHeld(own)
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
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
