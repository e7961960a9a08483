import type { SpanSource, TraceIds } from '../model/scan.ts'
import { upperBits } from '../model/trace-hashes.ts'
import { nextTurn } from '../turns.ts'

/** A source with its ids. */
export interface Member {
  readonly source: SpanSource
  readonly ids: TraceIds
}

/** What hashes of several sources have in common. */
interface Base {
  readonly sources: ReadonlySet<SpanSource>
  readonly hashBits: number
  /** The upper bits of all hashes, ascending, each once. */
  readonly all: Uint32Array
  /** Those that occur more than once. */
  readonly repeated: readonly number[]
}

/** Hashes that are sorted before other work has its turn: about 2 ms. */
const hashesAtOnce = 1 << 14
/** Sources that are new have at most such a share of all hashes, or all are joined anew. */
const maxNewShare = 1 / 16

/** By their first source: what was joined last. A store asks the same blocks again and again, and few new spans. */
const bases = new WeakMap<SpanSource, Base>()

/** The upper bits of hashes that occur more than once, and how many bits these are. */
export async function repeatedHashes(
  members: readonly Member[],
): Promise<{ readonly hashBits: number; readonly hashes: Set<number> }> {
  const base = await baseOf(members)
  const { hashBits, all } = base
  const added = members.filter(({ source }) => !base.sources.has(source))
  const own = await join(added, hashBits)
  let next = 0
  const isOld = (hash: number) => {
    while (next < all.length && all[next]! < hash) next++
    return all[next] === hash
  }
  return { hashBits, hashes: new Set([...base.repeated, ...own.repeated, ...own.all.filter(isOld)]) }
}

/** Sources that were asked before: they are likely to be asked again. */
const seen = new WeakSet<SpanSource>()

async function baseOf(members: readonly Member[]): Promise<Base> {
  const { source } = members[0]!
  const last = bases.get(source)
  if (last && fits(last, members)) return last
  // A view of recent spans is another source for each question: with it the base would fit none.
  const stable = members.filter(member => seen.has(member.source))
  for (const member of members) seen.add(member.source)
  const base = await join(stable.length > 0 ? stable : members, Math.min(...members.map(({ ids }) => ids.hashBits)))
  bases.set(source, base)
  return base
}

/** Whether all sources of a base are there still, and what is new is little. */
function fits(base: Base, members: readonly Member[]): boolean {
  const added = members.filter(({ source }) => !base.sources.has(source))
  const addedCount = added.reduce((sum, { ids }) => sum + ids.hashes.length, 0)
  const isWhole = members.length - added.length === base.sources.size
  return (
    isWhole && addedCount <= maxNewShare * base.all.length && added.every(({ ids }) => ids.hashBits >= base.hashBits)
  )
}

/** Range by range of the hashes, so that other work has its turn. */
async function join(members: readonly Member[], hashBits: number): Promise<Base> {
  const lists = members.map(({ ids }) => ids.hashes)
  const total = lists.reduce((sum, { length }) => sum + length, 0)
  const rangeCount = Math.max(1, Math.ceil(total / hashesAtOnce))
  const next = new Uint32Array(lists.length)
  const all = new Uint32Array(total)
  const repeated: number[] = []
  let count = 0
  for (let range = 1; range <= rangeCount; range++) {
    const limit = upperBits(Math.floor((range / rangeCount) * 2 ** 32), hashBits)
    let end = count
    for (const [i, hashes] of lists.entries()) {
      for (; next[i]! < hashes.length && (range === rangeCount || hashes[next[i]!]! < limit); next[i]!++)
        all[end++] = upperBits(hashes[next[i]!]!, hashBits)
    }
    const sorted = all.subarray(count, end).sort()
    for (const [i, hash] of sorted.entries()) {
      if (i === 0 || hash !== all[count - 1]) all[count++] = hash
      else if (repeated.at(-1) !== hash) repeated.push(hash)
    }
    if (rangeCount > 1) await nextTurn()
  }
  return { sources: new Set(members.map(({ source }) => source)), hashBits, all: all.slice(0, count), repeated }
}
