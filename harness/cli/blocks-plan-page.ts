import { backlogOf } from '../../lib/serve/blocks/backlog.ts'
import type { BlockMeta } from '../../lib/serve/blocks/meta.ts'
import { ageOf, type BlockGroup, type CompactionConfig, type Plan } from '../../lib/serve/blocks/plan.ts'
import { type BlockLists, planTenants } from '../../lib/serve/status/blocks.ts'
import { plural, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, tableOf, text } from '../text/table.ts'

/** What one core compacts: 171,600 spans of hipstershop in 2.0 s of CPU time, measured by the commit that added this. */
const spansPerSecond = 80_000

/** Blocks that have one future. */
interface Row {
  readonly tenant: string
  readonly blocks: string
  readonly metas: readonly BlockMeta[]
  readonly next: string
}

/** What is due of the blocks of a store and what is not yet, why, and when the backlog is done. */
export function planPage(blocks: BlockLists, nowMillis: number, config: CompactionConfig): Page {
  const plans = planTenants(blocks, nowMillis, config)
  const rows = [...plans].flatMap(([tenant, plan]) => rowsOf(tenant, plan, config))
  const table = tableOf(rows, [
    text('tenant', row => row.tenant),
    text('blocks of', row => row.blocks),
    number('blocks', row => row.metas.length),
    number('spans', row => sumOf(row.metas, 'totalSpans')),
    number('bytes', row => sumOf(row.metas, 'size')),
    text('next', row => row.next, { keep: 4 }),
  ])
  const lists = [...plans.keys()].map(tenant => blocks.list(tenant).map(({ meta }) => meta))
  return [table, drainOf(lists, nowMillis, config)]
}

function rowsOf(tenant: string, { groups, expired }: Plan, config: CompactionConfig): Row[] {
  const rows = groups.map(group => ({ tenant, blocks: group.name, metas: group.members, next: nextOf(group) }))
  if (expired.length === 0) return rows
  return [...rows, { tenant, blocks: `over ${ageOf(config.retentionMillis)}`, metas: expired, next: 'due: deleted' }]
}

function nextOf({ members, inputs, isDue, minInputs, windowEndMillis }: BlockGroup): string {
  if (isDue) return `due: ${inputs.length} of them become one`
  if (minInputs === 2) return members.length === 1 ? 'stays: is the only one' : 'stay: are as large as blocks become'
  const missing = plural(minInputs - inputs.length, 'more small block')
  const time = new Date(windowEndMillis).toISOString().slice(0, 16)
  return `not due: with ${missing}, or with one from ${time} on, when the window is over`
}

function drainOf(lists: readonly (readonly BlockMeta[])[], nowMillis: number, config: CompactionConfig): string {
  const backlogs = lists.map(metas => backlogOf(metas, nowMillis, config))
  const sum = (name: keyof (typeof backlogs)[0]) => backlogs.reduce((total, backlog) => total + backlog[name], 0)
  if (sum('compactions') === 0) return 'no compaction is due'
  const [compactions, spans] = [plural(sum('compactions'), 'compaction'), plural(sum('spans'), 'span')]
  const seconds = whole(Math.ceil(sum('spans') / spansPerSecond))
  return `due: ${compactions} of ${spans}; done in about ${seconds} s of one core's time, if nothing comes meanwhile`
}

function sumOf(metas: readonly BlockMeta[], name: 'totalSpans' | 'size'): number {
  return metas.reduce((sum, meta) => sum + meta[name], 0)
}
