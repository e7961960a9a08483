import { hashText } from '../bytes/hash.ts'
import { firstWhere } from '../bytes/search.ts'
import type { Limits } from '../model/limits.ts'
import type { ColumnSet, SpanNeed, SpanSource } from '../model/scan.ts'
import { traceKey } from '../model/trace-id.ts'

/** The ids of traces that have spans in more than one of several sources. */
export interface SharedIds {
  readonly isEmpty: boolean
  has(traceId: string): boolean
  /**
   * Those of traces that may meet all needs, whose spans may meet them in different sources: each once, in the order of
   * the first source that has them, no more than `count` at a time.
   */
  meeting(needs: readonly SpanNeed[], count: number, limits: Limits | undefined): AsyncIterable<string[]>
}

/** By source: the hashes of the ids of its traces, which do not change. */
const known = new WeakMap<SpanSource, Float64Array>()

/**
 * Reads the ids of all traces, of each source once. Held are 8 bytes per trace, a hash: an id whose hash is that of another
 * source's id counts as shared as well, which costs time and changes no answer. Traces without an id are never shared.
 */
export async function sharedIds(sources: readonly SpanSource[], limits: Limits | undefined): Promise<SharedIds> {
  const old = sources.flatMap(source => known.get(source) ?? [])
  const fresh = await Promise.all(
    sources
      .filter(source => !known.has(source))
      .map(async source => {
        const hashes = await hashesOf(source, limits)
        known.set(source, hashes)
        return hashes
      }),
  )
  const shared = repeatedIn(old, fresh)
  const has = (traceId: string) => traceId !== '' && shared.has(hashOf(traceId))
  return {
    isEmpty: shared.size === 0,
    has,
    async *meeting(needs, count, own) {
      let mayMeet = has
      for (const need of needs) mayMeet = await narrowed(sources, need, mayMeet, own)
      yield* inOrder(sources, mayMeet, count, own)
    },
  }
}

/** Lists of hashes together, ascending, and those that are in more than one of them. */
interface Joined {
  readonly lists: readonly Float64Array[]
  readonly all: Float64Array
  readonly repeated: readonly number[]
}

/** By their first list: what was joined last. A store asks the same blocks again and again, and few new spans. */
const joinedLists = new WeakMap<Float64Array, Joined>()

/** What is in more than one of several lists, of which the old ones were asked before. */
function repeatedIn(old: readonly Float64Array[], fresh: readonly Float64Array[]): Set<number> {
  const [first] = old
  if (first === undefined) return new Set(join(fresh).repeated)
  const last = joinedLists.get(first)
  const isSame = last?.lists.length === old.length && last.lists.every((list, i) => list === old[i])
  const before = isSame ? last : join(old)
  joinedLists.set(first, before)
  const added = join(fresh)
  const isOld = (hash: number) => before.all[firstWhere(before.all.length, i => before.all[i]! >= hash)] === hash
  return new Set([...before.repeated, ...added.repeated, ...added.all.filter(isOld)])
}

function join(lists: readonly Float64Array[]): Joined {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0))
  let next = 0
  for (const list of lists) {
    all.set(list, next)
    next += list.length
  }
  if (lists.length > 1) all.sort()
  return { lists, all, repeated: [...all.filter((hash, i) => hash === all[i - 1])] }
}

/** Holds for the ids that did before, of traces of which some source may have a span that meets the need. */
async function narrowed(
  sources: readonly SpanSource[],
  need: SpanNeed,
  mayMeet: (traceId: string) => boolean,
  limits: Limits | undefined,
): Promise<(traceId: string) => boolean> {
  const hashes = new Set<number>()
  for (const source of sources)
    for await (const traceIds of idsOf(source, limits, [need]))
      for (const traceId of traceIds) if (mayMeet(traceId)) hashes.add(hashOf(traceId))
  return traceId => mayMeet(traceId) && hashes.has(hashOf(traceId))
}

async function* inOrder(
  sources: readonly SpanSource[],
  has: (traceId: string) => boolean,
  count: number,
  limits: Limits | undefined,
): AsyncIterable<string[]> {
  const given = new Set<string>()
  let next: string[] = []
  for (const source of sources)
    for await (const traceIds of idsOf(source, limits)) {
      for (const traceId of traceIds) {
        const key = traceKey(traceId)
        if (!has(traceId) || given.has(key)) continue
        given.add(key)
        next.push(traceId)
      }
      for (; next.length >= count; next = next.slice(count)) yield next.slice(0, count)
    }
  if (next.length > 0) yield next
}

/** The ids of the traces of each batch. */
async function* idsOf(
  source: SpanSource,
  limits: Limits | undefined,
  needs: readonly SpanNeed[] = [],
): AsyncIterable<string[]> {
  for await (const batch of source.scan({ needs, columns: ['trace:id'] }, limits)) {
    yield traceIdsOf(await batch.read(['trace:id']))
    batch.release()
  }
}

/** By trace its id; `trace:id` must have been read. */
export function traceIdsOf(columns: ColumnSet): string[] {
  return columns
    .get('trace:id')
    .flatMap(({ values }) =>
      'codes' in values ? Array.from(values.codes, code => values.dictionary[code] as string) : [],
    )
}

/** The hashes of the ids, ascending, each once. */
async function hashesOf(source: SpanSource, limits: Limits | undefined): Promise<Float64Array> {
  let hashes = new Float64Array(1024)
  let count = 0
  for await (const traceIds of idsOf(source, limits))
    for (const traceId of traceIds) {
      if (traceId === '') continue
      if (count === hashes.length) {
        const larger = new Float64Array(2 * count)
        larger.set(hashes)
        hashes = larger
      }
      hashes[count++] = hashOf(traceId)
    }
  const sorted = hashes.subarray(0, count).sort()
  return sorted.filter((hash, i) => hash !== sorted[i - 1])
}

const words = new Uint32Array(2)

/** 53 bits of the hash of an id, the same for all its spellings. */
function hashOf(traceId: string): number {
  hashText(traceKey(traceId), words)
  return words[0]! + (words[1]! & 0x1fffff) * 2 ** 32
}
