import type { ServerMetrics, Values } from '../../serve/metrics.ts'
import { type LagRow, lagRows } from '../lag.ts'
import type { LiveStatus } from '../live/answer.ts'
import { liveClients } from '../query/members.ts'
import type { RoleName } from './config.ts'
import type { RoleContext } from './role.ts'

/** A live store that does not answer within it counts as gone. */
const askMillis = 2_000
/** Who asks again within so long gets the same. */
const freshMillis = 1_000

/** Who tells of it at /metrics: roles that there are few of, and that are there. */
export const lagRoles: readonly RoleName[] = ['block-builder', 'query-frontend']

/** How far all partitions are behind, by the chain of commits, the log, and the live stores that answer. */
export class Lag {
  readonly #context: RoleContext
  #rows: Promise<readonly LagRow[]> | undefined
  #readMillis = 0

  constructor(context: RoleContext) {
    this.#context = context
  }

  rows(): Promise<readonly LagRow[]> {
    if (this.#rows === undefined || performance.now() - this.#readMillis > freshMillis) {
      this.#readMillis = performance.now()
      this.#rows = this.#read()
    }
    return this.#rows
  }

  async #read(): Promise<readonly LagRow[]> {
    const clients = await liveClients(this.#context.ring)
    const asked = clients.map(client => client.status(AbortSignal.timeout(askMillis)).catch(() => undefined))
    const statuses = (await Promise.all(asked)).filter((status): status is LiveStatus => status !== undefined)
    return lagRows(this.#context, statuses)
  }

  /** Shows it under the names of Tempo. What is not known has no value: none is better than an old one. */
  observe(metrics: ServerMetrics, group: string): void {
    const gauge = (name: string, help: string, of: (row: LagRow) => number | undefined) =>
      metrics.lookUp(name, help, ['group', 'partition'], () => this.#values(group, of).catch(() => []))
    gauge('tempo_ingest_group_partition_lag', 'Records that are in no block.', ({ records }) => records)
    gauge(
      'tempo_ingest_group_partition_lag_seconds',
      'How long ago the first record was made that is in no block.',
      ({ seconds }) => seconds,
    )
    gauge('trace_lab_partition_lag_bytes', 'Bytes of records that are in no block.', ({ bytes }) => bytes)
    gauge(
      'trace_lab_partition_problem',
      '1 where the log lacks what is in no block, or cannot be read.',
      ({ problem }) => (problem === undefined ? 0 : 1),
    )
  }

  async #values(group: string, of: (row: LagRow) => number | undefined): Promise<Values> {
    return (await this.rows()).flatMap(row => {
      const value = of(row)
      return value === undefined ? [] : [[{ group, partition: String(row.partition) }, value] as const]
    })
  }
}
