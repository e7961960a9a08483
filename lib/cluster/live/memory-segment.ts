import type { LivePart } from '../../serve/live/part.ts'
import { Gathered, type Poison } from '../gathered.ts'
import type { StoredRecord } from '../log/log.ts'
import type { LivePiece } from './answer.ts'
import type { Pieces } from './pieces.ts'
import { type CutAnswer, type CutSegment, TenantCuts } from './tenant-cuts.ts'

/** Records of a partition one after the other, in memory. What is asked for is cut into pieces. */
export class MemorySegment implements CutSegment {
  readonly start: number
  readonly gathered: Gathered
  readonly #tenants = new Map<string, TenantCuts>()
  #end: number
  #isComplete = false
  #isClosed = false
  /** Since when it has offsets. */
  sinceMillis: number | undefined
  /** When the last of its records was made; 0 where it has none. */
  readMillis = 0

  constructor(start: number, pieces: Pieces) {
    this.start = start
    this.#end = start
    this.gathered = new Gathered((tenant, part) => this.#mark(tenant, part, pieces))
  }

  #mark(tenant: string, part: LivePart, pieces: Pieces): void {
    let cuts = this.#tenants.get(tenant)
    if (cuts === undefined) {
      cuts = new TenantCuts(tenant, part, this, pieces)
      this.#tenants.set(tenant, cuts)
    }
    cuts.marks.add(this.#end, part.spanCount)
  }

  /** The offset that comes next. */
  get end(): number {
    return this.#end
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get memoryBytes(): number {
    return this.gathered.memoryBytes
  }

  /** Traces by tenant. */
  get traceCount(): number {
    return [...this.gathered.parts.values()].reduce((sum, part) => sum + part.traceCount, 0)
  }

  /** Adds a record, and gives it back where it is poison. */
  add(record: StoredRecord): Poison | undefined {
    this.readMillis = record.timeMillis
    this.advance(record.offset + 1)
    return this.gathered.add(record)
  }

  /** Passes over offsets that hold no records. */
  advance(next: number): void {
    this.sinceMillis ??= performance.now()
    this.#end = next
  }

  /** Ends it: no more is added. */
  complete(): void {
    this.#isComplete = true
  }

  /** The spans of a tenant from an offset until now, but for those of the last `cutMillis` where it was asked within it. */
  async answer(tenant: string, from: number, cutMillis: number): Promise<CutAnswer> {
    return this.#tenants.get(tenant)?.answer(from, cutMillis) ?? { pieces: [], end: this.#end }
  }

  /** By tenant how many spans there are from an offset on. */
  *spansFrom(from: number): Iterable<readonly [tenant: string, spans: number]> {
    for (const [tenant, { spanCount }] of this.gathered.parts) {
      const count = spanCount - (this.#tenants.get(tenant)?.marks.rowsBefore(from) ?? 0)
      if (count > 0) yield [tenant, count]
    }
  }

  /** By tenant how many spans from an offset on are in no piece. */
  uncutCounts(from: number): [tenant: string, count: number][] {
    return Array.from(this.#tenants, ([tenant, cuts]) => [tenant, cuts.uncutCount(from)])
  }

  /** Cuts all spans from an offset on, which `publish` writes to the folder: that has them where it gives true. */
  async write(from: number, publish: (pieces: readonly LivePiece[]) => Promise<boolean>): Promise<void> {
    const tenants = [...this.#tenants.values()]
    let isWritten = false
    try {
      const pieces: LivePiece[] = []
      for (const cuts of tenants) pieces.push(...(await cuts.hold(from)))
      isWritten = await publish(pieces)
    } finally {
      if (!isWritten) for (const cuts of tenants) cuts.release()
    }
    await this.drop()
  }

  /** Lets go of all but what the folder has. */
  async drop(): Promise<void> {
    this.#isClosed = true
    for (const cuts of this.#tenants.values()) cuts.close()
  }
}
