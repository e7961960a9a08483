import { getOrInsert } from '../../maps.ts'
import { LivePart } from './part.ts'

/** The spans of one segment of the log, by tenant. */
export class LiveSegment {
  readonly name: string
  readonly #parts = new Map<string, LivePart>()
  /** Tenants whose spans are in a block. */
  readonly #flushed = new Set<string>()

  constructor(name: string) {
    this.name = name
  }

  part(tenant: string): LivePart {
    return getOrInsert(this.#parts, tenant, () => new LivePart())
  }

  /** The parts that have spans and are not in blocks. */
  parts(): [tenant: string, part: LivePart][] {
    return [...this.#parts].filter(([tenant, part]) => part.spanCount > 0 && !this.#flushed.has(tenant))
  }

  find(tenant: string): LivePart | undefined {
    return this.#flushed.has(tenant) ? undefined : this.#parts.get(tenant)
  }

  /** Leaves a tenant out, whose spans are in a block. */
  flushed(tenant: string): void {
    this.#flushed.add(tenant)
    this.#parts.delete(tenant)
  }

  /** About the memory that it takes. */
  get byteLength(): number {
    let sum = 0
    for (const part of this.#parts.values()) sum += part.rows.byteLength
    return sum
  }

  get spanCount(): number {
    let sum = 0
    for (const part of this.#parts.values()) sum += part.spanCount
    return sum
  }

  rollBack(): void {
    for (const part of this.#parts.values()) part.rollBack()
  }
}
