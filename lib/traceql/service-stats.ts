import type { NumberValues } from '../model/scan.ts'
import type { Texts } from './texts.ts'

/** By service: its spans of a trace, and those with an error where there are any. */
export type ServiceStats = Readonly<Record<string, { readonly spanCount: number; readonly errorCount?: number }>>

const errorStatus = 2

/** Counts the spans of runs of rows by service. Equal counts are one object: few ways of a request make most traces. */
export class ServiceCounter {
  readonly #known = new Map<string, ServiceStats>()
  /** By service its number, and by number its spans and errors of the run at hand. */
  readonly #numbers = new Map<string, number>()
  #spans: number[] = []
  #errors: number[] = []

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
      number = this.#numbers.size
      this.#numbers.set(service, number)
      this.#spans.push(0)
      this.#errors.push(0)
    }
    return number
  }

  /** What was counted; the counts begin anew. */
  #take(seen: readonly number[]): ServiceStats {
    let key = ''
    for (const number of seen) key += `${number}:${this.#spans[number]}:${this.#errors[number]};`
    const known = this.#known.get(key) ?? this.#make(seen)
    this.#known.set(key, known)
    for (const number of seen) {
      this.#spans[number] = 0
      this.#errors[number] = 0
    }
    return known
  }

  #make(seen: readonly number[]): ServiceStats {
    const names = [...this.#numbers.keys()]
    return Object.fromEntries(
      seen.map(number => {
        const [spanCount, errorCount] = [this.#spans[number]!, this.#errors[number]!]
        return [names[number]!, errorCount === 0 ? { spanCount } : { spanCount, errorCount }]
      }),
    )
  }
}
