import type { ColumnData, ColumnName } from './scan.ts'
import { isOwnTrace, linkType, noParent } from './tree.ts'

/** Roots of traces whose spans are in columns. */

/** The type of links, which may name further parents. */
export const linkTypeName: ColumnName = `link.${linkType.key}`

/** Columns of links, with the span of each link, and the trace of each span. */
export interface LinkColumns {
  readonly types: readonly ColumnData[]
  readonly linkTraceIds: ColumnData
  readonly traceIds: ColumnData
  readonly linkSpans: Uint32Array
  readonly traceOf: ArrayLike<number>
}

/** The spans with a `child_of` link into their own trace. */
export function childrenByLink(links: LinkColumns): Set<number> {
  const children = new Set<number>()
  for (const { type, rows, values } of links.types) {
    if (type !== 'string' || !('codes' in values)) continue
    for (const [i, code] of values.codes.entries()) {
      if (values.dictionary[code] !== linkType.childOf) continue
      const link = rows?.[i] ?? i
      const span = links.linkSpans[link]!
      if (isOwnTrace(textAt(links.linkTraceIds, link), textAt(links.traceIds, links.traceOf[span]!))) children.add(span)
    }
  }
  return children
}

function textAt({ values }: ColumnData, row: number): string {
  return 'codes' in values ? (values.dictionary[values.codes[row]!] as string) : ''
}

/** By trace: the row of its last span that has no parent (`none` in `parents`) and is no child by a link, or -1. */
export function rootRows(
  traceStarts: Uint32Array,
  parents: ArrayLike<number>,
  children: ReadonlySet<number>,
  none: number = noParent,
): Float64Array {
  const roots = new Float64Array(traceStarts.length - 1)
  for (let trace = 0; trace < roots.length; trace++) {
    const first = traceStarts[trace]!
    let row = traceStarts[trace + 1]! - 1
    while (row >= first && (parents[row] !== none || children.has(row))) row--
    roots[trace] = row < first ? -1 : row
  }
  return roots
}
