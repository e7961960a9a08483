import type { Status, Value } from '../../model/trace.ts'
import type { ColumnType } from './types.ts'

/**
 * Fields that most spans leave at their default. Where one does not, it is kept as an attribute would be, before the
 * attributes.
 */
export const specials = [
  { name: 'traceState', type: 'string' },
  { name: 'statusMessage', type: 'string' },
  { name: 'flags', type: 'int' },
  { name: 'droppedAttributesCount', type: 'int' },
  { name: 'droppedEventsCount', type: 'int' },
  { name: 'droppedLinksCount', type: 'int' },
] as const satisfies readonly { name: string; type: ColumnType }[]

/** What a span, event or link has of them; what it does not have is absent. */
export interface Specials {
  readonly traceState?: string
  readonly status?: Status | null
  readonly flags?: number
  readonly droppedAttributesCount: number
  readonly droppedEventsCount?: number
  readonly droppedLinksCount?: number
}

/** A bit for each special field that is not at its default. */
export function specialBits(owner: Specials): number {
  let bits = 0
  if (owner.traceState) bits |= 1
  if (owner.status?.message) bits |= 2
  if (owner.flags) bits |= 4
  if (owner.droppedAttributesCount) bits |= 8
  if (owner.droppedEventsCount) bits |= 16
  if (owner.droppedLinksCount) bits |= 32
  return bits
}

/** The field as a value of a column. */
export function specialValue(owner: Specials, special: number): Value {
  const { name } = specials[special]!
  if (name === 'statusMessage') return owner.status?.message ?? ''
  if (name === 'traceState') return owner.traceState ?? ''
  return BigInt(owner[name] ?? 0)
}

/** The part of the file that a column belongs to. */
export function partOfColumn(key: string | number): string {
  return typeof key === 'string' ? 'attributes' : specials[key]!.name
}
