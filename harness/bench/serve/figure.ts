import type { Question } from '../queries/query-set.ts'

/** One row of the page. */
export interface Figure {
  readonly what: string
  readonly unit: string
  /** Null where it was not measured, or where the answer is not right. */
  readonly value: number | null
  /** Lowest and highest of the rounds, where there are several. */
  readonly range?: readonly [number, number] | undefined
  /** What is to be reached, and whether it is at least or at most that. */
  readonly wanted?: readonly ['≥' | '≤', number] | undefined
  /** Why there is no number. */
  readonly problem?: string | undefined
}

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
