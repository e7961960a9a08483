import { getOrInsert } from '../../maps.ts'
import { abortable } from '../../model/limits.ts'
import type { LiveAnswer, LivePiece } from '../live/answer.ts'
import { askInTurn } from './ask-in-turn.ts'
import type { LiveReplica } from './live-stores.ts'
import { Resting } from './resting.ts'
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

/** One that lags by less is good enough: under load all do by a little. */
const goodLagMillis = 1_000
/** Nor is one good that has not heard of the log for so long: it does not know that it lags. */
const maxEndAgeMillis = 2_000
/** The next one is asked as well where one has not answered for so long: it has to cut all that the other one has cut before. */
const hedgeMillis = 2_000
/** A live store that has known for longer that there is more lags. */
const maxLagMillis = 5_000

/** Asks the replicas of partitions, and keeps in mind how far these go. */
export class PartitionReader {
  readonly #timeoutMillis: number
  readonly #ends = new Map<number, SeenEnds>()
  /** By address: those that failed, or were slower than one that was asked after them, are asked last. */
  readonly #resting = new Resting()

  /** A replica that has not answered after `timeoutMillis` does not answer. */
  constructor(timeoutMillis: number) {
    this.#timeoutMillis = timeoutMillis
  }

  /** What the first replica has that is good, or of those that are not the one that has read furthest. */
  async read(replicas: readonly LiveReplica[], asked: PartitionAsked): Promise<PartitionRead> {
    const { partition, committed } = asked
    const ends = getOrInsert(this.#ends, partition, () => new SeenEnds())
    ends.forget(committed)
    const answers = await this.#ask(replicas, asked, ends)
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

  /** Asks one after the other until an answer is good: each cuts pieces for who asks. */
  async #ask(
    replicas: readonly LiveReplica[],
    { tenant, partition, committed, signal }: PartitionAsked,
    ends: SeenEnds,
  ): Promise<Answered[]> {
    const enough = new AbortController()
    const own = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(this.#timeoutMillis)])
    const answers: Answered[] = []
    const underWay = new Set<LiveReplica>()
    const ask = async (replica: LiveReplica) => {
      underWay.add(replica)
      try {
        const answer = await abortable(replica.pieces(tenant, committed, own), own)
        answers.push({ replica, answer })
        ends.add(answer.end, performance.now())
        return isGood(answer, committed, ends)
      } catch {
        // Others may have what one does not answer.
        if (!own.aborted) this.#resting.rest(replica.address)
        return false
      } finally {
        underWay.delete(replica)
      }
    }
    await askInTurn(this.#inOrder(replicas, partition), ask, hedgeMillis)
    if (!own.aborted) for (const { address } of underWay) this.#resting.rest(address)
    signal.throwIfAborted()
    enough.abort()
    return [...answers]
  }

  /** Those that answer before others, and all who ask begin with the same one, which has its pieces then. */
  #inOrder(replicas: readonly LiveReplica[], partition: number): LiveReplica[] {
    const sorted = replicas.toSorted((a, b) => (a.address < b.address ? -1 : 1))
    const first = sorted.length === 0 ? 0 : partition % sorted.length
    const inTurn = [...sorted.slice(first), ...sorted.slice(0, first)]
    const resting = inTurn.filter(({ address }) => this.#resting.has(address))
    return [...inTurn.filter(replica => !resting.includes(replica)), ...resting]
  }
}

function isGood({ first, next, endAgeMillis }: LiveAnswer, committed: number, ends: SeenEnds): boolean {
  const hasReadFar = ends.lagMillis(next, performance.now()) < goodLagMillis
  return first <= committed && hasReadFar && endAgeMillis < maxEndAgeMillis
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
