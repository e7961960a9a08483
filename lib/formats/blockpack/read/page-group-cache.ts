import type { Trace } from '../../../model/trace.ts'
import type { PageGroup } from './block.ts'
import type { BlockpackReader } from './reader.ts'

/** Page groups that are held, of all files together: of some thousand spans each. */
const maxHeld = 8

/** Hands out traces by position; page groups that were used last stay at hand. */
export class PageGroupCache {
  /** Oldest use first. */
  readonly #held = new Map<PageGroup, readonly Trace[]>()

  /** The trace at a position of a file. */
  async traceAt(reader: BlockpackReader, position: number): Promise<Trace> {
    const pageGroup = pageGroupAt(reader.block.pageGroups, position)
    const traces = this.#held.get(pageGroup) ?? (await reader.readPageGroup(pageGroup))
    this.#held.delete(pageGroup)
    this.#held.set(pageGroup, traces)
    if (this.#held.size > maxHeld) this.#held.delete(this.#held.keys().next().value!)
    return traces[position - pageGroup.firstTrace]!
  }
}

/** The page group that has the trace at a position. */
export function pageGroupAt(pageGroups: readonly PageGroup[], position: number): PageGroup {
  let [low, high] = [0, pageGroups.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (pageGroups[middle]!.firstTrace <= position) low = middle
    else high = middle - 1
  }
  return pageGroups[low]!
}
