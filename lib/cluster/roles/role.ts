import type { FastifyInstance } from 'fastify'
import type { ApiConfig } from '../../serve/api/answer.ts'
import type { ServerMetrics } from '../../serve/metrics.ts'
import type { Receiving } from '../../serve/receive/http.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import type { Chain } from '../commits/chain.ts'
import type { Ring } from '../ring/ring.ts'
import type { ClusterConfig, RoleName } from './config.ts'
import type { SharedPlaces } from './open-places.ts'

/** What a role is made of, which it shares with the others of its process. */
export interface RoleContext extends SharedPlaces {
  readonly config: ClusterConfig
  readonly chain: Chain
  readonly ring: Ring
  readonly metrics: ServerMetrics
  readonly workers?: WorkerPool | undefined
  /** Called with what went wrong in the background, a line each. */
  readonly warn: (message: string) => void
}

/** One part of a store, which runs in a process with others or alone. */
export interface Role {
  readonly name: RoleName
  /** Of a live store, which others find by it. */
  readonly partition?: number | undefined
  /** What it is called among those of its role, and where below the process's address its routes are; both by default the process's. */
  readonly instance?: string | undefined
  readonly path?: string | undefined
  /** Why it has to be waited for; undefined where it need not. */
  notReady?(): string | undefined
  addRoutes?(app: FastifyInstance): void
  /** Where it takes spans from senders. */
  readonly push?: Receiving['push'] | undefined
  /** What it answers questions from. */
  readonly source?: ApiConfig['source'] | undefined
  /** Works until it is aborted; fails where it cannot go on. */
  run?(signal: AbortSignal): Promise<void>
  /** What it has done so far, for people. */
  facts(): object
}
