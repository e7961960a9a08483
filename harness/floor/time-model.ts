import type { Trace } from '../../lib/model/trace.ts'
import { Mixture } from './mixture.ts'
import { NumberModel } from './number-model.ts'
import type { Links } from './parents.ts'
import { bitsOf, contextOf, SymbolModel } from './symbol-model.ts'

/** What clocks round to: milliseconds, microseconds, doubles of seconds (256 ns), their halves and quarters, 100 ns. */
const units = [1_000_000, 1000, 256, 128, 64, 100, 1]
const second = 1_000_000_000n

/** What else is known of each span when its times are described. */
export interface Known {
  names: readonly number[]
  resources: readonly number[]
  statuses: readonly number[]
}

/** Costs of times, in nanoseconds relative to the start of the trace's first root. */
export class TimeModel {
  readonly #units = new SymbolModel()
  readonly #numbers = new NumberModel()
  readonly #mixture = new Mixture()
  #previousOrigin = 0n
  #previousCount = 0
  #originMod = 0

  /** Bits of the starts and durations of a trace. */
  cost({ spans }: Trace, links: Links, known: Known): { starts: number; durations: number } {
    const origin = spans[links.order[0]].startNanos
    this.#originMod = Number(origin % second)
    const times = {
      starts: spans.map(span => Number(span.startNanos - origin)),
      ends: spans.map(span => Number(span.endNanos - origin)),
    }
    const lastChild = new Map<number, number>()
    const bits = { starts: this.#originCost(origin, known.names[links.order[0]], known), durations: 0 }
    links.order.forEach((row, i) => {
      const parent = links.parents[row]
      const sibling = lastChild.get(parent)
      lastChild.set(parent, row)
      if (i > 0) bits.starts += this.#startCost(row, parent, sibling, times, known)
      bits.durations += this.#durationCost(row, parent, times, known)
    })
    return bits
  }

  #originCost(origin: bigint, name: number, { resources }: Known): number {
    const [unit, unitBits] = this.#unitOf(this.#originMod, contextOf(1, resources[0]), 1)
    const steps = Math.floor(Number(origin - this.#previousOrigin) / unit)
    const gap = this.#numbers.take(steps, contextOf(2, this.#previousCount), contextOf(3, name))
    this.#previousOrigin = origin
    this.#previousCount = resources.length
    return unitBits + bitsOf(gap)
  }

  /** The largest unit that so many nanoseconds are a multiple of, and what it costs to say so. */
  #unitOf(nanos: number, special: number, general: number): [unit: number, bits: number] {
    const unit = units.find(candidate => nanos % candidate === 0) ?? 1
    return [unit, bitsOf(this.#units.take(unit, special, general, 0)) + (this.#units.isNew ? 3 : 0)]
  }

  #startCost(
    row: number,
    parent: number,
    sibling: number | undefined,
    { starts, ends }: Times,
    { names, resources }: Known,
  ): number {
    const name = names[row]
    const [unit, unitBits] = this.#unitOf(
      this.#originMod + starts[row],
      contextOf(4, name, resources[row]),
      contextOf(5, resources[row]),
    )
    const siblingName = sibling === undefined ? 0 : names[sibling]
    const bases = [parent < 0 ? 0 : starts[parent]]
    if (sibling !== undefined) bases.push(ends[sibling], starts[sibling])
    const probabilities = bases.map((base, i) => {
      const baseName = i > 0 ? siblingName : parent < 0 ? 0 : names[parent]
      const steps = Math.floor((starts[row] - base) / unit)
      return this.#numbers.take(steps, contextOf(6, i, name, baseName, unit), contextOf(7, i, name))
    })
    return unitBits + bitsOf(this.#mixture.take(contextOf(8, name, siblingName), probabilities))
  }

  #durationCost(row: number, parent: number, { starts, ends }: Times, { names, resources, statuses }: Known): number {
    const name = names[row]
    const duration = ends[row] - starts[row]
    const [unit, unitBits] = this.#unitOf(duration, contextOf(9, name, resources[row]), contextOf(10, resources[row]))
    const steps = duration / unit
    const own = this.#numbers.take(steps, contextOf(11, name, statuses[row], unit), contextOf(12, name, unit))
    if (parent < 0) return unitBits + bitsOf(own)
    const left = Math.floor((ends[parent] - starts[row]) / unit) - steps
    const byParent = this.#numbers.take(left, contextOf(13, name, names[parent], unit), contextOf(14, name))
    return unitBits + bitsOf(this.#mixture.take(contextOf(15, name), [own, byParent]))
  }

  /** Bits of the time of an event: from the one before it, or the span's start, or back from the span's end. */
  eventCost(timeNanos: bigint, beforeNanos: bigint, endNanos: bigint, name: number, owner: number): number {
    const [unit, unitBits] = this.#unitOf(Number(timeNanos % second), contextOf(16, name, owner), 2)
    const probabilities = [timeNanos - beforeNanos, endNanos - timeNanos].map((nanos, i) =>
      this.#numbers.take(Math.floor(Number(nanos) / unit), contextOf(17, i, name, owner, unit), contextOf(18, i, name)),
    )
    return unitBits + bitsOf(this.#mixture.take(contextOf(19, name, owner), probabilities))
  }
}

interface Times {
  starts: readonly number[]
  ends: readonly number[]
}
