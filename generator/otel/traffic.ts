import type { Random } from '../random.ts'
import { exponentialSteps, exponentialTable } from '../tables.ts'
import { usual } from '../timing.ts'

/** The mean time from a trace to the next, in milliseconds, by hour of the day (UTC). */
const gapMillis = [
  1500, 1800, 2100, 2200, 2000, 1600, 1200, 900, 720, 640, 600, 580, 540, 560, 600, 620, 600, 540, 460, 400, 420, 560,
  800, 1150,
]
const hourNanos = 3_600e9
const startHour = 8
/** What the services keep up with. */
const capacityMillis = 330
const mostQuarters = 16

/** When traces begin. Times are nanoseconds since the midnight of the run's first day. */
export class Traffic {
  readonly #random: Random
  #nowNanos = startHour * hourNanos
  /** Of the last gaps, in milliseconds. */
  #recentMillis: number

  constructor(random: Random) {
    this.#random = random
    this.#recentMillis = gapMillis[startHour]
  }

  get nowNanos(): number {
    return this.#nowNanos
  }

  /** The start of the next trace, at a tick of the clock that shows it. */
  next(tickNanos: number): number {
    const stepTicks = Math.floor((this.#meanMillis() * 1e6) / (exponentialSteps * tickNanos))
    const steps = this.#random.draw('arrival', exponentialTable)
    const ticks = steps * stepTicks + this.#random.below('arrival', stepTicks)
    const before = this.#nowNanos
    this.#nowNanos = (Math.ceil(before / tickNanos) + ticks) * tickNanos
    this.#recentMillis += ((this.#nowNanos - before) / 1e6 - this.#recentMillis) / 16
    return this.#nowNanos
  }

  /** How much longer everything takes, in quarters: as in a queue it grows with 1 / (1 - utilisation). */
  load(): number {
    const utilisation = Math.min(0.9, capacityMillis / this.#recentMillis)
    return Math.min(mostQuarters, Math.max(usual, Math.floor((usual * 0.6) / (1 - utilisation))))
  }

  /** From hour to hour in a straight line. */
  #meanMillis(): number {
    const hours = this.#nowNanos / hourNanos
    const hour = Math.floor(hours)
    const [from, to] = [gapMillis[hour % 24], gapMillis[(hour + 1) % 24]]
    return from + (to - from) * (hours - hour)
  }
}
