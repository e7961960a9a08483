import type { Request } from '../api/request.ts'
import type { Found, Response } from '../api/response.ts'
import type { Run, SetDraft } from '../data/draft.ts'
import type { BuiltSet } from '../data/labels.ts'

/** An answer, and what it answers. */
export interface Judged {
  readonly response: Response
  /** The answer as JSON; empty where it is none. */
  readonly json: Found
  readonly request: Request
  readonly set: BuiltSet
  readonly run: Run
}

/** How an answer differs from what is expected; undefined where it does not. */
export type Differs = (judged: Judged) => string | undefined | Promise<string | undefined>

/** What a line of a case asks for, or several lines of one kind. */
export type CheckMaker = (words: string, draft: SetDraft) => Differs

/** What is expected of an answer. */
export interface Check {
  readonly kind: string
  readonly text: string
  readonly differs: Differs
}

/** `expected …, got …`, or undefined where they are the same. */
export function differing(expected: string, actual: string): string | undefined {
  return expected === actual ? undefined : `expected ${expected || 'nothing'}, got ${actual || 'nothing'}`
}

/** What of two lists of texts is missing, and what there is besides. */
export function listsDiffer(expected: readonly string[], actual: readonly string[]): string | undefined {
  const left = [...actual]
  const missing = expected.filter(item => {
    const at = left.indexOf(item)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  if (missing.length === 0 && left.length === 0) return undefined
  const parts = [
    actual.length === 0 ? 'an empty answer' : '',
    missing.length > 0 ? `misses ${some(missing)}` : '',
    left.length > 0 ? `has besides ${some(left)}` : '',
  ]
  return parts.filter(text => text !== '').join('; ')
}

function some(items: readonly string[]): string {
  return items.slice(0, 6).join(', ') + (items.length > 6 ? ` and ${items.length - 6} more` : '')
}
