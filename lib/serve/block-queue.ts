import { EventEmitter, once } from 'node:events'
import type { Blocks } from './blocks/blocks.ts'
import { derivedId } from './blocks/meta.ts'
import { type Encoding, writeBlock } from './blocks/write.ts'
import type { PartView } from './live/part.ts'
import type { LiveSegment } from './live/segment.ts'
import type { LogFiles } from './wal/files.ts'
import { fileOf } from './wal/log.ts'

/** What the tables of a tenant take in each segment, however little it sends (of 5,000 of them, resident). */
const tenantBytes = 35 << 10

interface BlockQueueParts {
  readonly log: LogFiles
  readonly blocks: Blocks
  /** When it is known which blocks there are. */
  readonly loaded: () => Promise<void>
  readonly encoding: Encoding
  readonly signal: AbortSignal
  /** Called when spans of a segment are in a block, with the seconds that this took. */
  readonly written: (seconds: number) => void
  readonly failed: (error: unknown) => void
}

/** Segments of the log that become blocks, the oldest first: a carry must not go before what it is taken from. */
export class BlockQueue {
  readonly segments: LiveSegment[] = []
  readonly #parts: BlockQueueParts
  readonly #left = new EventEmitter()
  #flushing: Promise<void> | undefined

  constructor(parts: BlockQueueParts) {
    this.#parts = parts
  }

  /** About the memory that they take. */
  get byteLength(): number {
    return this.segments.reduce((sum, { byteLength, tenantCount }) => sum + byteLength + tenantBytes * tenantCount, 0)
  }

  /** Returns when the segments that wait take less than so many bytes, or there are none. */
  async room(maxBytes: number): Promise<void> {
    while (this.segments.length > 0 && this.byteLength >= maxBytes)
      await once(this.#left, 'segment', { signal: this.#parts.signal })
  }

  /** Makes blocks of the segments that are complete; throws where one cannot be made. */
  async flush(): Promise<void> {
    await this.settled()
    await this.#begin()
  }

  flushSoon(): void {
    if (this.#flushing === undefined) this.#begin().catch(this.#parts.failed)
  }

  /** Returns when no block is being made. */
  async settled(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing.catch(() => {})
  }

  #begin(): Promise<void> {
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #flush(): Promise<void> {
    const { loaded, log, signal } = this.#parts
    await loaded()
    for (let [segment] = this.segments; segment?.isComplete && !signal.aborted; [segment] = this.segments) {
      for (const [tenant, part] of segment.parts()) {
        const view = await part.view()
        if (isFilled(view)) await this.#write(segment, tenant, view, part.lastArrivalMillis)
        else segment.flushed(tenant)
      }
      if (segment.ended !== undefined) await log.delete(fileOf(segment.ended))
      this.segments.shift()
      this.#left.emit('segment')
    }
  }

  async #write(segment: LiveSegment, tenant: string, view: PartView, receivedMillis: number): Promise<void> {
    const { blocks, encoding, written } = this.#parts
    const startMillis = performance.now()
    const place = { tenantID: tenant, blockID: blockIdOf(segment.name, tenant) }
    const meta = await writeBlock(blocks.store, view, place, receivedMillis, encoding)
    await blocks.publish(meta, () => segment.flushed(tenant))
    written((performance.now() - startMillis) / 1_000)
  }
}

export function isFilled({ groups }: PartView): boolean {
  return groups.order.length > 0
}

/** The id of the block that a segment of the log becomes for a tenant. */
export function blockIdOf(segment: string, tenant: string): string {
  return derivedId('segment', tenant, segment)
}
