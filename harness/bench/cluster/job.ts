import type { RoleName } from '../../../lib/cluster/roles/config.ts'
import type { BlockFormat } from '../../../lib/serve/blocks/meta.ts'
import type { Question } from '../../runs/query-bench-schema.ts'
import type { Capture } from '../serve/job.ts'

/** As deploy/local has. */
export const partitionCount = 2

/** What one run is told. */
export interface ClusterJob {
  /** The command of this program. */
  readonly program: readonly string[]
  readonly format: BlockFormat
  readonly capture: Capture
  readonly seed: number
  /** Of a round, and rounds that count. */
  readonly seconds: number
  readonly rounds: number
  /** At which it is measured how soon spans are found. */
  readonly spansPerSecond: number
  readonly brokers: 1 | 3
  readonly counts: Readonly<Record<RoleName, number>>
  /** What a block has at most. */
  readonly cycleSeconds: number
  readonly questions: readonly Question[]
}
