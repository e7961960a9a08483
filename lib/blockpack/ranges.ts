import type { Range, RangeReader } from '../bytes/range.ts'

/** Gaps of fewer bytes are read with their surroundings: a request costs more than they do. */
const maxGap = 4096

/**
 * Reads ranges in as few requests as pay: neighbours, and what lies little apart, in one. Where more than `maxRequests`
 * remain, those with the smallest gaps between them are joined. Results come in the order of the ranges.
 */
export async function readCoalesced(
  file: RangeReader,
  ranges: readonly Range[],
  maxRequests = Number.POSITIVE_INFINITY,
): Promise<Uint8Array[]> {
  const sorted = [...ranges].sort((a, b) => a.start - b.start)
  const gaps = sorted.slice(1).map(({ start }, i) => start - sorted[i]!.end)
  const widest = gaps.sort((a, b) => b - a)[maxRequests - 1] ?? 0
  const gap = Math.max(maxGap, widest)
  const order = [...ranges.keys()].sort((a, b) => ranges[a]!.start - ranges[b]!.start)
  const merged: { start: number; end: number }[] = []
  const mergedOf = new Uint32Array(ranges.length)
  for (const i of order) {
    const { start, end } = ranges[i]!
    const last = merged.at(-1)
    if (last && start <= last.end + gap) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
    mergedOf[i] = merged.length - 1
  }
  const read = await file.read(merged)
  return ranges.map(({ start, end }, i) => {
    const { start: from } = merged[mergedOf[i]!]!
    return read[mergedOf[i]!]!.subarray(start - from, end - from)
  })
}

/** Keeps what is being read, unless that fails: a store that failed once may be asked again. */
export function keep<T>(known: Map<number, Promise<T>>, key: number, reading: Promise<T>): Promise<T> {
  known.set(key, reading)
  reading.catch(() => known.delete(key))
  return reading
}

/** Hands out ranges one behind the other. */
export class Placer {
  at: number

  constructor(at: number) {
    this.at = at
  }

  take(byteLength: number): Range {
    const start = this.at
    this.at += byteLength
    return { start, end: this.at }
  }
}
