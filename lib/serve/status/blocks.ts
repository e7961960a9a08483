import type { BlockMeta } from '../blocks/meta.ts'
import { type CompactionConfig, type Plan, planBlocks } from '../blocks/plan.ts'

/** A block, and what will become of it: a row of `blocks list` and of `/status/blocks`. */
export interface BlockRow {
  readonly tenant: string
  readonly block: string
  readonly level: number
  readonly received: string
  readonly start: string
  readonly end: string
  readonly traces: number
  readonly spans: number
  readonly bytes: number
  readonly why: string
}

/** What there is of a block that does not count. */
export type UncountedBlock = Pick<BlockRow, 'tenant' | 'block' | 'bytes' | 'why'>

export interface PlannedBlock {
  readonly meta: BlockMeta
  readonly why: string
  readonly isReplaced: boolean
}

/** The blocks of a store, those that others replaced last, and how many compactions are left to do. */
export interface PlannedBlocks {
  readonly planned: readonly PlannedBlock[]
  readonly compactionsLeft: number
}

/** Blocks by what is known of them: those that count by tenant, and those that others replaced. */
export interface BlockLists {
  tenants(): Iterable<string>
  list(tenant: string): readonly { readonly meta: BlockMeta }[]
  replaced(): readonly { readonly meta: BlockMeta }[]
}

/** What is due, by tenant. */
export function planTenants(blocks: BlockLists, nowMillis: number, config: CompactionConfig): Map<string, Plan> {
  const plan = (tenant: string) =>
    planBlocks(
      blocks.list(tenant).map(({ meta }) => meta),
      nowMillis,
      config,
    )
  return new Map(Array.from(blocks.tenants(), tenant => [tenant, plan(tenant)]))
}

export function planAll(blocks: BlockLists, nowMillis: number, config: CompactionConfig): PlannedBlocks {
  let compactionsLeft = 0
  const live: PlannedBlock[] = []
  for (const [tenant, plan] of planTenants(blocks, nowMillis, config)) {
    compactionsLeft += plan.compactionsLeft
    for (const { meta } of blocks.list(tenant))
      live.push({ meta, why: plan.reasons.get(meta.blockID)!, isReplaced: false })
  }
  const why = 'replaced: another block has its spans'
  const replaced = blocks.replaced().map(({ meta }) => ({ meta, why, isReplaced: true }))
  return { planned: [...live, ...replaced], compactionsLeft }
}

export function rowOf({ meta, why }: PlannedBlock): BlockRow {
  return {
    tenant: meta.tenantID,
    block: meta.blockID,
    level: meta.compactionLevel,
    received: meta.receivedTime,
    start: meta.startTime,
    end: meta.endTime,
    traces: meta.totalObjects,
    spans: meta.totalSpans,
    bytes: meta.size,
    why,
  }
}
