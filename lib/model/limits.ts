import { LabError } from '../error.ts'
import type { WorkerPool } from '../workers/pool.ts'

/** What answering a request may take. Sources check it before they read, and the engine before each batch. */
export interface Limits {
  /** The work fails with its reason once it is aborted: by a caller, or by time (`AbortSignal.timeout`). */
  readonly signal?: AbortSignal | undefined
  /** Shared by all that counts against it: the pages of all sources and pipelines of a query. */
  readonly budget?: ByteBudget | undefined
  /** Threads that may help with what is large enough. The answer does not depend on how many there are. */
  readonly workers?: WorkerPool | undefined
}

/** Bytes that may be read of storage. What a source keeps between requests, its indexes and dictionaries, does not count. */
export class ByteBudget {
  readonly maxBytes: number
  #left: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
    this.#left = maxBytes
  }

  get spentBytes(): number {
    return this.maxBytes - this.#left
  }

  /** Fails with a LabError of kind `limit` where so many bytes are more than what is left. */
  spend(byteLength: number): void {
    this.#left -= byteLength
    if (this.#left < 0)
      throw new LabError(
        'limit',
        `answering takes more than the limit of ${this.maxBytes} bytes read: narrow the question`,
      )
  }
}

/** Fails where the limits do not allow to read so many bytes. */
export function checkLimits(limits: Limits | undefined, byteLength = 0): void {
  limits?.signal?.throwIfAborted()
  limits?.budget?.spend(byteLength)
}

/** The same, that ends once the signal is given, whatever `work` does. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
