import { FloorMeter } from '../floor-meter.ts'
import { Random } from '../random.ts'
import { usual } from '../timing.ts'
import { Words } from '../words.ts'
import { Faults } from './faults.ts'
import { buildFleet, type Fleet } from './fleet.ts'
import { Catalogue } from './people.ts'
import { Queue } from './queue.ts'

/** All that outlives a trace. */
export interface World {
  /** Counted draws, of what the data shows. */
  readonly random: Random
  /** Draws of what it does not. */
  readonly hidden: Random
  readonly words: Words
  readonly fleet: Fleet
  readonly catalogue: Catalogue
  readonly faults: Faults
  /** Orders that wait for the warehouse. */
  readonly orders: Queue
  /** How much longer everything takes under the current load, in quarters. */
  load: number
}

export interface WorldOptions {
  traceCount: number
  seed: number
  faults: readonly string[]
}

export function createWorld({ traceCount, seed, faults }: WorldOptions, floor: FloorMeter): World {
  const random = new Random(seed, floor)
  const hidden = new Random(2 ** 53 - 1 - seed, new FloorMeter())
  const words = new Words(floor)
  return {
    random,
    hidden,
    words,
    fleet: buildFleet(hidden),
    catalogue: new Catalogue(seed, random, words),
    faults: new Faults(faults, traceCount),
    orders: new Queue(),
    load: usual,
  }
}
