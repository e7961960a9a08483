import { ByteBudget } from '../../model/limits.ts'
import { weightedSource } from '../../sampling/weights.ts'
import { portionSource } from '../../search/portions.ts'
import { atMost } from '../../storage/at-most.ts'
import { KnownCells } from '../../traceql/metrics/known-cells.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import { type Job, type JobResult, portionOf } from './job.ts'
import type { OpenedFiles } from './opened.ts'
import { doWork } from './works.ts'

export interface QuerierConfig {
  /** Jobs that are done at the same time; others wait. */
  readonly maxJobs: number
  readonly workers?: WorkerPool | undefined
}

/** What a querier has done. */
export interface QuerierCounters {
  jobs: number
  failedJobs: number
  bytes: number
  /** Under way, or waiting. */
  openJobs: number
}

/** Does jobs: parts of queries over some blocks and pieces, which it keeps open. */
export class Querier {
  readonly opened: OpenedFiles
  readonly counters: QuerierCounters = { jobs: 0, failedJobs: 0, bytes: 0, openJobs: 0 }
  readonly #workers: WorkerPool | undefined
  /** What blocks and pieces gave to panels that are asked again: 40 MB at most. */
  readonly #knownCells = new KnownCells()
  readonly #turn: <T>(run: () => Promise<T>) => Promise<T>

  constructor(opened: OpenedFiles, { maxJobs, workers }: QuerierConfig) {
    this.opened = opened
    this.#workers = workers
    this.#turn = atMost(maxJobs)
  }

  /** Does a job; ends with the signal, or when its time is over. */
  async run(job: Job, asker: AbortSignal): Promise<JobResult> {
    const { counters } = this
    const signal = AbortSignal.any([asker, AbortSignal.timeout(job.timeoutMillis)])
    const budget = new ByteBudget(job.maxBytes)
    counters.openJobs++
    try {
      return await this.#turn(async () => {
        signal.throwIfAborted()
        const sources = await Promise.all(job.portion.places.map(place => this.opened.source(place)))
        const source = weightedSource(portionSource(portionOf(job.portion, sources)))
        const limits = { signal, budget, workers: this.#workers }
        const results = await doWork(source, job.work, limits, this.#knownCells)
        return { results, spentBytes: budget.spentBytes }
      })
    } catch (error) {
      counters.failedJobs++
      throw error
    } finally {
      counters.openJobs--
      counters.jobs++
      counters.bytes += budget.spentBytes
    }
  }
}
