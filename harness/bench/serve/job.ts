import type { Question } from '../../runs/query-bench-schema.ts'

/** What all parts are told. */
export interface ServeJob {
  /** The command of this program. */
  readonly program: readonly string[]
  readonly capture: Capture
  readonly seed: number
  readonly seconds: number
  readonly rounds: number
  readonly kills: number
  /** In blocks, to be asked. */
  readonly spans: number
  /** Asked of these. */
  readonly questions: readonly Question[]
}

/** What is replayed: a file, or traces of the generator. */
export type Capture = { readonly name: string; readonly input?: string }
