import { createHash } from 'node:crypto'
import type { Job, JobResult } from './job.ts'
import { idOf } from './place.ts'
import type { Querier } from './querier.ts'
import { GoneError, type RemoteQuerier } from './remote-querier.ts'

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
/** One that was gone or slow is not asked for so long, while there are others. */
const restMillis = 5_000

/** Gives jobs to queriers: those about the same places to the same ones, as long as these answer. */
export class Dispatcher {
  readonly counters: DispatcherCounters = { jobs: 0, retries: 0, hedges: 0, localJobs: 0 }
  readonly #here: RemoteQuerier
  readonly #hedgeMillis: number
  readonly #restUntil = new Map<string, number>()

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
    const isRested = ({ name }: RemoteQuerier) => (this.#restUntil.get(name) ?? 0) <= performance.now()
    const tried = inOrderFor(job, queriers).filter(isRested).slice(0, maxTries)
    const stop = new AbortController()
    try {
      return await this.#race(job, [...tried, this.#here], AbortSignal.any([signal, stop.signal]))
    } finally {
      stop.abort()
    }
  }

  /** The result of the first that gives one; the next is asked once one is gone, or slow. */
  #race(job: Job, queriers: readonly RemoteQuerier[], signal: AbortSignal): Promise<JobResult> {
    const left = [...queriers]
    const underWay = new Set<RemoteQuerier>()
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const end = (give: () => void) => {
        clearTimeout(timer)
        give()
      }
      // What a querier throws at once is an error like any other.
      const runOf = async (querier: RemoteQuerier) => querier.run(job, signal)
      const ended = (querier: RemoteQuerier, result: JobResult) => {
        underWay.delete(querier)
        // Those that were asked before it are slow.
        for (const slow of underWay) this.#rest(slow)
        end(() => resolve(result))
      }
      const failed = (querier: RemoteQuerier, error: unknown) => {
        underWay.delete(querier)
        if (!(error instanceof GoneError) || signal.aborted) return end(() => reject(error))
        this.#rest(querier)
        this.counters.retries++
        next()
      }
      const next = () => {
        clearTimeout(timer)
        const querier = left.shift()
        if (querier === undefined) return
        underWay.add(querier)
        runOf(querier).then(
          result => ended(querier, result),
          error => failed(querier, error),
        )
        if (left.length > 0) timer = setTimeout(hedge, this.#hedgeMillis)
      }
      const hedge = () => {
        this.counters.hedges++
        next()
      }
      next()
    })
  }

  #rest({ name }: RemoteQuerier): void {
    this.#restUntil.set(name, performance.now() + restMillis)
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
