import { highestBit } from './numbers.ts'
import type { Plan } from './topology.ts'

/** Whole nanoseconds that times are multiples of. */
export const units: readonly number[] = [1, 256, 1000, 1_000_000, 1_000_000_000]

/** What a start is encoded relative to: the parent's start, the end of the sibling before, or its start. */
export const startModes = 3
/** What a duration is encoded relative to: nothing, the parent's duration, the parent's end, or the sibling's duration. */
export const durationModes = 4
/** What an event's time is encoded relative to: its span's start, the event before, or the span's end. */
export const eventModes = 3

/** Times beyond this many nanoseconds from their trace's anchor are kept whole. */
export const timeLimit: number = 2 ** 47

/** Starts after the anchor and durations of a trace's spans, by row. */
export interface Times {
  readonly starts: Float64Array
  readonly durations: Float64Array
}

/** What the start of `row` should be near to, by `mode`; all that comes before it in the plan is known. */
export function expectedStart(mode: number, row: number, { bases, previous }: Plan, times: Times): number {
  const sibling = previous[row]!
  if (mode > 0 && sibling >= 0) return times.starts[sibling]! + (mode === 1 ? times.durations[sibling]! : 0)
  const base = bases[row]!
  return base >= 0 ? times.starts[base]! : 0
}

/** The same for the duration; the start of `row` is known. */
export function expectedDuration(mode: number, row: number, { bases, previous }: Plan, times: Times): number {
  if (mode === 0) return 0
  if (mode === 3) {
    const sibling = previous[row]!
    return sibling >= 0 ? times.durations[sibling]! : 0
  }
  const base = bases[row]!
  if (base < 0) return 0
  return mode === 1 ? times.durations[base]! : times.starts[base]! + times.durations[base]! - times.starts[row]!
}

/** Bits that a difference takes, nearly; made from whole numbers, so the same on every machine. */
function bitsOf(difference: number): number {
  const size = 1 + Math.abs(difference)
  const bits = highestBit(size)
  return bits + size / 2 ** bits
}

/** Chooses for each of many nodes, which see the same kind of differences, the mode with the fewest bits. */
export class ModeChooser {
  readonly #modeCount: number
  readonly #bits: Float64Array

  constructor(nodeCount: number, modeCount: number) {
    this.#modeCount = modeCount
    this.#bits = new Float64Array(nodeCount * modeCount)
  }

  add(node: number, mode: number, difference: number): void {
    this.#bits[node * this.#modeCount + mode]! += bitsOf(difference)
  }

  /** By node; the lowest of equal modes. */
  choose(): Uint8Array {
    const nodeCount = this.#bits.length / this.#modeCount
    return Uint8Array.from({ length: nodeCount }, (_, node) => {
      const costs = this.#bits.subarray(node * this.#modeCount, (node + 1) * this.#modeCount)
      return costs.indexOf(Math.min(...costs))
    })
  }
}

/** The largest unit for each node that divides all of its values, as its index in `units`. */
export function chooseUnits(nodeCount: number, nodes: ArrayLike<number>, values: Float64Array): Uint8Array {
  // A bit a unit: not every unit divides the next, so a unit that fails one value is out for good.
  const left = new Uint8Array(nodeCount).fill((1 << units.length) - 1)
  const chosen = new Uint8Array(nodeCount).fill(units.length - 1)
  for (let i = 0; i < values.length; i++) {
    const node = nodes[i]!
    for (let unit = chosen[node]!; unit > 0; unit--)
      if (values[i]! % units[unit]! !== 0) left[node] = left[node]! & ~(1 << unit)
    chosen[node] = 31 - Math.clz32(left[node]!)
  }
  return chosen
}
