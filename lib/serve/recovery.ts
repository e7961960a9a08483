import { setTimeout as sleep } from 'node:timers/promises'
import { type BlockQueue, blockIdOf } from './block-queue.ts'
import type { Blocks } from './blocks/blocks.ts'
import { Replay } from './live/replay.ts'
import type { LogFiles } from './wal/files.ts'

const retryMillis = 1_000
/**
 * A process that ran for long leaves no more segments; those of starts that were interrupted add up. Under load each takes
 * in more than it makes blocks of: so the log goes first for some time, and each segment is a block before the next is read.
 */
const maxLeft = 8
const headStartMillis = 500

interface RecoveryParts {
  readonly blocks: Blocks
  readonly log: LogFiles
  /** Segments of the log, the oldest first. */
  readonly segments: readonly string[]
  /** What was read waits here to become blocks. */
  readonly queue: BlockQueue
  /** Of the log that becomes a block at a time; when twice as much is in memory, no more is read. */
  readonly maxBlockBytes: number
  readonly warn: (message: string) => void
  /** Called with what went wrong; it is tried again. */
  readonly failed: (subject: string, error: unknown) => void
  readonly signal: AbortSignal
}

/** Finds out, while a store is already open, what earlier processes have left: first the blocks, then the log. */
export class Recovery {
  readonly #parts: RecoveryParts
  readonly #replay: Replay
  /** When it is known which blocks there are. */
  readonly loaded: Promise<void>
  /** When all spans of the log are in memory or in blocks; fails where the store is closed before. */
  readonly done: Promise<void>
  #isLoaded = false
  #isDone = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
    const { blocks, log, segments, maxBlockBytes, warn, signal } = parts
    const isInBlock = (name: string, tenant: string) => blocks.has(tenant, blockIdOf(name, tenant))
    this.#replay = new Replay(segments, { files: log, isInBlock, pieceBytes: maxBlockBytes, warn, signal })
    this.loaded = this.#load()
    this.done = this.#readLog()
    for (const promise of [this.loaded, this.done]) promise.catch(() => {})
  }

  /** What is still to be read, in words; undefined where nothing is. */
  get pending(): string | undefined {
    if (this.#isDone) return undefined
    if (!this.#isLoaded) return 'the list of blocks is being read'
    const { readBytes, byteLength } = this.#replay
    return `the log of recent spans is being read: ${mebibytes(readBytes)} of ${mebibytes(byteLength)} MiB`
  }

  /** Segments that have not been read to their ends. */
  get segmentCount(): number {
    return this.#replay.segmentCount
  }

  /** Damaged parts of the log that were set aside. */
  get damagedCount(): number {
    return this.#replay.damagedCount
  }

  /** Returns when requests may be taken. */
  async headStart(): Promise<void> {
    if (this.#isInterrupted) await Promise.race([this.done, sleep(headStartMillis)])
  }

  get #isInterrupted(): boolean {
    return this.segmentCount > maxLeft
  }

  async #load(): Promise<void> {
    const { blocks, warn } = this.#parts
    const halves = await this.#retrying('the list of blocks', () => blocks.load(warn))
    this.#isLoaded = true
    for (const { key } of halves) await this.#retrying('half a block', () => blocks.store.delete(key))
  }

  async #readLog(): Promise<void> {
    const { queue, maxBlockBytes } = this.#parts
    await this.#retrying('the log', () => this.#replay.deleteEmpty())
    await this.loaded
    while (this.segmentCount > 0) {
      await queue.room(this.#isInterrupted ? 1 : 2 * maxBlockBytes)
      queue.segments.push(await this.#retrying('the log', () => this.#replay.next()))
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
