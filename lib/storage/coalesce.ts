import type { Range, RangeReader } from '../bytes/range.ts'
import { firstWhere } from '../bytes/search.ts'

/** Gaps of fewer bytes are read with their surroundings: a request costs more than they do. */
export const maxGap = 4096

/** Bytes of a file, and where they are in it. */
export interface ReadPiece extends Range {
  readonly bytes: Uint8Array
}

/**
 * Reads ranges in as few requests as pay: neighbours, and what is at most `gap` apart, in one. Where more than `maxRequests`
 * remain, those with the smallest gaps between them are joined. Results come in the order of the ranges.
 */
export async function readCoalesced(
  file: RangeReader,
  ranges: readonly Range[],
  maxRequests = Number.POSITIVE_INFINITY,
  gap = maxGap,
): Promise<Uint8Array[]> {
  const pieces = await readPieces(file, ranges, maxRequests, gap)
  return ranges.map(range => findBytes(pieces, range)!)
}

/** The same with all that was read: the pieces ascend and cover the ranges. */
export async function readPieces(
  file: RangeReader,
  ranges: readonly Range[],
  maxRequests = Number.POSITIVE_INFINITY,
  minGap = maxGap,
): Promise<ReadPiece[]> {
  if (ranges.length === 0) return []
  const sorted = [...ranges].sort((a, b) => a.start - b.start)
  const gap = Math.max(minGap, sorted.length > maxRequests ? widestGap(sorted, maxRequests) : 0)
  const merged: { start: number; end: number }[] = []
  for (const { start, end } of sorted) {
    const last = merged.at(-1)
    if (last && start <= last.end + gap) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  const read = await file.read(merged)
  return merged.map(({ start, end }, i) => ({ start, end, bytes: read[i]! }))
}

/** The gap between ranges, which ascend, that is joined where no more than so many requests are made. */
function widestGap(ranges: readonly Range[], maxRequests: number): number {
  const gaps = ranges.slice(1).map(({ start }, i) => start - ranges[i]!.end)
  return gaps.sort((a, b) => b - a)[maxRequests - 1] ?? 0
}

/** The bytes of a range that one of the pieces covers; undefined where none does. */
export function findBytes(pieces: readonly ReadPiece[], range: Range): Uint8Array | undefined {
  const piece = pieces[firstWhere(pieces.length, i => pieces[i]!.start > range.start) - 1]
  return piece && covers(piece, range) ? cut(piece, range) : undefined
}

export function covers(piece: Range, { start, end }: Range): boolean {
  return piece.start <= start && end <= piece.end
}

/** The bytes of a range within a piece. */
export function cut({ start: from, bytes }: ReadPiece, { start, end }: Range): Uint8Array {
  return bytes.subarray(start - from, end - from)
}
