import { getOrInsert } from '../../maps.ts'

/** Texts as what they have in common and what differs between them. */

/**
 * A text in which each run of letters and digits that has a digit is a slot: a character 0 and the type of what was there.
 * Types: `u` UUID, `i` IPv4 address, `n` at most four digits, `d` more digits, `h` eight hex digits and more, `a` others.
 */
export interface SlottedText {
  readonly template: string
  readonly slots: readonly string[]
}

const mark = '\0'
const maxTextLength = 1024
const maxSlots = 32
const runs =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![A-Za-z0-9])(?:\d{1,3}(?:\.\d{1,3}){3}(?![A-Za-z0-9])|[A-Za-z0-9]+)/g
const types: readonly (readonly [type: string, test: RegExp])[] = [
  ['n', /^\d{1,4}$/],
  ['d', /^\d+$/],
  ['u', /-/],
  ['i', /\./],
  ['h', /^[0-9a-f]{8,}$/],
  ['a', /^/],
]

/** Undefined for a text that is too long, has too many slots, or none. */
export function findSlots(text: string): SlottedText | undefined {
  if (text.length > maxTextLength || text.includes(mark)) return undefined
  const slots: string[] = []
  const template = text.replace(runs, run => {
    if (!/\d/.test(run)) return run
    slots.push(run)
    return mark + types.find(([, test]) => test.test(run))![0]
  })
  return slots.length > 0 && slots.length <= maxSlots ? { template, slots } : undefined
}

/** A template taken apart: one more literal than types. */
export interface ParsedTemplate {
  readonly literals: readonly string[]
  readonly types: readonly string[]
}

/** Undefined where it is none. */
export function parseTemplate(template: string): ParsedTemplate | undefined {
  const [first, ...rest] = template.split(mark)
  if (rest.length === 0 || rest.length > maxSlots || !rest.every(part => types.some(([type]) => part.startsWith(type))))
    return undefined
  return { literals: [first!, ...rest.map(part => part.slice(1))], types: rest.map(part => part[0]!) }
}

/** So many of a type are remembered of a trace. */
export const maxRemembered = 15

/** The values of slots in each trace, by type, the last one first: what a later slot of the trace may repeat. */
export class TraceSlots {
  readonly #recent = new Map<number, Map<string, string[]>>()

  /** The place of a value among those of its type in the trace, from 1; 0 where it is new. It is the first then. */
  find(trace: number, type: string, value: string): number {
    const recent = this.#of(trace, type)
    const at = recent.indexOf(value)
    if (at < 0) this.add(trace, type, value)
    else moveFirst(recent, at)
    return at + 1
  }

  /** The value at a place from 1, which is the first then; undefined where there is none. */
  take(trace: number, type: string, place: number): string | undefined {
    const recent = this.#of(trace, type)
    const value = recent[place - 1]
    if (value !== undefined) moveFirst(recent, place - 1)
    return value
  }

  /** Adds a value that is new. */
  add(trace: number, type: string, value: string): void {
    const recent = this.#of(trace, type)
    recent.unshift(value)
    if (recent.length > maxRemembered) recent.pop()
  }

  #of(trace: number, type: string): string[] {
    const types = getOrInsert(this.#recent, trace, () => new Map<string, string[]>())
    return getOrInsert(types, type, (): string[] => [])
  }
}

function moveFirst(list: string[], at: number): void {
  const value = list[at]!
  list.copyWithin(1, 0, at)
  list[0] = value
}
