import type { State } from '../commits/state.ts'
import type { PartitionRead } from './partition.ts'

/** Partitions that are named; of others the number is. */
const maxNamed = 3

/** Of which partitions spans may be missing, and since when; undefined where of none. */
export function missingOf(state: State, reads: readonly PartitionRead[]): string | undefined {
  const byPartition = new Map<number, string>()
  for (const read of reads) if (read.problem !== undefined) byPartition.set(read.partition, missingIn(state, read))
  if (byPartition.size === 0) return undefined
  const named = [...byPartition.values()].slice(0, maxNamed)
  const others = byPartition.size - named.length
  return `${named.join('; ')}${others > 0 ? `; and ${others} more partitions` : ''}`
}

function missingIn(state: State, { partition, problem, readMillis }: PartitionRead): string {
  const known = readMillis === undefined ? state.times.get(partition) : new Date(readMillis).toISOString()
  const until = known === undefined ? 'none of its spans is known' : `known up to ${known}`
  return `partition ${partition}: ${until}, ${problem}`
}
