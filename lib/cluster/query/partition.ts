import { getOrInsert } from '../../maps.ts'
import { abortable } from '../../model/limits.ts'
import type { LiveAnswer, LivePiece } from '../live/answer.ts'
import type { LiveReplica } from './live-stores.ts'
import { SeenEnds } from './seen-ends.ts'

/** What live stores have of a partition beyond its blocks. */
export interface PartitionRead {
  readonly partition: number
  readonly pieces: readonly { readonly replica: LiveReplica; readonly piece: LivePiece }[]
  /** Why spans may be missing; undefined where none is. */
  readonly problem?: string
  /** True where what is missing may be in blocks that are not known here yet. */
  readonly isGap: boolean
  /** When the last record that was read was made, ms since the epoch; undefined where none was beyond the blocks. */
  readonly readMillis?: number | undefined
}

export interface PartitionAsked {
  readonly tenant: string
  readonly partition: number
  /** Up to here its spans are in blocks. */
  readonly committed: number
  readonly signal: AbortSignal
}

interface Answered {
  readonly replica: LiveReplica
  readonly answer: LiveAnswer
}

/** After a good answer others may come that have read further. */
const graceMillis = 50
/** Others are not waited for where one lags less than this: under load all do by a little. */
const goodLagMillis = 1_000
/** A live store that has known for longer that there is more lags. */
const maxLagMillis = 5_000

/** Asks the replicas of partitions, and keeps in mind how far these go. */
export class PartitionReader {
  readonly #timeoutMillis: number
  readonly #ends = new Map<number, SeenEnds>()

  /** A replica that has not answered after `timeoutMillis` does not answer. */
  constructor(timeoutMillis: number) {
    this.#timeoutMillis = timeoutMillis
  }

  /** What the replica has that has read furthest, of those that answer. */
  async read(replicas: readonly LiveReplica[], asked: PartitionAsked): Promise<PartitionRead> {
    const { partition, committed } = asked
    const ends = getOrInsert(this.#ends, partition, () => new SeenEnds())
    ends.forget(committed)
    const answers = await this.#askAll(replicas, asked, ends)
    const best = answers.reduce<Answered | undefined>((a, b) => (isBetter(b, a, committed) ? b : a), undefined)
    if (best === undefined) {
      const problem = replicas.length === 0 ? 'it has no live store' : 'its live stores do not answer'
      return { partition, pieces: [], problem, isGap: false }
    }
    const { replica, answer } = best
    return {
      partition,
      pieces: answer.pieces.filter(({ end }) => end > committed).map(piece => ({ replica, piece })),
      isGap: answer.first > committed,
      readMillis: answer.next > committed ? answer.readMillis : undefined,
      ...problemOf(best, committed, ends),
    }
  }

  async #askAll(
    replicas: readonly LiveReplica[],
    { tenant, committed, signal }: PartitionAsked,
    ends: SeenEnds,
  ): Promise<Answered[]> {
    const enough = new AbortController()
    const own = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(this.#timeoutMillis)])
    const answers: Answered[] = []
    await new Promise<void>(resolve => {
      let left = replicas.length
      const ended = () => {
        if (--left <= 0) resolve()
      }
      if (left === 0) resolve()
      for (const replica of replicas)
        abortable(replica.pieces(tenant, committed, own), own)
          .then(answer => {
            answers.push({ replica, answer })
            ends.add(answer.end, performance.now())
            const isGood = answer.first <= committed && ends.lagMillis(answer.next, performance.now()) < goodLagMillis
            if (isGood) setTimeout(resolve, graceMillis)
          })
          // Who does not answer has none: the others may.
          .catch(() => {})
          .finally(ended)
    })
    signal.throwIfAborted()
    enough.abort()
    return [...answers]
  }
}

/** Without a gap is better than with one, then further is. */
function isBetter({ answer }: Answered, other: Answered | undefined, committed: number): boolean {
  if (other === undefined) return true
  const [hasGap, otherHasGap] = [answer.first > committed, other.answer.first > committed]
  return hasGap === otherHasGap ? answer.next > other.answer.next : otherHasGap
}

function problemOf({ answer }: Answered, committed: number, ends: SeenEnds): { problem?: string } {
  if (answer.first > committed)
    return { problem: `blocks end at offset ${committed}, its live store begins at ${answer.first}` }
  const known = Math.max(answer.next, committed)
  const isLate = ends.lagMillis(known, performance.now()) > maxLagMillis
  return isLate ? { problem: `its live store has read up to offset ${answer.next} of ${answer.end}` } : {}
}
