import { getOrInsert } from '../lib/maps.ts'
import { type DrawTable, tableWeight } from './distribution.ts'
import type { Random } from './random.ts'
import { logTable, powerOfTwo, type Shape } from './tables.ts'

/** Latencies are scaled in quarters: 4 is as it is, 8 twice as long. */
export const usual = 4

/** A latency in ticks of one clock: an index of the table, then a tick of `[edges[index], edges[index + 1])`. */
interface Ticks {
  table: DrawTable
  edges: Float64Array
}

/**
 * A latency that is log-normal with a heavy tail, by tables made when they are first needed: one a clock and a load.
 * Where the clock is coarse, what falls on the same tick is one outcome; above the limit all is.
 */
export class Timing {
  readonly #medianNanos: number
  readonly #shape: DrawTable
  readonly #limitNanos: number
  readonly #ticks = new Map<number, Ticks>()

  constructor(medianNanos: number, shape: Shape, limitNanos = 20e9) {
    this.#medianNanos = medianNanos
    this.#shape = logTable(shape)
    this.#limitNanos = limitNanos
  }

  /** A latency in nanoseconds, a multiple of `unit`. */
  draw(random: Random, field: string, unit: number, quarters = usual): number {
    const { table, edges } = this.#ticksOf(unit, quarters)
    const index = random.draw(field, table)
    const width = edges[index + 1] - edges[index]
    return (edges[index] + (width > 1 ? random.below(field, width) : 0)) * unit
  }

  /** The longest that is drawn. */
  limit(unit: number): number {
    return Math.floor(this.#limitNanos / unit) * unit
  }

  #ticksOf(unit: number, quarters: number): Ticks {
    const key = unit * 1024 + quarters
    return getOrInsert(this.#ticks, key, () =>
      this.#make((this.#medianNanos * quarters) / (usual * unit), Math.floor(this.#limitNanos / unit)),
    )
  }

  /** Buckets without a tick of their own fall to the next one; the limit is the last tick. */
  #make(medianTicks: number, limit: number): Ticks {
    const shape = this.#shape
    const edge = (i: number) => Math.min(limit, Math.floor(medianTicks * powerOfTwo(shape.firstValue + i)))
    const starts: number[] = []
    const edges: number[] = []
    let start = 0
    let end = 0
    for (let i = 0; i < shape.starts.length; i++) {
      const [low, high] = [edge(i), edge(i + 1)]
      if (high === low && low < limit) continue
      if (low === edges.at(-1)) break
      starts.push(start)
      edges.push(low)
      end = high
      start = shape.starts[i] + tableWeight(shape, i)
    }
    edges.push(edges.at(-1) === limit ? limit + 1 : end)
    return { table: { firstValue: 0, starts: Uint32Array.from(starts) }, edges: Float64Array.from(edges) }
  }
}

const shapes = {
  steady: { sigma: 4, tailPerThousand: 10 },
  varied: { sigma: 6, tailPerThousand: 25 },
  wide: { sigma: 9, tailPerThousand: 40 },
} as const

/** A latency by its median in microseconds and how far it spreads. */
export function micros(median: number, shape: keyof typeof shapes = 'varied', limitNanos?: number): Timing {
  return new Timing(median * 1000, shapes[shape], limitNanos)
}

/** A number (of bytes, of rows) by its median and how far it spreads. */
export function amounts(median: number, shape: keyof typeof shapes, limit: number): Timing {
  return new Timing(median, shapes[shape], limit)
}
