import { firstWhere } from '../bytes/search.ts'
import { getOrInsert } from '../maps.ts'
import type { Limits } from '../model/limits.ts'
import type { SpanBatch, SpanSource } from '../model/scan.ts'
import { traceKey } from '../model/trace-id.ts'
import { type Member, repeatedHashes } from './repeated-hashes.ts'
import { traceIdsIn, traceIdsOf } from './trace-ids.ts'

/** A trace that has spans in more than one of several sources, or in one under several spellings of its id. */
export interface SharedTrace {
  readonly traceId: string
  /** By source that has it: its positions, as many as there are spellings of its id. */
  readonly places: Map<SpanSource, number[]>
}

/** The traces that several sources share. */
export interface SharedIds {
  /** In the order of the first source that has them. */
  readonly traces: readonly SharedTrace[]
  /** Those among the traces of a source's batch, with their places in it; reads `trace:id` of one that has no positions. */
  among(batch: SpanBatch, source: SpanSource): Promise<[place: number, trace: SharedTrace][]>
  /** Those that a source has. */
  leftOutOf(source: SpanSource): LeftOutTraces
}

/** Of one source: their positions, ascending, where it has `traceIds`; else their ids. */
export type LeftOutTraces = Uint32Array | readonly string[]

/** Which traces of sources are left out, as others have them too. */
export interface LeftOut {
  /** Not empty where they are told by their ids. */
  readonly traces: readonly unknown[]
  among(batch: SpanBatch, source: SpanSource): Promise<readonly (readonly [place: number, ...unknown[]])[]>
}

/** Those that are known by source. */
export function leftOutAt(traces: ReadonlyMap<SpanSource, LeftOutTraces>): LeftOut {
  const keys = new Map<SpanSource, ReadonlySet<string>>()
  for (const [source, own] of traces)
    if (!(own instanceof Uint32Array)) keys.set(source, new Set(own.map(id => traceKey(id))))
  return {
    traces: [...keys.values()].flatMap(own => [...own]),
    among: async (batch, source) => {
      const own = traces.get(source)!
      if (own.length === 0) return []
      if (!(own instanceof Uint32Array)) {
        const ids = traceIdsOf(await batch.read(['trace:id']))
        return ids.flatMap((id, place) => (keys.get(source)!.has(traceKey(id)) ? [[place] as const] : []))
      }
      const { start, end } = batch.positions!
      const from = (position: number) => firstWhere(own.length, i => own[i]! >= position)
      return Array.from(own.subarray(from(start), from(end)), position => [position - start] as const)
    },
  }
}

/** By their first source: what a list of sources shares, as it was asked last. */
const lastShared = new WeakMap<SpanSource, { readonly sources: readonly SpanSource[]; readonly shared: SharedIds }>()

/**
 * The ids are compared by the hashes that the sources' indexes have: only where these are equal the ids themselves are
 * read. What was read is held, 8 bytes a trace. Traces without an id are never shared.
 */
export async function sharedIds(sources: readonly SpanSource[], limits: Limits | undefined): Promise<SharedIds> {
  const last = knownShared(sources)
  if (last !== undefined) return last
  const shared = await findShared(sources, limits)
  lastShared.set(sources[0]!, { sources, shared })
  return shared
}

/** What was found before. */
export function knownShared(sources: readonly SpanSource[]): SharedIds | undefined {
  const last = lastShared.get(sources[0]!)
  const isSame = last?.sources.length === sources.length && last.sources.every((source, i) => source === sources[i])
  return isSame ? last.shared : undefined
}

async function findShared(sources: readonly SpanSource[], limits: Limits | undefined): Promise<SharedIds> {
  const members: Member[] = []
  for (const source of sources) members.push({ source, ids: await traceIdsIn(source, limits) })
  const repeated = await repeatedHashes(members)
  const hashes = Uint32Array.from(repeated.hashes).sort()
  const byKey = new Map<string, SharedTrace>()
  for (const member of members)
    for (const [position, traceId] of await idsWith(member, hashes, repeated.hashBits, limits)) {
      if (traceId === '') continue
      const { places } = getOrInsert(byKey, traceKey(traceId), () => ({ traceId, places: new Map() }))
      getOrInsert(places, member.source, () => []).push(position)
    }
  const isShared = ({ places }: SharedTrace) => [...places.values()].flat().length > 1
  return sharedOf(sources, [...byKey.values()].filter(isShared))
}

/** What sources share where it is known already. */
export function sharedOf(sources: readonly SpanSource[], traces: readonly SharedTrace[]): SharedIds {
  const byKey = new Map(traces.map(trace => [traceKey(trace.traceId), trace]))
  const placed = new Map(sources.map(source => [source, placesIn(source, traces)]))
  const leftOut = new Map<SpanSource, LeftOutTraces>()
  const leftOutOf = (source: SpanSource): LeftOutTraces => {
    const own = placed.get(source)!
    if (source.traceIds !== undefined) return Uint32Array.from(own, ([position]) => position)
    return [...new Set(own.map(([, { traceId }]) => traceId))]
  }
  return {
    traces,
    among: (batch, source) => among(batch, source, { placed: placed.get(source)!, byKey }),
    leftOutOf: source => getOrInsert(leftOut, source, () => leftOutOf(source)),
  }
}

/** Positions in a source, ascending, each with its trace. */
type Placed = readonly (readonly [position: number, trace: SharedTrace])[]

/** Where in a source the traces are that it has. */
export function placesIn(source: SpanSource, traces: readonly SharedTrace[]): Placed {
  return traces
    .flatMap(trace => trace.places.get(source)?.map(position => [position, trace] as const) ?? [])
    .sort(([a], [b]) => a - b)
}

async function among(
  batch: SpanBatch,
  source: SpanSource,
  { placed, byKey }: { readonly placed: Placed; readonly byKey: ReadonlyMap<string, SharedTrace> },
): Promise<[place: number, trace: SharedTrace][]> {
  const { positions } = batch
  if (placed.length === 0) return []
  if (positions === undefined || source.traceIds === undefined)
    return traceIdsOf(await batch.read(['trace:id'])).flatMap((traceId, place) => {
      const trace = byKey.get(traceKey(traceId))
      return trace ? [[place, trace]] : []
    })
  const from = (position: number) => firstWhere(placed.length, i => placed[i]![0] >= position)
  const own = placed.slice(from(positions.start), from(positions.end))
  return own.map(([position, trace]) => [position - positions.start, trace])
}

/** By source: ids that were read since their hashes were those of other ids, by position. */
const readIds = new WeakMap<SpanSource, Map<number, string>>()

/** The positions and ids of the traces whose hashes have one of some upper bits, by position. */
async function idsWith(
  { source, ids: { hashes, positions, at } }: Member,
  wanted: Uint32Array,
  hashBits: number,
  limits: Limits | undefined,
): Promise<[position: number, traceId: string][]> {
  const found: number[] = []
  const width = 2 ** (32 - hashBits)
  let first = 0
  for (const hash of wanted) {
    const from = first
    first = from + firstWhere(hashes.length - from, i => hashes[from + i]! >= hash)
    for (; first < hashes.length && hashes[first]! < hash + width; first++) found.push(positions[first]!)
  }
  const all = Uint32Array.from(found).sort()
  const known = getOrInsert(readIds, source, () => new Map<number, string>())
  const missing = all.filter(position => !known.has(position))
  const ids = missing.length === 0 ? [] : await at(missing, limits)
  for (const [i, position] of missing.entries()) known.set(position, ids[i]!)
  return Array.from(all, position => [position, known.get(position)!])
}
