import { countSpanIdKinds, spanKind } from '../../../encodings/ids.ts'
import { isNoSpanId } from '../../../model/trace-id.ts'
import { missingParent, noParent, resolveParents } from '../../../model/tree.ts'
import { parentKind } from '../../../shred/tree.ts'
import { columnId } from '../layout/columns.ts'
import { countOf, type PageGroupColumns } from './page-group-columns.ts'

/** Parents of a page group by the rule of lib/model/tree.ts, of what a file says without its ids. */

/** By span: the row of its parent; -1 for none, -2 for one that the trace lacks, or itself. */
export function readParentRows(columns: PageGroupColumns): Int32Array {
  const rows = { named: namedRows(columns), first: firstRows(columns) }
  return resolveParents(rows, row => columns.spanKinds()[row]!)
}

/** By span: the first row that has the parent's id. */
function namedRows(columns: PageGroupColumns): Int32Array {
  const [kinds, distances] = [columns.parentKinds(), columns.parentDistances()]
  const zeros = zeroParents(columns)
  const rows = new Int32Array(kinds.length)
  for (let row = 0, next = 0; row < rows.length; row++) {
    const kind = kinds[row]!
    if (kind === parentKind.inside) rows[row] = row - distances[next++]!
    else rows[row] = kind === parentKind.none || zeros?.[row] === 1 ? noParent : missingParent
  }
  return rows
}

/** By span: the first row of its trace that has the same id; undefined where none repeats. */
function firstRows(columns: PageGroupColumns): Int32Array | undefined {
  if (!columns.pages.entry(columnId('span.idRepeat'))) return undefined
  const kinds = columns.pages.small('span.idKind', columns.spanCount, 3)
  const { repeated } = countSpanIdKinds(kinds)
  const distances = columns.pages.plain('span.idRepeat', repeated, 1, columns.spanCount)
  const rows = new Int32Array(kinds.length)
  for (let row = 0, next = 0; row < rows.length; row++)
    rows[row] = kinds[row] === spanKind.repeated ? row - distances[next++]! : row
  return rows
}

/** Marks the spans whose parent is an id of zeros, which is stored as one that the trace lacks. */
function zeroParents(columns: PageGroupColumns): Uint8Array | undefined {
  if (!columns.pages.entry(columnId('span.parentIdOdd'))) return undefined
  const [kinds, traceOf] = [columns.parentKinds(), columns.traceOf()]
  const outside = zeroIds(columns, countOf(kinds, parentKind.outside))
  const positions = columns.parentPositions()
  const marks = new Uint8Array(kinds.length)
  let [next, repeat, first] = [0, 0, 0]
  for (let row = 0; row < kinds.length; row++) {
    if (row > 0 && traceOf[row] !== traceOf[row - 1]) first = next
    if (kinds[row] === parentKind.outside) marks[row] = outside[next++] ? 1 : 0
    else if (kinds[row] === parentKind.repeated) marks[row] = outside[first + positions[repeat++]!] ? 1 : 0
  }
  return marks
}

/** Tells which of the ids that their traces lack are zeros: these are stored as odd ones. */
function zeroIds(columns: PageGroupColumns, count: number): boolean[] {
  const kinds = columns.pages.small('span.parentIdKind', count, 3)
  const odds = columns.texts('span.parentIdOdd', countSpanIdKinds(kinds).odd)
  let next = 0
  return Array.from(kinds, kind => kind === spanKind.odd && isNoSpanId(odds[next++]!))
}
