import { randomUUID } from 'node:crypto'
import { LabError, messageOf } from '../../error.ts'
import { keyOf, removeParts } from '../../serve/blocks/blocks.ts'
import { compactBlocks } from '../../serve/blocks/maintain.ts'
import { type BlockMeta, metaName, printMeta } from '../../serve/blocks/meta.ts'
import { planBlocks } from '../../serve/blocks/plan.ts'
import { putBytes } from '../../storage/store.ts'
import type { Commit } from '../commits/commit.ts'
import { pause } from '../pause.ts'
import { Garbage, markReplaced } from './garbage.ts'
import { ownerOf } from './owner.ts'
import { type Clock, systemClock, type WorkerConfig, WorkerCounters, type WorkerPlaces } from './places.ts'

/** How often it is looked what is due. */
const passMillis = 10_000
/** How often all objects are listed, to find what is missing or left over. */
const listMillis = 300_000
/** Blocks of a compaction that failed are left out of others for so long, which go on without them. */
const asideMillis = 600_000

type Job = readonly BlockMeta[]

/**
 * Compacts and deletes the blocks of a cluster, whatever other workers do. It holds nothing but how long it has seen what
 * is left over: where its work ends at any point, any worker goes on.
 */
export class BackendWorker {
  readonly counters: WorkerCounters = new WorkerCounters()
  readonly #places: WorkerPlaces
  readonly #config: WorkerConfig
  readonly #clock: Clock
  readonly #garbage: Garbage
  #listedMillis = Number.NEGATIVE_INFINITY
  /** By block until when it is left out, as a compaction with it failed. */
  readonly #aside = new Map<string, number>()

  constructor(places: WorkerPlaces, config: WorkerConfig, clock: Clock = systemClock) {
    this.#places = places
    this.#config = config
    this.#clock = clock
    this.#garbage = new Garbage(places, config, this.counters, clock)
  }

  /** Works until it is aborted. Fails where it cannot go on: what says which blocks count is damaged. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isMoreDue = await this.pass(signal)
      if (!isMoreDue) await pause(passMillis, signal)
    }
  }

  /** Does what is due, of the compactions one; true where more are. */
  async pass(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#places.chain.refresh()
    } catch (error) {
      if (error instanceof LabError && error.kind === 'corrupt') throw error
      this.#failed('the commits', error)
      return false
    }
    await this.#try('retention', () => this.#expire())
    if (this.#clock.elapsed() - this.#listedMillis >= listMillis) {
      this.#listedMillis = this.#clock.elapsed()
      await this.#try('what is left over', () => this.#garbage.pass())
    }
    await this.#try('a snapshot', () => this.#places.chain.snapshot())
    return (await this.#try('compaction', () => this.#compactNext(signal))) ?? false
  }

  async #try<T>(subject: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#failed(subject, error)
      return undefined
    }
  }

  #failed(subject: string, error: unknown): void {
    this.counters.failures++
    this.#places.warn(`${subject}: ${messageOf(error)}`)
  }

  /** What is due of each tenant's blocks, without those that are left out for now. */
  #plans() {
    const { chain } = this.#places
    const now = this.#clock.elapsed()
    for (const [id, until] of this.#aside) if (until <= now) this.#aside.delete(id)
    return [...chain.state.tenants()].map(tenant => {
      const metas = chain.state.blocksOf(tenant).filter(({ blockID }) => !this.#aside.has(blockID))
      return planBlocks(metas, this.#clock.now(), this.#config.compaction)
    })
  }

  /** Commits that blocks count no more which are older than is wanted. */
  async #expire(): Promise<void> {
    const expired = this.#plans().flatMap(plan => plan.expired)
    if (expired.length === 0 || !(await this.#owns())('retention')) return
    if (await this.#overtaken({ removes: expired.map(({ blockID }) => blockID) })) return
    this.counters.expiredBlocks += expired.length
    for (const meta of expired) await markReplaced(this.#places.store, meta, printMeta(meta))
  }

  /** Does one of the compactions that are this worker's; true where there may be another. */
  async #compactNext(signal: AbortSignal): Promise<boolean> {
    const jobs = this.#plans().flatMap(plan => plan.jobs)
    if (jobs.length === 0) return false
    const owns = await this.#owns()
    const own = jobs.filter(job => owns(this.#nameOf(job)))
    // Those who see others' lives otherwise are unlikely to take the same one.
    const job = own[Math.floor(Math.random() * own.length)]
    if (job === undefined || signal.aborted) return false
    try {
      await this.#compact(job, signal)
    } catch (error) {
      if (signal.aborted) return false
      const until = this.#clock.elapsed() + asideMillis
      for (const { blockID } of job) this.#aside.set(blockID, until)
      this.#failed(`compaction of ${job.length} blocks of tenant ${job[0]!.tenantID}`, error)
    }
    return true
  }

  async #compact(job: Job, signal: AbortSignal): Promise<void> {
    const { store } = this.#places
    const meta = await compactBlocks(store, job, this.#config.encoding, signal, randomUUID())
    if (await this.#overtaken({ adds: [meta], removes: meta.replaces }))
      // It was never committed, and will not be.
      return removeParts(store, meta)
    this.counters.compactions++
    this.counters.compactedBlocks += job.length
    await this.#try('meta.json', async () => {
      await putBytes(store, keyOf(meta, metaName), printMeta(meta))
      for (const input of job) await markReplaced(store, input, printMeta(input))
    })
  }

  /** Commits a change of blocks; true where others were first with what contradicts it. */
  async #overtaken(change: Partial<Commit>): Promise<boolean> {
    const writer = this.#config.instance
    const problem = await this.#places.chain.commit({ writer, log: [], adds: [], removes: [], discards: [], ...change })
    if (problem !== undefined) this.counters.overtaken++
    return problem !== undefined
  }

  /** Which work is this one's: of the workers that live each has a part, or all where it is not known to live. */
  async #owns(): Promise<(work: string) => boolean> {
    const names = (await this.#places.members?.()) ?? []
    const { instance } = this.#config
    return work => !names.includes(instance) || ownerOf(work, names) === instance
  }

  /** The same for all compactions that may follow one another, of which another one may begin before this one ends. */
  #nameOf(job: Job): string {
    const { tenantID, receivedTime } = job[0]!
    const window = Math.floor(Date.parse(receivedTime) / this.#config.compaction.windowMillis)
    const level = Math.max(...job.map(({ compactionLevel }) => compactionLevel))
    return `${tenantID}/${window}/${level}`
  }
}
