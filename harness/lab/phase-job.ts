import type { Options } from '../../phases/phase.ts'

/** What a phase's process is told. */
export interface PhaseJob {
  phasePath: string
  /** Whose claim is held against what comes back: the phase's own where absent. */
  variant?: string
  options: Options
  /** The dataset file. */
  dataset: string
  /** The phase's file: `prove` writes it, the others read it. */
  file: string
}
