import { getOrInsert } from '../../maps.ts'
import { type BlockRow, planAll, rowOf } from '../../serve/status/blocks.ts'
import type { BlocksStatus } from '../../serve/status/status.ts'
import { listsOf } from '../maintain/listed.ts'
import type { RoleContext } from './role.ts'

/** What a tenant has in blocks. */
export interface TenantBlocks {
  readonly tenant: string
  readonly blocks: number
  readonly blockSpans: number
  readonly blockBytes: number
}

/** The blocks that count by the last commit, of all tenants or of one, and what will become of them. */
export async function blocksStatus(
  { chain, config }: Pick<RoleContext, 'chain' | 'config'>,
  tenant?: string,
): Promise<BlocksStatus> {
  const lists = listsOf(await chain.refresh())
  const own = tenant === undefined ? lists : { ...lists, tenants: () => [tenant] }
  const { planned, compactionsLeft } = planAll(own, Date.now(), config.store.compaction)
  const backlog = compactionsLeft === 0 ? 'no compaction is due' : `compactions due: ${compactionsLeft}`
  return { blocks: planned.map(rowOf), backlog }
}

/** What each tenant has in blocks. */
export async function tenantsStatus(context: Pick<RoleContext, 'chain' | 'config'>): Promise<TenantBlocks[]> {
  const { blocks } = await blocksStatus(context)
  const byTenant = new Map<string, BlockRow[]>()
  for (const row of blocks) getOrInsert(byTenant, row.tenant, () => []).push(row)
  const sum = (rows: readonly BlockRow[], of: (row: BlockRow) => number) => rows.reduce((all, row) => all + of(row), 0)
  return Array.from(byTenant, ([tenant, rows]) => ({
    tenant,
    blocks: rows.length,
    blockSpans: sum(rows, ({ spans }) => spans),
    blockBytes: sum(rows, ({ bytes }) => bytes),
  })).sort((a, b) => (a.tenant < b.tenant ? -1 : 1))
}
