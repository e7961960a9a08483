import type { FastifyInstance } from 'fastify'
import { getOrInsert } from '../../maps.ts'
import { abortable, ByteBudget } from '../../model/limits.ts'
import type { SpanSource } from '../../model/scan.ts'
import { KnownCells } from '../../traceql/metrics/known-cells.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import type { QueryResult, ServerMetrics } from '../metrics.ts'
import type { StatusPrinter, StatusSource } from '../status/status.ts'
import type { Tenancy } from '../tenant.ts'
import type { Page } from './page.ts'
import { Parameters } from './parameters.ts'
import type { Answer, Route } from './route.ts'

/** The bounds of a query. */
export interface QueryLimits {
  /** It ends after so long. */
  readonly timeoutMillis: number
  /** It reads no more than this of storage. */
  readonly maxBytes: number
}

/** What the API answers from, and within which bounds. */
export interface ApiConfig extends QueryLimits {
  /** All spans of some tenants. */
  source(tenants: readonly string[], asking: Asking): Promise<SpanSource>
  /** Shown at `/`. */
  readonly page?: Page | undefined
  readonly version: string
  readonly revision: string
  readonly workers?: WorkerPool | undefined
  readonly tenancy?: Tenancy | undefined
  /** Why queries have to wait, for `/ready`; undefined where they need not. */
  notReady?(): string | undefined
  /** Shown at `/metrics`. */
  readonly metrics?: ServerMetrics | undefined
  /** The configuration that holds, shown at `/status/config`. */
  readonly configText?: string | undefined
  /** What the server says of itself, below `/status`, and how it is printed. */
  readonly status?: StatusSource | undefined
  readonly statusPrinter?: StatusPrinter | undefined
  /** Adds routes beside those of the API. */
  addRoutes?(app: FastifyInstance): void
}

/** For what a source is asked for. */
export interface Asking {
  /** Aborted when the answer is not wanted any more. */
  readonly signal: AbortSignal
  /** True where the one before was stale. */
  readonly isAgain: boolean
}

/** What a source had when it was made has gone meanwhile: who asks anew finds its spans elsewhere. */
export class StaleError extends Error {}

/** A question as it came. */
export interface Asked {
  readonly tenants: readonly string[]
  readonly path: Readonly<Record<string, string>>
  readonly parameters: URLSearchParams
  /** Aborted when the client is. */
  readonly gone: AbortSignal
}

/** The time of a query is over. */
export class LateError extends Error {}

/** By server: what its panels have found out. */
const knownCells = new WeakMap<ApiConfig, KnownCells>()

/** Answers within the bounds. Fails with a LabError, a LateError, or the reason why the client is gone. */
export async function answerRoute(route: Route, config: ApiConfig, asked: Asked): Promise<Answer> {
  const late = AbortSignal.timeout(config.timeoutMillis)
  const limits = {
    signal: AbortSignal.any([asked.gone, late]),
    budget: new ByteBudget(config.maxBytes),
    workers: config.workers,
  }
  const { path, tenants } = asked
  const ended = (result: QueryResult) =>
    config.metrics?.queryEnded(operationOf(route), tenants, result, limits.budget.spentBytes)
  const known = getOrInsert(knownCells, config, () => new KnownCells())
  const answerFrom = async (isAgain: boolean) => {
    const source = await abortable(config.source(tenants, { signal: limits.signal, isAgain }), limits.signal)
    const parameters = new Parameters(asked.parameters)
    return route.answer({ path, parameters, source, limits, knownCells: known })
  }
  try {
    const answer = await answerFrom(false).catch(error => {
      if (error instanceof StaleError) return answerFrom(true)
      throw error
    })
    ended('completed')
    return answer
  } catch (error) {
    ended(asked.gone.aborted ? 'canceled' : 'failed')
    if (late.aborted && !asked.gone.aborted)
      throw new LateError(`the query took longer than ${config.timeoutMillis} ms${reasonOf(config)}`)
    throw error
  }
}

/** Why queries have to wait, where they have to. */
function reasonOf(config: ApiConfig): string {
  const reason = config.notReady?.()
  return reason === undefined ? '' : `: ${reason}`
}

/** What Tempo calls the kind of a query. */
function operationOf({ path }: Route): string {
  if (path.includes('/traces/')) return 'traces'
  if (path === '/api/search') return 'search'
  return path.startsWith('/api/metrics/') ? 'metrics' : 'metadata'
}
