import { LabError } from '../error.ts'
import type { Unit, Units } from '../model/units.ts'

/** What a source could not carry into the model, by field. */
export interface Dropped {
  field: string
  count: number
  /** The file and format in which it was first seen; absent in runs of earlier versions. */
  first?: string | undefined
}

/** What was left out of a file since it is bad: how many units of a kind, and what was wrong with the first. */
export interface Bad {
  file: string
  unit: Unit
  count: number
  /** With file, format and place. */
  first: string
}

/**
 * Counts what is dropped, by field, in the order of first sight. A bad unit ends the reading, or, where `skipsBad` is
 * set, is left out and counted, by file; what was dropped of it, or left out within it, does not count.
 */
export class Losses implements Units {
  readonly skipsBad: boolean
  readonly #dropped = new Map<string, { count: number; first: string }>()
  readonly #bad: Bad[] = []
  /** What the unit being read adds to the counts, if it is not bad itself. */
  #pending: (() => void)[] | undefined
  #file = ''
  #subject = ''

  constructor({ skipsBad = false }: { skipsBad?: boolean } = {}) {
    this.skipsBad = skipsBad
  }

  drop(field: string, count = 1): void {
    if (this.#pending !== undefined) this.#pending.push(() => this.drop(field, count))
    else {
      const known = this.#dropped.get(field)
      if (known) known.count += count
      else this.#dropped.set(field, { count, first: this.#subject })
    }
  }

  list(): Dropped[] {
    return [...this.#dropped].map(([field, { count, first }]) => ({ field, count, ...(first && { first }) }))
  }

  /** Says what is read from here on: the file, and the subject that stands in front of what is wrong with it. */
  enter(file: string, subject: string): void {
    this.#file = file
    this.#subject = subject
  }

  attempt<T>(unit: Unit, read: () => T): T | undefined {
    if (!this.skipsBad) return read()
    const outer = this.#pending
    const pending: (() => void)[] = []
    this.#pending = pending
    try {
      const result = read()
      this.#pending = outer
      for (const count of pending) count()
      return result
    } catch (error) {
      this.#pending = outer
      this.bad(unit, error)
      return undefined
    }
  }

  bad(unit: Unit, error: unknown): void {
    if (!this.skipsBad || !(error instanceof LabError)) throw error
    if (this.#pending !== undefined) this.#pending.push(() => this.#countBad(unit, error))
    else this.#countBad(unit, error)
  }

  #countBad(unit: Unit, error: LabError): void {
    const known = this.#bad.findLast(bad => bad.unit === unit)
    if (known?.file !== this.#file)
      this.#bad.push({ file: this.#file, unit, count: 1, first: `${this.#subject}: ${error.message}` })
    else if (unit !== 'rest of the file') known.count++
  }

  /** What was left out, by file and kind of unit, in the order of first sight. */
  listBad(): Bad[] {
    return this.#bad.map(bad => ({ ...bad }))
  }
}
