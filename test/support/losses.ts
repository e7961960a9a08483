import type { Dropped, Losses } from '../../lib/formats/losses.ts'

/** What was dropped, without the places. */
export function droppedCounts(losses: Losses): Dropped[] {
  return losses.list().map(({ field, count }) => ({ field, count }))
}
