import { getOrInsert } from '../../maps.ts'
import { type BlockRow, planAll, rowOf } from '../../serve/status/blocks.ts'
import type { BlocksStatus } from '../../serve/status/status.ts'
import type { State } from '../commits/state.ts'
import type { LiveTenants } from '../live/answer.ts'
import type { LiveClient } from '../live/client.ts'
import { listsOf } from '../maintain/listed.ts'
import { liveClients } from '../query/members.ts'
import type { RoleContext } from './role.ts'

/** What a tenant has. */
export interface TenantSpans {
  readonly tenant: string
  /** In no block yet, as live stores that answer know. */
  readonly recentSpans: number
  readonly blocks: number
  readonly blockSpans: number
  readonly blockBytes: number
}

/** The blocks that count by the last commit, of all tenants or of one, and what will become of them. */
export async function blocksStatus(
  { chain, config }: Pick<RoleContext, 'chain' | 'config'>,
  tenant?: string,
): Promise<BlocksStatus> {
  return statusOf(await chain.refresh(), config, tenant)
}

function statusOf(state: State, config: RoleContext['config'], tenant?: string): BlocksStatus {
  const lists = listsOf(state)
  const own = tenant === undefined ? lists : { ...lists, tenants: () => [tenant] }
  const { planned, compactionsLeft } = planAll(own, Date.now(), config.store.compaction)
  const backlog = compactionsLeft === 0 ? 'no compaction is due' : `compactions due: ${compactionsLeft}`
  return { blocks: planned.map(rowOf), backlog }
}

/** A live store that does not answer within it is left out. */
const askMillis = 2_000

/** What each tenant has in blocks and in live stores. */
export async function tenantsStatus(context: Pick<RoleContext, 'chain' | 'config' | 'ring'>): Promise<TenantSpans[]> {
  const state = await context.chain.refresh()
  const { blocks } = statusOf(state, context.config)
  const recent = await recentSpans(state, context.ring)
  const byTenant = new Map<string, BlockRow[]>([...recent.keys()].map(tenant => [tenant, []]))
  for (const row of blocks) getOrInsert(byTenant, row.tenant, () => []).push(row)
  const sum = (rows: readonly BlockRow[], of: (row: BlockRow) => number) => rows.reduce((all, row) => all + of(row), 0)
  return Array.from(byTenant, ([tenant, rows]) => ({
    tenant,
    recentSpans: recent.get(tenant) ?? 0,
    blocks: rows.length,
    blockSpans: sum(rows, ({ spans }) => spans),
    blockBytes: sum(rows, ({ bytes }) => bytes),
  })).sort((a, b) => (a.tenant < b.tenant ? -1 : 1))
}

/** By tenant the spans that are in no block, of each partition as the live store says that has read furthest. */
async function recentSpans(state: State, ring: RoleContext['ring']): Promise<Map<string, number>> {
  const furthest = new Map<number, LiveTenants>()
  const ask = async (client: LiveClient) => {
    const { partition } = client
    const found = await client.tenants(state.end(partition), AbortSignal.timeout(askMillis))
    if (found.next >= (furthest.get(partition)?.next ?? 0)) furthest.set(partition, found)
  }
  await Promise.allSettled((await liveClients(ring)).map(ask))
  const counts = new Map<string, number>()
  for (const { tenants } of furthest.values())
    for (const { tenant, spans } of tenants) counts.set(tenant, (counts.get(tenant) ?? 0) + spans)
  return counts
}
