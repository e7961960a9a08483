import { setTimeout as sleep } from 'node:timers/promises'
import type { BlockQueue } from './block-queue.ts'
import type { Blocks } from './blocks/blocks.ts'
import type { Replay } from './live/replay.ts'

const retryMillis = 1_000
/**
 * A process that ran for long leaves no more segments; those of starts that were interrupted add up. Under load each takes
 * in more than it makes blocks of: so the log goes first for some time, and each segment is a block before the next is read.
 */
const maxLeft = 8
const headStartMillis = 500

interface RecoveryParts {
  readonly blocks: Blocks
  readonly replay: Replay
  /** Where what was read waits to become blocks. */
  readonly queue: BlockQueue
  /** Bytes in memory beyond which no further segment is read. */
  readonly maxHeldBytes: number
  readonly warn: (message: string) => void
  /** Called with what went wrong; it is tried again. */
  readonly failed: (subject: string, error: unknown) => void
  readonly signal: AbortSignal
}

/** Finds out, while a store is already open, what earlier processes have left: first the blocks, then the log. */
export class Recovery {
  readonly #parts: RecoveryParts
  /** When it is known which blocks there are. */
  readonly loaded: Promise<void>
  /** When all spans of the log are in memory or in blocks; fails where the store is closed before. */
  readonly done: Promise<void>
  #isLoaded = false
  #isDone = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
    this.loaded = this.#load()
    this.done = this.#replay()
    for (const promise of [this.loaded, this.done]) promise.catch(() => {})
  }

  /** What is still to be read, in words; undefined where nothing is. */
  get pending(): string | undefined {
    if (this.#isDone) return undefined
    if (!this.#isLoaded) return 'the list of blocks is being read'
    const { readBytes, byteLength } = this.#parts.replay
    return `the log of recent spans is being read: ${mebibytes(readBytes)} of ${mebibytes(byteLength)} MiB`
  }

  /** Returns when requests may be taken. */
  async headStart(): Promise<void> {
    if (this.#isInterrupted) await Promise.race([this.done, sleep(headStartMillis)])
  }

  get #isInterrupted(): boolean {
    return this.#parts.replay.segmentCount > maxLeft
  }

  async #load(): Promise<void> {
    const { blocks, warn } = this.#parts
    const halves = await this.#retrying('the list of blocks', () => blocks.load(warn))
    this.#isLoaded = true
    for (const key of halves) await this.#retrying('half a block', () => blocks.store.delete(key))
  }

  async #replay(): Promise<void> {
    const { replay, queue, maxHeldBytes } = this.#parts
    await this.#retrying('the log', () => replay.deleteEmpty())
    await this.loaded
    while (replay.segmentCount > 0) {
      await queue.room(this.#isInterrupted ? 1 : maxHeldBytes)
      queue.segments.push(await this.#retrying('the log', () => replay.next()))
      queue.flushSoon()
    }
    this.#isDone = true
  }

  /** Does something, again and again where it fails. */
  async #retrying<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const { signal, failed } = this.#parts
    for (;;) {
      try {
        return await work()
      } catch (error) {
        signal.throwIfAborted()
        failed(subject, error)
      }
      await sleep(retryMillis, undefined, { signal, ref: false })
    }
  }
}

function mebibytes(byteLength: number): number {
  return Math.round(byteLength / 2 ** 20)
}
