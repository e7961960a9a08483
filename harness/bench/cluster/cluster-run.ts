import type { BlockFormat } from '../../../lib/serve/blocks/meta.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import type { ClusterRates, Measured } from './rates.ts'

/** The figures of one subject. */
export interface Section {
  readonly title: string
  readonly figures: readonly Figure[]
}

/** What one run gives. */
export interface ClusterRun {
  readonly format: BlockFormat
  /** Real Ceph, or a folder where there is none. */
  readonly store: 'Ceph' | 'folder'
  readonly sections: readonly Section[]
  readonly rates: ClusterRates
  readonly measured: Measured
}
