import { getOrInsert } from '../../maps.ts'
import type { BlockMeta } from './meta.ts'

/** When blocks are compacted and deleted; the comments name Tempo's keys. */
export interface CompactionConfig {
  /** Blocks that arrived within the same one become one: `compaction_window`. */
  readonly windowMillis: number
  /**
   * Blocks that become one at a time. Of an hour of 25,000 spans/s in two partitions, a block each per 30 s, all spans are
   * written again 4.27 times by 4, 2.53 by 8 and 2.00 by 16; there are 5.3, 7.8 and 14.1 blocks of that hour on average.
   */
  readonly maxInputs: number
  /** What has more than half of it is left as it is: `max_block_bytes`, `max_compaction_objects`. */
  readonly maxBytes: number
  readonly maxTraces: number
  /** Blocks are deleted after so long: `block_retention`. */
  readonly retentionMillis: number
  /** Blocks that others replace stay for queries that have begun: `compacted_block_retention`. */
  readonly replacedMillis: number
}

const hour = 3_600_000

export const defaultCompaction: CompactionConfig = {
  windowMillis: hour,
  maxInputs: 8,
  maxBytes: 100e9,
  maxTraces: 6e6,
  retentionMillis: 14 * 24 * hour,
  replacedMillis: hour,
}

/** What is due of the blocks of a tenant. */
export interface Plan {
  /** Blocks that become one, the most urgent first. */
  readonly jobs: readonly (readonly BlockMeta[])[]
  readonly expired: readonly BlockMeta[]
  /** Compactions until none is due, or a few more: what they make may be due as well. */
  readonly compactionsLeft: number
  /** By block: what will become of it, and why. */
  readonly reasons: ReadonlyMap<string, string>
  readonly groups: readonly BlockGroup[]
}

/** Blocks that may become one. */
export interface BlockGroup {
  readonly members: readonly BlockMeta[]
  /** Of them those that do, if it is due. */
  readonly inputs: readonly BlockMeta[]
  readonly isDue: boolean
  readonly name: string
  /** So many are needed, */
  readonly minInputs: number
  /** and two of any level from this time on. */
  readonly windowEndMillis: number
}

/**
 * Blocks of one format that arrived in one window and have one level become one, `maxInputs` at a time; in a window that is over, two
 * and more of any level do, until one is left.
 */
export function planBlocks(blocks: readonly BlockMeta[], nowMillis: number, config: CompactionConfig): Plan {
  const isExpired = (meta: BlockMeta) => receivedMillis(meta) + config.retentionMillis <= nowMillis
  const groups = groupsOf(
    blocks.filter(meta => !isExpired(meta)),
    nowMillis,
    config,
  )
  const reasons = new Map(
    groups.flatMap(group => group.members.map(meta => [meta.blockID, reasonOf(meta, group, config)])),
  )
  const expired = blocks.filter(isExpired)
  for (const { blockID } of expired)
    reasons.set(blockID, `due: deleted, as it is older than ${ageOf(config.retentionMillis)}`)
  const compactionsLeft = groups.reduce((sum, group) => sum + compactionsOf(group, config), 0)
  const jobs = groups.filter(({ isDue }) => isDue).map(({ inputs }) => inputs)
  return { compactionsLeft, jobs, expired, reasons, groups }
}

/** How often blocks of a group become one: in a window that is over until one is left, before that as they fill up. */
function compactionsOf({ members, isDue, minInputs }: BlockGroup, config: CompactionConfig): number {
  if (!isDue) return 0
  const count = members.filter(meta => !isFull(meta, config)).length
  const isOver = minInputs < config.maxInputs
  if (isOver) return Math.ceil((count - 1) / (config.maxInputs - 1))
  let sum = 0
  for (let made = count; made >= config.maxInputs; sum += made) made = Math.floor(made / config.maxInputs)
  return sum
}

function receivedMillis({ receivedTime }: BlockMeta): number {
  return Date.parse(receivedTime)
}

function groupsOf(blocks: readonly BlockMeta[], nowMillis: number, config: CompactionConfig): BlockGroup[] {
  const byName = new Map<string, { members: BlockMeta[]; isOver: boolean; windowEndMillis: number }>()
  for (const meta of blocks) {
    const window = Math.floor(receivedMillis(meta) / config.windowMillis) * config.windowMillis
    const windowEndMillis = window + config.windowMillis
    const isOver = windowEndMillis <= nowMillis
    const time = new Date(window).toISOString().slice(0, 16)
    const place = isOver ? `the window of ${time}` : `level ${meta.compactionLevel} in the window of ${time}`
    const name = meta.format === 'blockpack' ? place : `${meta.format}, ${place}`
    getOrInsert(byName, name, () => ({ members: [], isOver, windowEndMillis })).members.push(meta)
  }
  return Array.from(byName, ([name, { members, isOver, windowEndMillis }]) => {
    const inputs = inputsAmong(members, config)
    const minInputs = isOver ? 2 : config.maxInputs
    return { members, inputs, isDue: inputs.length >= minInputs, name, minInputs, windowEndMillis }
  })
}

/** The smallest, as many as may become one, in the order of their arrival. */
function inputsAmong(members: readonly BlockMeta[], config: CompactionConfig): BlockMeta[] {
  const { maxInputs, maxBytes, maxTraces } = config
  const inputs: BlockMeta[] = []
  let [bytes, traces] = [0, 0]
  const candidates = members.filter(meta => !isFull(meta, config))
  for (const meta of candidates.sort((a, b) => a.size - b.size)) {
    if (inputs.length === maxInputs || bytes + meta.size > maxBytes || traces + meta.totalObjects > maxTraces) continue
    bytes += meta.size
    traces += meta.totalObjects
    inputs.push(meta)
  }
  return inputs.sort((a, b) => receivedMillis(a) - receivedMillis(b))
}

/** True where it has more than half of what a block may have. */
function isFull({ size, totalObjects }: BlockMeta, { maxBytes, maxTraces }: CompactionConfig): boolean {
  return size * 2 > maxBytes || totalObjects * 2 > maxTraces
}

function reasonOf(meta: BlockMeta, { inputs, isDue, name, minInputs }: BlockGroup, config: CompactionConfig): string {
  if (isFull(meta, config)) return 'stays: as large as blocks become'
  if (isDue && inputs.includes(meta)) return `due: becomes one with ${inputs.length - 1} others of ${name}`
  if (isDue) return `waits: ${inputs.length} smaller ones of ${name} go first`
  if (minInputs === 2) return `stays: the only one of ${name}`
  return `waits: ${inputs.length} of ${minInputs} that are needed of ${name}`
}

export function ageOf(millis: number): string {
  return millis % (24 * hour) === 0 ? `${millis / (24 * hour)} days` : `${millis / hour} hours`
}
