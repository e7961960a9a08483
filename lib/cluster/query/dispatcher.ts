import { createHash } from 'node:crypto'
import { askInTurn } from './ask-in-turn.ts'
import type { Job, JobResult } from './job.ts'
import { idOf } from './place.ts'
import type { Querier } from './querier.ts'
import { GoneError, type RemoteQuerier } from './remote-querier.ts'
import { Resting } from './resting.ts'

export interface DispatcherConfig {
  /** A job that has not ended after so long is given to another querier as well. */
  readonly hedgeMillis: number
}

export interface DispatcherCounters {
  jobs: number
  /** Given to another querier since one was gone, or slow. */
  retries: number
  hedges: number
  /** Done here, as no querier was left. */
  localJobs: number
}

/** Queriers that are tried for one job. */
const maxTries = 3

/** Gives jobs to queriers: those about the same places to the same ones, as long as these answer. */
export class Dispatcher {
  readonly counters: DispatcherCounters = { jobs: 0, retries: 0, hedges: 0, localJobs: 0 }
  readonly #here: RemoteQuerier
  readonly #hedgeMillis: number
  readonly #resting = new Resting()

  /** `local` does what no querier does in time. */
  constructor(local: Querier, { hedgeMillis }: DispatcherConfig) {
    this.#hedgeMillis = hedgeMillis
    this.#here = {
      name: 'here',
      run: (job, signal) => {
        this.counters.localJobs++
        return local.run(job, signal)
      },
    }
  }

  /** Does a job by one of some queriers, or here. */
  async run(job: Job, queriers: readonly RemoteQuerier[], signal: AbortSignal): Promise<JobResult> {
    signal.throwIfAborted()
    this.counters.jobs++
    const rested = inOrderFor(job, queriers).filter(({ name }) => !this.#resting.has(name))
    const tried = rested.slice(0, maxTries)
    const stop = new AbortController()
    try {
      return await this.#race(job, [...tried, this.#here], AbortSignal.any([signal, stop.signal]))
    } finally {
      stop.abort()
    }
  }

  /** The result of the first that gives one; the next is asked once one is gone, or slow. */
  async #race(job: Job, queriers: readonly RemoteQuerier[], signal: AbortSignal): Promise<JobResult> {
    const underWay = new Set<RemoteQuerier>()
    let result: JobResult | undefined
    const ask = async (querier: RemoteQuerier) => {
      underWay.add(querier)
      try {
        const own = await querier.run(job, signal)
        result ??= own
      } catch (error) {
        if (!(error instanceof GoneError) || signal.aborted) throw error
        this.#resting.rest(querier.name)
        this.counters.retries++
        return false
      } finally {
        underWay.delete(querier)
      }
      // Those that were asked before it are slow.
      for (const { name } of underWay) this.#resting.rest(name)
      return true
    }
    const slow = () => {
      this.counters.hedges++
    }
    await askInTurn(queriers, ask, this.#hedgeMillis, slow)
    return result!
  }
}

/** The queriers by how a job would have them: another one more or less changes few of the first places. */
function inOrderFor({ portion }: Job, queriers: readonly RemoteQuerier[]): RemoteQuerier[] {
  const first = portion.places.length === 0 ? '' : idOf(portion.places[0]!)
  const key = portion.kind === 'own' && portion.within ? `${first} ${portion.within.start}` : first
  const weighed = queriers.map(querier => ({
    querier,
    weight: createHash('sha1').update(`${querier.name} ${key}`).digest('hex'),
  }))
  return weighed.sort((a, b) => (a.weight < b.weight ? -1 : 1)).map(({ querier }) => querier)
}
