import { type FaultLabel, faultNames } from './otel/faults.ts'

/** What can be asked of the generator, without the generator: that takes a while to load. */

export type { FaultLabel }

/** What can go wrong on purpose in each workload, by its name. The first workload is the default. */
export const workloadFaults: Readonly<Record<'otel' | 'classic' | 'agent', readonly string[]>> = {
  otel: faultNames,
  classic: [],
  agent: [],
}

export type WorkloadName = keyof typeof workloadFaults

export const workloadNames = Object.keys(workloadFaults) as readonly WorkloadName[]

/** Traces by the name of the size. */
export const sizes = { small: 100, medium: 1000, big: 10_000, huge: 100_000 } as const

export const defaultSeed = 1
