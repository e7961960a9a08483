import { getOrInsert } from '../../maps.ts'
import type { Mark } from '../../shred/rows.ts'
import { LivePart } from './part.ts'

/** Of one segment. A tenant with one span takes 35 KiB (5,000 of them, resident); up to five segments wait. */
export const maxTenants = 2_000

/** The spans of one segment of the log, or of a piece of it, by tenant. */
export class LiveSegment {
  /** What the ids of its blocks follow from: the name of the segment, or of a piece of it. */
  readonly name: string
  /** The segment that has nothing else, when its spans are in blocks. */
  ended: string | undefined
  /** True when it neither gets spans any more nor gives traces to the next one. */
  isComplete = false
  readonly #parts = new Map<string, LivePart>()
  /** Tenants whose spans are in a block. */
  readonly #flushed = new Set<string>()

  readonly #expected: ReadonlyMap<string, Mark>

  /** `expected`: by tenant how much may come, for which there is room from the start. */
  constructor(name: string, expected: ReadonlyMap<string, Mark> = new Map()) {
    this.name = name
    this.#expected = expected
  }

  /** Whether it has so many tenants that no further one is taken: each takes memory for its tables, however little it sends. */
  isFullFor(tenant: string): boolean {
    return this.#parts.size >= maxTenants && !this.#parts.has(tenant)
  }

  /** Drops the part of a tenant of whose request nothing was taken, where it has nothing else. */
  dropEmpty(tenant: string): void {
    if (this.#parts.get(tenant)?.rows.length === 0) this.#parts.delete(tenant)
  }

  part(tenant: string): LivePart {
    return getOrInsert(this.#parts, tenant, () => new LivePart(this.#expected.get(tenant)))
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

  get tenantCount(): number {
    return this.#parts.size
  }

  /** About the memory that its spans take. */
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

  /** By tenant, what is durable. */
  marks(): Map<string, Mark> {
    return new Map(Array.from(this.#parts, ([tenant, { durable }]) => [tenant, durable]))
  }

  rollBack(): void {
    for (const part of this.#parts.values()) part.rollBack()
  }
}
