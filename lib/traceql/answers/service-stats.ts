import type { NumberValues } from '../../model/scan.ts'
import type { Texts } from '../engine/texts.ts'

/** By service: its spans of a trace, and those with an error where there are any. */
export type ServiceStats = Readonly<Record<string, { readonly spanCount: number; readonly errorCount?: number }>>

const errorStatus = 2

/** Counts of a trace, and the answer made of them. */
interface Known {
  readonly numbers: readonly number[]
  readonly spans: readonly number[]
  readonly errors: readonly number[]
  readonly stats: ServiceStats
}

/** So many answers are kept, one a hash. */
const slotCount = 1024

/** Counts the spans of runs of rows by service. Equal counts are one object: few ways of a request make most traces. */
export class ServiceCounter {
  readonly #known: (Known | undefined)[] = new Array(slotCount).fill(undefined)
  readonly #numbers = new Map<string, number>()
  /** By the number of a service: its name, and its spans and errors among the rows at hand. */
  readonly #names: string[] = []
  readonly #spans: number[] = []
  readonly #errors: number[] = []

  /** Of rows `[start, end)`; services in the order of their first spans. */
  count(services: Texts, { numbers }: NumberValues, start: number, end: number): ServiceStats {
    const seen: number[] = []
    const [spans, errors] = [this.#spans, this.#errors]
    let last: string | undefined
    let number = 0
    for (let row = start; row < end; row++) {
      const service = services(row) ?? ''
      if (service !== last) {
        number = this.#numberOf(service)
        last = service
        if (spans[number] === 0) seen.push(number)
      }
      spans[number]!++
      if (numbers[row] === errorStatus) errors[number]!++
    }
    return this.#take(seen)
  }

  #numberOf(service: string): number {
    let number = this.#numbers.get(service)
    if (number === undefined) {
      number = this.#names.push(service) - 1
      this.#numbers.set(service, number)
      this.#spans.push(0)
      this.#errors.push(0)
    }
    return number
  }

  /** What was counted; the counts begin anew. */
  #take(seen: readonly number[]): ServiceStats {
    const [spans, errors] = [this.#spans, this.#errors]
    let hash = 0
    for (const number of seen) {
      hash = Math.imul(hash ^ number, 0x9e3779b1)
      hash = Math.imul(hash ^ spans[number]!, 0x85157af5) + errors[number]!
    }
    const slot = (hash ^ (hash >>> 15)) & (slotCount - 1)
    let known = this.#known[slot]
    if (known === undefined || !this.#isSame(known, seen)) {
      known = {
        numbers: seen,
        spans: seen.map(i => spans[i]!),
        errors: seen.map(i => errors[i]!),
        stats: this.#make(seen),
      }
      this.#known[slot] = known
    }
    for (const number of seen) {
      spans[number] = 0
      errors[number] = 0
    }
    return known.stats
  }

  #isSame({ numbers, spans, errors }: Known, seen: readonly number[]): boolean {
    if (numbers.length !== seen.length) return false
    for (let i = 0; i < seen.length; i++) {
      const number = seen[i]!
      if (numbers[i] !== number || spans[i] !== this.#spans[number] || errors[i] !== this.#errors[number]) return false
    }
    return true
  }

  #make(seen: readonly number[]): ServiceStats {
    return Object.fromEntries(
      seen.map(number => {
        const [spanCount, errorCount] = [this.#spans[number]!, this.#errors[number]!]
        return [this.#names[number]!, errorCount === 0 ? { spanCount } : { spanCount, errorCount }]
      }),
    )
  }
}
