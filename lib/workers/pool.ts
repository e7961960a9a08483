import { availableParallelism } from 'node:os'
import { LabError } from '../error.ts'
import type { Parcel } from './message.ts'
import type { Shared, Task } from './task.ts'
import { type Job, Thread } from './thread.ts'

/**
 * For scans. Measured in fresh processes with 1.6 million spans: a count takes 0.70 s in one thread and 0.47 s in the
 * busiest of three, but 1.8 times as much CPU in all; a search by a structure 0.34 and 0.31 s, and 1.6 times as much.
 * So two cores that have nothing else to do gain from about 4 million spans on.
 */
const defaultMinSpans = 4_000_000

/** Jobs of one thread: the next one is there when one ends, or waits for an answer. */
const jobsPerThread = 2

/**
 * Threads that do work for this one: how large encodings, decodings and scans use all cores.
 *
 * - What is asked is a `Task`, typed by what it takes, shares and gives, and named in the table of lib/worker.ts. The
 *   units of the formats are its units: a page group at a time, whose bytes are transferred, not copied. What many jobs
 *   need, such as a table of contents or a query, is `Shared`: sent to each worker once.
 * - All input and output stays in the main thread: workers ask it. So what is read, its order and its limits are those
 *   of one thread, and a store of any kind can be read.
 * - Results are taken in the order of the jobs (`inOrder`), whichever ends first: sums of doubles, orders of series and
 *   of traces, and bytes do not depend on the number of workers. Only so many jobs are under way that memory stays bounded.
 * - What is thrown in a worker is thrown here, a `LabError` with its kind and place. A worker that dies fails its jobs.
 * - A thread is started by the first job that no other is free for, and holds the process only while it works.
 * - What does not pay stays in the thread that asks (`minSpans`): nothing is started for it.
 */
export class WorkerPool {
  /** No more threads than this. */
  readonly count: number
  /** Work on fewer spans is done without it. */
  readonly minSpans: number
  readonly #threads = new Set<Thread>()
  readonly #waiting: Job[] = []
  readonly #shareNumbers = new WeakMap<Shared, number>()
  readonly #forgotten = new FinalizationRegistry<number>(share => {
    for (const thread of this.#threads) thread.forget(share)
  })
  #alone: WorkerPool | undefined
  #jobCount = 0
  #shareCount = 0

  constructor(count: number = availableParallelism(), minSpans: number = defaultMinSpans) {
    this.count = count
    this.minSpans = minSpans
  }

  /** How many jobs keep all threads at work. */
  get width(): number {
    return this.count * jobsPerThread
  }

  /** One thread more, for jobs that each depend on those before: it does them in their order. It ends with this pool. */
  get alone(): WorkerPool {
    this.#alone ??= new WorkerPool(1, this.minSpans)
    return this.#alone
  }

  /** What a worker makes of the input. Buffers to transfer are not to be used here any more. */
  run<Input, Shares extends readonly Shared[], Result>(
    task: Task<Input, Shares, Result>,
    input: Parcel<Input>,
    ...shares: Shares
  ): Promise<Result> {
    return new Promise<unknown>((resolve, reject) => {
      const numbered = new Map(shares.map(share => [this.#numberOf(share), share]))
      this.#waiting.push({ number: this.#jobCount++, task: task.name, input, shares: numbered, resolve, reject })
      this.#assign()
    }) as Promise<Result>
  }

  /** Ends the threads; work that is not done fails. */
  async close(): Promise<void> {
    for (const { reject } of this.#waiting.splice(0))
      reject(new LabError('invalid', 'workers: closed before the work was done'))
    await Promise.all([...Array.from(this.#threads, thread => thread.end()), this.#alone?.close()])
  }

  #numberOf(share: Shared): number {
    let number = this.#shareNumbers.get(share)
    if (number === undefined) {
      number = this.#shareCount++
      this.#shareNumbers.set(share, number)
      this.#forgotten.register(share, number)
    }
    return number
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#freeThread()
      if (thread === undefined) return
      thread.start(this.#waiting.shift()!)
    }
  }

  /** The thread with the fewest jobs; a new one where all have some. */
  #freeThread(): Thread | undefined {
    const [first] = [...this.#threads].sort((a, b) => a.jobCount - b.jobCount)
    if (first !== undefined && (first.jobCount === 0 || this.#threads.size >= this.count))
      return first.jobCount < jobsPerThread ? first : undefined
    const thread: Thread = new Thread({ free: () => this.#assign(), ended: () => this.#threads.delete(thread) })
    this.#threads.add(thread)
    return thread
  }
}
