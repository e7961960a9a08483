import { type ErrorKind, LabError, messageOf } from '../../error.ts'
import { StaleError } from '../../serve/api/answer.ts'
import { decodeResult, encodeJob, type Job, type JobResult } from './job.ts'

/** A querier, as a frontend sees it. */
export interface RemoteQuerier {
  readonly name: string
  /** Fails with a `GoneError` where another one may do the job. */
  run(job: Job, signal: AbortSignal): Promise<JobResult>
}

/** A querier does not answer, or cannot. */
export class GoneError extends Error {}

export const jobPath = '/querier/job'
/** Statuses by which a querier says what became of a job; all others are those of one that is not well. */
export const jobStatus = { failed: 422, stale: 410 }

/** What a querier says of a job that failed. */
export interface JobFailure {
  readonly kind: ErrorKind
  readonly message: string
}

/** The querier at an address. */
export function httpQuerier(name: string, address: string): RemoteQuerier {
  return {
    name,
    async run(job, signal) {
      const response = await ask(address, job, signal)
      if (response.ok)
        return unlessGone(address, signal, async () => decodeResult(await bodyOf(response, address, signal)))
      const text = Buffer.from(await bodyOf(response, address, signal)).toString()
      if (response.status === jobStatus.stale) throw new StaleError(text)
      if (response.status !== jobStatus.failed) throw new GoneError(`${address}: ${response.status} ${text}`)
      const { kind, message } = JSON.parse(text) as JobFailure
      throw new LabError(kind, message)
    },
  }
}

async function ask(address: string, job: Job, signal: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/octet-stream' }
  return unlessGone(address, signal, () =>
    fetch(`${address}${jobPath}`, { method: 'POST', headers, body: new Uint8Array(encodeJob(job)), signal }),
  )
}

function bodyOf(response: Response, address: string, signal: AbortSignal): Promise<Uint8Array> {
  return unlessGone(address, signal, async () => new Uint8Array(await response.arrayBuffer()))
}

async function unlessGone<T>(address: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    signal.throwIfAborted()
    throw new GoneError(`${address}: ${messageOf((error as { cause?: unknown }).cause ?? error)}`)
  }
}
