import { messageOf } from '../error.ts'
import { atMost } from '../storage/at-most.ts'
import type { Chain } from './commits/chain.ts'
import type { State } from './commits/state.ts'
import type { LiveStatus } from './live/answer.ts'
import type { PartitionedLog } from './log/log.ts'

/** How far a partition is behind its log. A partition that never had a record has 0 everywhere. */
export interface LagRow {
  readonly partition: number
  /** Up to here spans are in blocks. */
  readonly committed: number
  /** Up to here the live store has read that is furthest; absent where none is known. */
  readonly read?: number | undefined
  /** The end of the log, and how many offsets are not in blocks; absent where the log does not say. */
  readonly end?: number | undefined
  readonly records?: number | undefined
  /** Of those that are not in blocks and that a live store has, to about 64 KiB; absent where none is known. */
  readonly bytes?: number | undefined
  /** How long ago the first record was made that is not in blocks. */
  readonly seconds?: number | undefined
  /** What is wrong: the log cannot be read, or lacks what is in no block. */
  readonly problem?: string | undefined
}

const askAtOnce = 16

/** The lag of all partitions by the chain of commits and the log; `live` are the states of live stores that are known. */
export async function lagRows(
  { log, chain }: { readonly log: PartitionedLog; readonly chain: Chain },
  live: readonly LiveStatus[],
): Promise<LagRow[]> {
  const [state, partitionCount] = await Promise.all([chain.refresh(), log.partitionCount()])
  const inTurn = atMost(askAtOnce)
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
  return Promise.all(partitions.map(partition => inTurn(() => rowOf(log, state, partition, live))))
}

async function rowOf(
  log: PartitionedLog,
  state: State,
  partition: number,
  live: readonly LiveStatus[],
): Promise<LagRow> {
  const committed = state.end(partition)
  const furthest = live
    .filter(status => status.partition === partition)
    .reduce<LiveStatus | undefined>((a, b) => (a === undefined || b.next > a.next ? b : a), undefined)
  const row = { partition, committed, read: furthest?.next, bytes: furthest?.waitingBytes }
  try {
    const [first, end] = await Promise.all([log.first(partition), log.end(partition)])
    return {
      ...row,
      end,
      records: Math.max(0, end - committed),
      seconds: await secondsSince(log, partition, Math.max(first, committed), end),
      problem: problemOf(committed, first, end),
    }
  } catch (error) {
    return { ...row, problem: messageOf(error) }
  }
}

function problemOf(committed: number, first: number, end: number): string | undefined {
  if (first > committed) return `the log begins at ${first}: ${first - committed} records are in no block`
  return committed > end ? 'the log ends before what is in blocks: it has lost records, or is another one' : undefined
}

/** The age of the first record from an offset on; 0 where there is none. */
async function secondsSince(log: PartitionedLog, partition: number, from: number, end: number): Promise<number> {
  for (let at = from; at < end; ) {
    const { records, next } = await log.read(partition, at, 1, 0)
    // Clocks may differ.
    if (records[0] !== undefined) return Math.max(0, (Date.now() - records[0].timeMillis) / 1_000)
    if (next === at) break
    at = next
  }
  return 0
}
