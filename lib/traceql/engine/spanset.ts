import type { Stage } from '../language/ast.ts'
import type { Cell } from './vector.ts'

/** A value of each spanset, by its group: what `by` grouped by and what an aggregate gave. */
export interface SpansetValue {
  /** The stage that gave it. */
  readonly stage: Stage
  readonly cells: readonly Cell[]
}

/** The spansets of a batch: one a trace, or, once grouped, one a group. */
export interface Spansets {
  /** 1 for the spans that are in one. */
  readonly mask: Uint8Array
  readonly groups: Groups | undefined
  readonly values: readonly SpansetValue[]
}

export interface Groups {
  /** By span its group; meaningless where the mask is 0. */
  readonly of: Uint32Array
  /** By group its trace. */
  readonly traces: readonly number[]
}
