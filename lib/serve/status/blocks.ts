import type { Blocks } from '../blocks/blocks.ts'
import type { BlockMeta } from '../blocks/meta.ts'
import { type CompactionConfig, planBlocks } from '../blocks/plan.ts'

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

export function planAll(blocks: Blocks, nowMillis: number, config: CompactionConfig): PlannedBlocks {
  let compactionsLeft = 0
  const live = blocks.tenants().flatMap(tenant => {
    const metas = blocks.list(tenant).map(({ meta }) => meta)
    const plan = planBlocks(metas, nowMillis, config)
    compactionsLeft += plan.compactionsLeft
    return metas.map(meta => ({ meta, why: plan.reasons.get(meta.blockID)!, isReplaced: false }))
  })
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
