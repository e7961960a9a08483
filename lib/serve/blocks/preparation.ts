import { joinSources } from '../../search/join-sources.ts'
import { prepareLookups, prepareSource } from '../../search/prepare-source.ts'
import type { Blocks } from './blocks.ts'

/** So many blocks are opened at most before anyone asks for them: each is an open file, and 8 bytes of memory per trace. */
const maxPrepared = 500

/** Keeps blocks ready to be asked: the first question after a start, or after blocks have changed, waits for nothing. */
export class Preparation {
  readonly #blocks: Blocks
  readonly #signal: AbortSignal
  readonly #maxBlocks: number
  /** By tenant: how many of its blocks are ready. */
  readonly #prepared = new Map<string, number>()
  #running: Promise<void> | undefined
  /** Whether traces have been looked up, which is for the process. */
  #hasLookedUp = false

  constructor(blocks: Blocks, signal: AbortSignal, maxBlocks: number = maxPrepared) {
    this.#blocks = blocks
    this.#signal = signal
    this.#maxBlocks = maxBlocks
  }

  /** Begins with what has changed, unless it is under way. What fails here fails for who asks. */
  soon(): void {
    this.#running ??= this.#prepare().finally(() => {
      this.#running = undefined
    })
  }

  /** Returns when nothing is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #prepare(): Promise<void> {
    for (const tenant of this.#blocks.takeChanged()) await this.#prepareBlocks(tenant).catch(() => {})
  }

  async #prepareBlocks(tenant: string): Promise<void> {
    const blocks = this.#blocks.list(tenant)
    this.#prepared.delete(tenant)
    if (blocks.length === 0 || this.#count() + blocks.length > this.#maxBlocks) return
    this.#prepared.set(tenant, blocks.length)
    const sources = await Promise.all(blocks.map(block => block.source()))
    const source = joinSources(sources)
    await prepareSource(source, { signal: this.#signal })
    if (this.#hasLookedUp) return
    this.#hasLookedUp = true
    await prepareLookups(source, { signal: this.#signal })
  }

  #count(): number {
    return [...this.#prepared.values()].reduce((sum, count) => sum + count, 0)
  }
}
