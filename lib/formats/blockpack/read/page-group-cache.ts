import type { Trace } from '../../../model/trace.ts'
import { type PageGroup, pageGroupAt } from '../layout/toc.ts'
import type { BlockpackReader } from './reader.ts'

/** Page groups that are held, of all files together, of some thousand spans each. */
const maxHeld = 8

/** Returns traces by position, whose spans are made when they are asked for; keeps the page groups that were used last. */
export class PageGroupCache {
  /** Oldest use first. */
  readonly #held = new Map<PageGroup, readonly Trace[]>()

  /** The trace at a position of a file. */
  async traceAt(reader: BlockpackReader, position: number): Promise<Trace> {
    const pageGroup = pageGroupAt(reader.block.toc, position)
    const traces = this.#held.get(pageGroup) ?? (await reader.readRows(pageGroup))
    this.#held.delete(pageGroup)
    this.#held.set(pageGroup, traces)
    if (this.#held.size > maxHeld) this.#held.delete(this.#held.keys().next().value!)
    return traces[position - pageGroup.firstTrace]!
  }
}
