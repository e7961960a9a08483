import type { BlockMeta } from './meta.ts'
import { type CompactionConfig, planBlocks } from './plan.ts'

/** What is to be done until no compaction is due. */
export interface Backlog {
  readonly compactions: number
  /** Spans that they read, those that are compacted twice twice. */
  readonly spans: number
}

/** The backlog of a tenant, if nothing comes meanwhile and blocks become as large together as they are alone. */
export function backlogOf(blocks: readonly BlockMeta[], nowMillis: number, config: CompactionConfig): Backlog {
  let [compactions, spans, left] = [0, 0, blocks]
  for (;;) {
    const { jobs, expired } = planBlocks(left, nowMillis, config)
    if (jobs.length === 0) return { compactions, spans }
    const gone = new Set([...jobs.flat(), ...expired])
    const made = jobs.map(joined)
    compactions += jobs.length
    spans += made.reduce((sum, { totalSpans }) => sum + totalSpans, 0)
    left = [...left.filter(meta => !gone.has(meta)), ...made]
  }
}

/** About what blocks become together. */
function joined(inputs: readonly BlockMeta[]): BlockMeta {
  const sum = (of: (meta: BlockMeta) => number) => inputs.reduce((total, meta) => total + of(meta), 0)
  return {
    ...inputs.at(-1)!,
    size: sum(({ size }) => size),
    totalObjects: sum(({ totalObjects }) => totalObjects),
    totalSpans: sum(({ totalSpans }) => totalSpans),
    compactionLevel: Math.max(...inputs.map(({ compactionLevel }) => compactionLevel)) + 1,
  }
}
