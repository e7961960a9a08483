import type { Trace } from '../../model/trace.ts'
import { shredTrace } from '../../shred/objects.ts'
import { Segment } from '../../shred/shred.ts'
import { featuresOf, jaccard } from './indexes/features.ts'
import type { Estimated, SimilarityIndex } from './indexes/similarity.ts'
import { PageGroupCache } from './read/page-group-cache.ts'
import type { BlockpackReader } from './read/reader.ts'
import { columnsOf } from './write/segment-columns.ts'

/** Traces with one and the same set of features, and how similar it is to that of the trace asked about. */
export interface SimilarTraces {
  /** By the signatures. */
  readonly estimate: number
  /** Of the features themselves, of the first example. */
  readonly exact: number
  readonly traceCount: number
  /** The first of them. */
  readonly examples: readonly Trace[]
}

/** So many candidates a result are compared exactly: estimates err. */
const candidatesPerResult = 3
const maxExamples = 3

/**
 * The traces most similar to one of the file, by set of features: those with the very same set first, where there are
 * any but itself, then up to `limit` other sets.
 */
export async function findSimilar(
  reader: BlockpackReader,
  index: SimilarityIndex,
  { trace, position }: { readonly trace: Trace; readonly position: number },
  limit: number,
): Promise<{ same: SimilarTraces | undefined; others: SimilarTraces[] }> {
  const set = index.sets[position]!
  const candidates = index.similarTo(set, limit * candidatesPerResult)
  const members = membersOf(index.sets, [set, ...candidates.map(candidate => candidate.set)], position)
  const cache = new PageGroupCache()
  const features = featuresOfTrace(trace)
  const compared: Compared[] = []
  for (const candidate of [{ set, estimate: 1 }, ...candidates].map(one => ({ ...one, ...members.get(one.set)! })))
    if (candidate.count > 0) compared.push({ ...candidate, exact: 0 })
  for (const one of compared.toSorted((a, b) => a.first[0]! - b.first[0]!))
    one.exact = jaccard(features, featuresOfTrace(await cache.traceAt(reader, one.first[0]!)))
  const withExamples = async ({ estimate, exact, count, first }: Compared): Promise<SimilarTraces> => {
    const examples: Trace[] = []
    for (const place of first) examples.push(await cache.traceAt(reader, place))
    return { estimate, exact, traceCount: count, examples }
  }
  const same = compared.find(one => one.set === set)
  const best = compared.filter(one => one !== same).sort((a, b) => b.exact - a.exact || b.estimate - a.estimate)
  const others: SimilarTraces[] = []
  for (const one of best.slice(0, limit)) others.push(await withExamples(one))
  return { same: same && (await withExamples(same)), others }
}

interface Compared extends Estimated, Members {
  exact: number
}

interface Members {
  readonly count: number
  /** Positions. */
  readonly first: number[]
}

/** How many traces have each of some sets, and where the first are; one trace is left out. */
function membersOf(sets: Uint32Array, wanted: readonly number[], except: number): ReadonlyMap<number, Members> {
  const members = new Map(wanted.map(set => [set, { count: 0, first: [] as number[] }]))
  for (let position = 0; position < sets.length; position++) {
    const found = members.get(sets[position]!)
    if (!found || position === except) continue
    found.count++
    if (found.first.length < maxExamples) found.first.push(position)
  }
  return members
}

function featuresOfTrace(trace: Trace): Uint32Array {
  const segment = new Segment()
  shredTrace(segment, trace)
  return featuresOf(columnsOf(segment))[0]!
}
