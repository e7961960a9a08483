import { readFileSync } from 'node:fs'
import { type RoleName, roleNames } from '../../../lib/cluster/roles/config.ts'
import { getOrInsert } from '../../../lib/maps.ts'
import type { Stack } from '../../stack/stack.ts'
import { parseSamples, type Sample, totalOf } from './samples.ts'

const everyMillis = 1_000
/** Of /proc: what a clock tick is on every Linux that Node runs on. */
const ticksPerSecond = 100

/** The metrics of all roles at one time, one list per process. */
export type Scrape = ReadonlyMap<RoleName, readonly (readonly Sample[])[]>

/** A moment of the lag of a partition. */
export interface LagPoint {
  readonly seconds: number
  readonly partition: string
  readonly records: number
}

/** Looks at the metrics of all roles of a stack, once a second until it is stopped. */
export class Watch {
  readonly lag: LagPoint[] = []
  /** How often all were asked. */
  lookCount = 0
  readonly #stack: Stack
  readonly #peaks = new Map<RoleName, number>()
  readonly #startMillis = performance.now()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<unknown> = Promise.resolve()

  constructor(stack: Stack) {
    this.#stack = stack
    this.start()
  }

  /** Looks again, after `stop`. */
  start(): void {
    const look = () => {
      this.#looking = this.scrape()
        .catch(() => {})
        .finally(() => {
          if (this.#timer !== undefined) this.#timer = setTimeout(look, everyMillis)
        })
    }
    this.#timer = setTimeout(look, 0)
  }

  /** What they say now. */
  async scrape(): Promise<Scrape> {
    this.lookCount++
    const found = new Map<RoleName, Sample[][]>(roleNames.map(role => [role, []]))
    await Promise.all(
      this.#stack.processes.map(async one => {
        const samples = parseSamples(await one.get('/metrics'))
        getOrInsert(found, one.role, () => []).push(samples)
        const bytes = totalOf(samples, 'process_resident_memory_bytes')
        this.#peaks.set(one.role, Math.max(bytes, this.#peaks.get(one.role) ?? 0))
      }),
    )
    this.#noteLag(found.get('query-frontend')?.[0] ?? [])
    return found
  }

  /** The largest memory of any process of a role so far, in bytes. */
  peakBytes(role: RoleName): number {
    return this.#peaks.get(role) ?? 0
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#looking
  }

  #noteLag(samples: readonly Sample[]): void {
    const seconds = (performance.now() - this.#startMillis) / 1e3
    for (const { name, labels, value } of samples)
      if (name === 'tempo_ingest_group_partition_lag')
        this.lag.push({ seconds, partition: labels.partition ?? '', records: value })
  }
}

/** What all processes of a role have used or counted between two scrapes. */
export function between(
  before: Scrape,
  after: Scrape,
  role: RoleName,
  name: string,
  labels?: Parameters<typeof totalOf>[2],
): number {
  const at = (scrape: Scrape) => (scrape.get(role) ?? []).reduce((sum, own) => sum + totalOf(own, name, labels), 0)
  return at(after) - at(before)
}

/** CPU seconds so far of a process and those that it has started; 0 where the system does not tell. */
export function cpuSecondsBelow(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    const own = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
    return children.reduce((sum, child) => sum + cpuSecondsBelow(Number(child)), own)
  } catch {
    return 0
  }
}
