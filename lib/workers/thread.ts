import type { Transferable, Worker } from 'node:worker_threads'
import { LabError } from '../error.ts'
import {
  type Answered,
  type Order,
  type Outcome,
  type Parcel,
  problemOf,
  type Question,
  type Reply,
  resultOf,
} from './message.ts'
import { startWorker } from './start.ts'
import type { Shared } from './task.ts'

/** Work for a thread, and who waits for it. */
export interface Job {
  readonly number: number
  readonly task: string
  readonly input: Parcel<unknown>
  /** By number. */
  readonly shares: ReadonlyMap<number, Shared>
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** What a thread reports to its pool. */
interface Owner {
  /** A job has ended. */
  free(): void
  /** It takes no more jobs. */
  ended(): void
}

/** One worker, as the main thread sees it. It holds the process only while it has jobs. */
export class Thread {
  readonly #worker: Worker
  readonly #owner: Owner
  readonly #jobs = new Map<number, Job>()
  /** The numbers of what it has been given. */
  readonly #given = new Set<number>()
  readonly #unsent: Answered[] = []
  readonly #transfer: Transferable[] = []

  constructor(owner: Owner) {
    this.#owner = owner
    this.#worker = startWorker()
    this.#worker.unref()
    this.#worker.on('message', (reply: Reply) =>
      'job' in reply ? this.#finish(reply) : reply.questions.forEach(question => void this.#answer(question)),
    )
    this.#worker.on('error', error => this.#fail(`ended by an error: ${error.message}`))
    this.#worker.on('messageerror', error => this.#fail(`sent what cannot be read: ${error.message}`))
    this.#worker.on('exit', code => this.#fail(`ended with exit code ${code}`))
  }

  get jobCount(): number {
    return this.#jobs.size
  }

  start(job: Job): void {
    const { number, task, input, shares } = job
    try {
      for (const [share, { content }] of shares) {
        if (!this.#given.has(share)) this.#post({ share, content })
        this.#given.add(share)
      }
      this.#post({ job: number, task, input: input.value, shares: [...shares.keys()] }, input.transfer)
    } catch (error) {
      job.reject(error)
      return
    }
    this.#jobs.set(number, job)
    this.#worker.ref()
  }

  forget(share: number): void {
    if (this.#given.delete(share)) this.#post({ forget: share })
  }

  async end(): Promise<void> {
    this.#fail('was ended')
    await this.#worker.terminate()
  }

  #post(order: Order, transfer: Parcel<unknown>['transfer'] = []): void {
    this.#worker.postMessage(order, transfer)
  }

  #finish({ job: number, outcome }: { job: number; outcome: Outcome }): void {
    const job = this.#jobs.get(number)
    if (job === undefined) return
    this.#jobs.delete(number)
    if (this.#jobs.size === 0) this.#worker.unref()
    try {
      job.resolve(resultOf(outcome))
    } catch (error) {
      job.reject(error)
    }
    this.#owner.free()
  }

  /** Answers go as they come, those of one turn together: one may wait for what another one's asker does next. */
  async #answer({ number: question, share, content }: Question): Promise<void> {
    let outcome: Outcome
    let transfer: Parcel<unknown>['transfer']
    try {
      const answer = await this.#shared(share).answer!(content as never)
      outcome = { value: answer.value }
      transfer = answer.transfer
    } catch (error) {
      outcome = { problem: problemOf(error) }
    }
    if (this.#unsent.push({ question, outcome }) === 1) setImmediate(() => this.#sendAnswers())
    this.#transfer.push(...(transfer ?? []))
  }

  #sendAnswers(): void {
    this.#post({ answers: this.#unsent.splice(0) }, this.#transfer.splice(0))
  }

  #shared(share: number): Shared {
    const shared = Array.from(this.#jobs.values(), ({ shares }) => shares.get(share)).find(found => found?.answer)
    if (shared === undefined) throw new LabError('invalid', 'workers: a question that no job is left for')
    return shared
  }

  /** Fails all jobs; what the worker did before it died is lost. */
  #fail(what: string): void {
    this.#owner.ended()
    const jobs = [...this.#jobs.values()]
    this.#jobs.clear()
    this.#worker.unref()
    for (const { reject } of jobs)
      reject(new LabError('invalid', `workers: a thread ${what}, before its work was done`))
    this.#owner.free()
  }
}
