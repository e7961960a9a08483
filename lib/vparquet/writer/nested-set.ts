import type { Span } from '../../model/trace.ts'

/** Where a span stands in the tree of its trace: bounds that enclose those of its descendants, and the parent's left. */
export interface NestedSet {
  readonly left: number
  readonly right: number
  /** -1 for a root. */
  readonly parent: number
}

const nowhere: NestedSet = { left: 0, right: 0, parent: 0 }

/**
 * By span its bounds, as Tempo numbers them: from 1, roots being spans without a parent's id. Spans whose chain of
 * parents reaches no root stand nowhere, as do all where an id stands more than twice.
 */
export function nestedSets(spans: readonly Span[]): NestedSet[] {
  const sets = spans.map(() => nowhere)
  const children = childrenOf(spans)
  if (children === undefined) return sets
  let next = 1
  const open: { span: number; parent: number; left: number; child: number }[] = []
  for (const [root, span] of spans.entries()) {
    if (span.parentSpanId !== '') continue
    open.push({ span: root, parent: -1, left: next++, child: 0 })
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const child = children[top.span]![top.child++]
      if (child !== undefined) open.push({ span: child, parent: top.left, left: next++, child: 0 })
      else {
        sets[top.span] = { left: top.left, right: next++, parent: top.parent }
        open.pop()
      }
    }
  }
  return sets
}

/** By span its children; of two spans of one id the first has them. Undefined where an id stands more than twice. */
function childrenOf(spans: readonly Span[]): number[][] | undefined {
  const rowOf = new Map<string, number>()
  const counts = new Map<string, number>()
  for (const [row, { spanId }] of spans.entries()) {
    const count = (counts.get(spanId) ?? 0) + 1
    if (count > 2) return undefined
    counts.set(spanId, count)
    if (count === 1) rowOf.set(spanId, row)
  }
  const children: number[][] = spans.map(() => [])
  for (const [row, { parentSpanId }] of spans.entries())
    if (parentSpanId !== '') children[rowOf.get(parentSpanId) ?? -1]?.push(row)
  return children
}
