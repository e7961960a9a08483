import type { Spansets } from './spanset.ts'
import type { View } from './view.ts'

/** A trace that matches: its index in the batch and its spansets. */
export interface Hit {
  readonly trace: number
  readonly sets: readonly HitSet[]
}

/** One spanset: its group, the number of its spans, and the rows of the first of them. */
export interface HitSet {
  readonly group: number
  matchedCount: number
  readonly rows: number[]
}

export interface HitOptions {
  /** No more traces than this. */
  readonly limit: number
  /** No more rows a spanset than this. */
  readonly spss: number
  /** 1 for the traces that count; all where undefined. */
  readonly wanted: Uint8Array | undefined
}

/** The traces that have a span in a spanset, in the order of the batch. */
export function collectHits({ mask, groups }: Spansets, view: View, { limit, spss, wanted }: HitOptions): Hit[] {
  const hits: Hit[] = []
  const { traceCount, traceStarts } = view
  let next = mask.indexOf(1)
  for (let trace = 0; trace < traceCount && next >= 0 && hits.length < limit; trace++) {
    const end = traceStarts[trace + 1]!
    if (next >= end) continue
    const first = next
    next = mask.indexOf(1, end)
    if (wanted?.[trace] === 0) continue
    let sets: HitSet[] | undefined
    for (let row = first; row < end; row++) {
      if (mask[row] === 0) continue
      const group = groups === undefined ? trace : groups.of[row]!
      const set = sets?.at(-1)?.group === group ? sets.at(-1)! : sets?.find(known => known.group === group)
      if (set !== undefined) {
        set.matchedCount++
        if (set.rows.length < spss) set.rows.push(row)
        continue
      }
      const added = { group, matchedCount: 1, rows: spss > 0 ? [row] : [] }
      if (sets === undefined) sets = [added]
      else sets.push(added)
    }
    if (sets !== undefined) hits.push({ trace, sets })
  }
  return hits
}
