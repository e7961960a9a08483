import type { Asked } from '../../lib/conformance/api/request.ts'
import type { Outcome } from '../../lib/conformance/api/response.ts'
import { messageOf } from '../../lib/error.ts'

/** Asks the API of a server, and waits for an answer no longer than that. */
export type Ask = (asked: Asked) => Promise<Outcome>

export function askerOf(url: string, timeoutMillis: number): Ask {
  const base = url.replace(/\/+$/, '')
  return async ({ path, accept }) => {
    try {
      const signal = AbortSignal.timeout(timeoutMillis)
      const response = await fetch(`${base}${path}`, { headers: { accept }, signal, redirect: 'manual' })
      const body = Buffer.from(await response.arrayBuffer())
      const contentType = (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
      return { kind: 'answered', response: { status: response.status, contentType, body } }
    } catch (error) {
      const isSlow = (error as Error).name === 'TimeoutError'
      if (isSlow) return { kind: 'slow', reason: `no answer within ${timeoutMillis} ms` }
      return { kind: 'dropped', reason: messageOf((error as Error).cause ?? error) }
    }
  }
}
