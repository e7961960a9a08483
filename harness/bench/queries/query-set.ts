import type { MetricsExpression, MetricsOperand, Query } from '../../../lib/traceql/language/ast.ts'
import { readQuery } from '../../open/query-text.ts'
import { clean, shorten } from '../../text/names.ts'

/** `compare` stands apart from other metrics: it reads every column. */
export type QuestionKind = 'search' | 'metrics' | 'compare'

/** One query of a set. */
export interface Question {
  readonly name: string
  readonly text: string
  readonly kind: QuestionKind
  /** What the set is sure of: some spans match, or none. Undefined where it depends on the data. */
  readonly expects?: 'some' | 'none' | undefined
}

/** A range and step of metrics, in ns as decimal text, which processes can hand on. */
export interface RangeTexts {
  readonly startNanos: string
  readonly endNanos: string
  readonly stepNanos: string
}

export interface QuerySet {
  readonly name: string
  readonly questions: readonly Question[]
  /** Parts of the range that the set asks for; the rest follows from the data. */
  readonly range: Partial<RangeTexts>
}

const maxName = 44

/** A question of a text, called by it where it has no name. What is wrong with it is shown at its place. */
export function questionOf({ name, text }: { name?: string | undefined; text: string }): Question {
  const kind = kindOf(readQuery(text))
  return { name: shorten(clean((name ?? text).replaceAll(/\s+/g, ' ').trim()), maxName), text, kind }
}

function kindOf(query: Query): QuestionKind {
  if (query.kind === 'search') return 'search'
  return compares(query.expression) ? 'compare' : 'metrics'
}

function compares(node: MetricsExpression | MetricsOperand): boolean {
  if (node.kind === 'static') return false
  if (node.kind === 'metrics-pipeline') return node.aggregate.kind === 'compare'
  return compares(node.left) || compares(node.right)
}
