import type { Blocks } from './blocks/blocks.ts'
import { type Maintenance, maintainBlocks } from './blocks/maintain.ts'
import type { Counters } from './counters.ts'

/** How often it is looked whether blocks are to be compacted or deleted. */
const maintenanceMillis = 30_000

interface UpkeepParts extends Maintenance {
  readonly blocks: Blocks
  /** When it is known which blocks there are. */
  readonly loaded: Promise<void>
  readonly counters: Counters
  readonly failed: (error: unknown) => void
}

/** Compaction and retention, one at a time. */
export class Upkeep {
  readonly #parts: UpkeepParts
  #running: Promise<void> | undefined
  #lastMillis = performance.now()

  constructor(parts: UpkeepParts) {
    this.#parts = parts
  }

  /** Does what is due. */
  run(nowMillis: number): Promise<void> {
    this.#running ??= this.#run(nowMillis).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Does what is due where it is time to look. */
  tick(): void {
    if (performance.now() - this.#lastMillis < maintenanceMillis) return
    this.#lastMillis = performance.now()
    void this.run(Date.now())
  }

  /** Returns when nothing is being done. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(nowMillis: number): Promise<void> {
    const { blocks, loaded, counters, failed, signal } = this.#parts
    try {
      await loaded
      const { compactions, deleted } = await maintainBlocks(blocks, nowMillis, this.#parts)
      counters.compactions += compactions
      counters.deletedBlocks += deleted
    } catch (error) {
      if (!signal.aborted) failed(error)
    }
  }
}
