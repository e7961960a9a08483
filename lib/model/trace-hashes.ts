import { firstWhere } from '../bytes/search.ts'
import type { TraceIds } from './scan.ts'
import { traceIdHash } from './trace-id.ts'

/** The hashes of ids, ascending; positions are those in the list. */
export function hashIds(ids: readonly string[]): Omit<TraceIds, 'at'> {
  return sortHashes(Uint32Array.from(ids, traceIdHash))
}

/** Hashes in the order of their traces, ascending. */
export function sortHashes(unsorted: Uint32Array): Omit<TraceIds, 'at'> {
  const order = new BigUint64Array(unsorted.length)
  const words = new Uint32Array(order.buffer)
  for (const [position, hash] of unsorted.entries()) {
    words[2 * position] = position
    words[2 * position + 1] = hash
  }
  order.sort()
  const positions = Uint32Array.from(unsorted, (_, i) => words[2 * i]!)
  return { hashes: positions.map(position => unsorted[position]!), hashBits: 32, positions }
}

/** The positions, ascending, of the traces that ids may have. */
export function positionsOf({ hashes, hashBits, positions }: TraceIds, ids: Iterable<string>): Uint32Array {
  const found = new Set<number>()
  for (const id of ids) {
    const hash = upperBits(traceIdHash(id), hashBits)
    const first = firstWhere(hashes.length, i => hashes[i]! >= hash)
    for (let i = first; hashes[i] === hash; i++) found.add(positions[i]!)
  }
  return Uint32Array.from(found).sort()
}

/** A hash of which only so many of its bits are left, from the highest on. */
export function upperBits(hash: number, bitCount: number): number {
  return hash - (hash % 2 ** (32 - bitCount))
}
