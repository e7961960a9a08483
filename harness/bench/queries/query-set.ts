import type { MetricsExpression, MetricsOperand, Query } from '../../../lib/traceql/language/ast.ts'
import { readQuery } from '../../open/query-text.ts'
import type { Question, QuestionKind } from '../../runs/query-bench-schema.ts'
import { clean, shorten } from '../../text/names.ts'

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
