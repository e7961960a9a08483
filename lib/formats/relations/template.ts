/** What a template can have between its literals; a UUID has 32 digits and its dashes where they belong. */
export const slotKinds = ['number', 'hex', 'uuid'] as const

export interface Slot {
  readonly kind: (typeof slotKinds)[number]
  /** Digits, padded with zeros; 0 for numbers without leading zeros. */
  readonly width: number
}

/** Literals around slots: one more than there are slots. */
export interface Template {
  readonly literals: readonly string[]
  readonly slots: readonly Slot[]
}

interface Split {
  readonly template: Template
  /** Tells templates apart. */
  readonly name: string
  /** The digits in the slots, without dashes. */
  readonly values: readonly string[]
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const slotPattern = new RegExp(`${uuid}|[0-9a-f]{8,128}|[0-9]+`, 'g')
const maxNumberDigits = 15
/** A template has no more slots than this. */
export const maxSlots = 12

/**
 * Splits a text into its template and what fills the slots: UUIDs, runs of 8 to 128 lower-case hex digits, and
 * numbers. Runs of decimal digits alone are numbers unless `hexFirst`. Undefined for texts that have too many of them.
 */
export function splitText(text: string, hexFirst: boolean): Split | undefined {
  if (text.includes('\u0000') || !text.isWellFormed()) return undefined
  const literals: string[] = []
  const slots: Slot[] = []
  const values: string[] = []
  let name = ''
  let start = 0
  for (const match of text.matchAll(slotPattern)) {
    const found = match[0]
    const slot = slotOf(found, hexFirst)
    if (slot === undefined) continue
    if (slots.length === maxSlots) return undefined
    const literal = text.slice(start, match.index)
    literals.push(literal)
    slots.push(slot)
    values.push(slot.kind === 'uuid' ? found.replaceAll('-', '') : found)
    name += `${literal}\u0000${slot.kind}${slot.width}\u0000`
    start = match.index + found.length
  }
  literals.push(text.slice(start))
  return { template: { literals, slots }, name: name + text.slice(start), values }
}

function slotOf(found: string, hexFirst: boolean): Slot | undefined {
  if (found.length === 36 && found.includes('-')) return { kind: 'uuid', width: 32 }
  const isDecimal = !/[a-f]/.test(found)
  if (!isDecimal || (hexFirst && found.length >= 8)) return { kind: 'hex', width: found.length }
  if (found.length > maxNumberDigits) return found.length <= 128 ? { kind: 'hex', width: found.length } : undefined
  return { kind: 'number', width: found.startsWith('0') && found.length > 1 ? found.length : 0 }
}

/** The text in row `i` of the slots. */
export function printSlots(literals: readonly string[], slots: readonly (readonly string[])[], i: number): string {
  let text = literals[0]!
  for (let slot = 0; slot < slots.length; slot++) text += slots[slot]![i]! + literals[slot + 1]!
  return text
}
