import type { z } from 'zod'
import type { Range } from '../../bytes/range.ts'
import { clip, LabError, messageOf, naming } from '../../error.ts'
import { checkShape, parseJson } from '../../storage/json.ts'
import { endBytes, openRemote } from '../../storage/remote.ts'
import type { BlobReader } from '../../storage/store.ts'
import type { LiveReplica } from '../query/live-stores.ts'
import {
  answerSchema,
  type LiveAnswer,
  type LivePiece,
  type LiveStatus,
  type LiveTenants,
  statusSchema,
  tenantsSchema,
} from './answer.ts'

/** A range of a piece takes no longer. */
const readMillis = 30_000

/** A live store on another machine. What it does not have any more, or does not answer, is a `missing` error. */
export class LiveClient implements LiveReplica {
  readonly partition: number
  /** `http://host:port`, and a path where several live stores share that. */
  readonly address: string

  constructor(partition: number, address: string) {
    this.partition = partition
    this.address = address
  }

  pieces(tenant: string, from: number, signal: AbortSignal): Promise<LiveAnswer> {
    return this.#json(answerSchema, `/live/pieces?${new URLSearchParams({ tenant, from: String(from) })}`, signal)
  }

  status(signal: AbortSignal): Promise<LiveStatus> {
    return this.#json(statusSchema, '/live/status', signal)
  }

  tenants(from: number, signal: AbortSignal): Promise<LiveTenants> {
    return this.#json(tenantsSchema, `/live/tenants?from=${from}`, signal)
  }

  async open({ id, meta: { size } }: LivePiece): Promise<BlobReader> {
    const readRange = (range: Range) => this.#range(`/live/pieces/${id}`, range)
    const end = { start: Math.max(0, size - endBytes), end: size }
    return openRemote({ ...end, bytes: await readRange(end) }, readRange)
  }

  async #json<T>(schema: z.ZodType<T>, path: string, signal: AbortSignal): Promise<T> {
    const bytes = await this.#get(path, { signal })
    return checkShape(schema, parseJson(bytes, `${this.address}${path}`), `${this.address}${path}`)
  }

  async #range(path: string, { start, end }: Range): Promise<Uint8Array> {
    if (start === end) return new Uint8Array(0)
    const headers = { range: `bytes=${start}-${end - 1}` }
    const bytes = await this.#get(path, { headers, signal: AbortSignal.timeout(readMillis) })
    if (bytes.length === end - start) return bytes
    throw new LabError(
      'truncated',
      `${this.address}${path}: ${end - start} bytes were asked for, found ${bytes.length}`,
    )
  }

  #get(path: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Uint8Array> {
    return naming(`${this.address}${clip(path)}`, async () => {
      try {
        const response = await fetch(`${this.address}${path}`, init)
        if (response.ok) return new Uint8Array(await response.arrayBuffer())
        const [line = ''] = (await response.text()).split('\n', 1)
        throw new LabError(response.status === 404 ? 'missing' : 'invalid', `${response.status}: ${line.slice(0, 300)}`)
      } catch (error) {
        if (error instanceof LabError) throw error
        const { cause = error } = error as Error
        throw new LabError('missing', `does not answer: ${messageOf(cause)}`, { cause: error })
      }
    })
  }
}
