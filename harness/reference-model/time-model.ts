import type { Trace } from '../../lib/model/trace.ts'
import { Mixture } from './mixture.ts'
import { NumberModel } from './number-model.ts'
import type { Links } from './parents.ts'
import { contextOf, SymbolModel } from './symbol-model.ts'

/** What clocks round to: milliseconds, microseconds, doubles of seconds (256 ns), their halves and quarters, 100 ns. */
const units = [1_000_000, 1000, 256, 128, 64, 100, 1]
const second = 1_000_000_000

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
    this.#originMod = Number(origin % BigInt(second))
    const starts = spans.map(span => Number(span.startNanos - origin))
    const ends = spans.map(span => Number(span.endNanos - origin))
    const lastChild = new Map<number, number>()
    const bits = { starts: this.#originCost(origin, known.names[links.order[0]], known), durations: 0 }
    links.order.forEach((row, i) => {
      const parent = links.parents[row]
      const sibling = lastChild.get(parent)
      lastChild.set(parent, row)
      if (i > 0) bits.starts += this.#startCost(row, parent, sibling, starts, ends, known)
      bits.durations += this.#durationCost(row, parent, starts, ends, known)
    })
    return bits
  }

  #originCost(origin: bigint, name: number, { resources }: Known): number {
    const [unit, unitBits] = this.#unitOf(0, contextOf(1, resources[0]))
    const gap = Number(origin - this.#previousOrigin)
    const bits = this.#numbers.cost(Math.floor(gap / unit), contextOf(2, this.#previousCount), contextOf(3, name))
    this.#previousOrigin = origin
    this.#previousCount = resources.length
    return unitBits + bits
  }

  /** The largest unit that a time (relative to the origin) is a multiple of, and what it costs to say so. */
  #unitOf(time: number, ...contexts: number[]): [unit: number, bits: number] {
    const nanos = (((this.#originMod + time) % second) + second) % second
    const unit = units.find(candidate => nanos % candidate === 0) ?? 1
    return [unit, this.#units.cost(unit, ...contexts, 0) + (this.#units.isNew ? 3 : 0)]
  }

  /** Steps of `unit` from `base` to `time`, which is a multiple of it. */
  #steps(time: number, base: number, unit: number): number {
    return Math.floor((time - base) / unit)
  }

  #startCost(
    row: number,
    parent: number,
    sibling: number | undefined,
    starts: readonly number[],
    ends: readonly number[],
    { names, resources }: Known,
  ): number {
    const name = names[row]
    const [unit, unitBits] = this.#unitOf(starts[row], contextOf(4, name, resources[row]), contextOf(4, resources[row]))
    const siblingName = sibling === undefined ? 0 : names[sibling]
    const parentName = parent < 0 ? 0 : names[parent]
    const bases = [parent < 0 ? 0 : starts[parent]]
    if (sibling !== undefined) bases.push(ends[sibling], starts[sibling])
    const costs = bases.map((base, i) =>
      this.#numbers.cost(
        this.#steps(starts[row], base, unit),
        contextOf(5, i, name, i === 0 ? parentName : siblingName, unit),
        contextOf(6, i, name),
      ),
    )
    return unitBits + this.#mixture.cost(contextOf(7, name, siblingName), costs)
  }

  #durationCost(
    row: number,
    parent: number,
    starts: readonly number[],
    ends: readonly number[],
    { names, resources, statuses }: Known,
  ): number {
    const name = names[row]
    const duration = ends[row] - starts[row]
    const unit = units.find(candidate => duration % candidate === 0) ?? 1
    const unitBits =
      this.#units.cost(unit, contextOf(8, name, resources[row]), contextOf(8, resources[row]), 1) +
      (this.#units.isNew ? 3 : 0)
    const costs = [
      this.#numbers.cost(duration / unit, contextOf(9, name, statuses[row], unit), contextOf(10, name, unit)),
    ]
    if (parent >= 0) {
      const room = this.#steps(ends[parent], starts[row], unit)
      costs.push(
        this.#numbers.cost(room - duration / unit, contextOf(11, name, names[parent], unit), contextOf(12, name)),
      )
    }
    return unitBits + this.#mixture.cost(contextOf(13, name), costs)
  }

  /** Bits of the time of an event: from the one before it, or the span's start, or back from the span's end. */
  eventCost(timeNanos: bigint, beforeNanos: bigint, endNanos: bigint, name: number, owner: number): number {
    const [after, left] = [Number(timeNanos - beforeNanos), Number(endNanos - timeNanos)]
    const nanos = Number(timeNanos % BigInt(second))
    const unit = units.find(candidate => nanos % candidate === 0) ?? 1
    const unitBits = this.#units.cost(unit, contextOf(14, name, owner), 2) + (this.#units.isNew ? 3 : 0)
    const costs = [Math.floor(after / unit), Math.floor(left / unit)].map((steps, i) =>
      this.#numbers.cost(steps, contextOf(15, i, name, owner, unit), contextOf(16, i, name)),
    )
    return unitBits + this.#mixture.cost(contextOf(17, name, owner), costs)
  }
}
