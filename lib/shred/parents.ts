import { parentKind } from './tree.ts'

/** The parents of all spans. */
export interface ReadParents {
  /** By span: the row of the parent, or -1. */
  readonly rows: Int32Array
  /** By span: the parent's id if it is not a span of the trace; empty for none. */
  readonly ids: readonly string[]
}

/** Split parents. */
export interface ParentParts {
  /** By span, see `parentKind`. */
  readonly kinds: Uint32Array
  /** Of kind `inside`: rows from the parent to the span. */
  readonly distances: ArrayLike<number>
  /** Of kind `repeated`: the position among the outside ids of the trace. */
  readonly positions: Float64Array
  /** Of kind `outside`. */
  readonly outsideIds: readonly string[]
}

/** Joins split parents; `traceOf` is the position of each span's trace. */
export function joinParents(
  { kinds, distances, positions, outsideIds }: ParentParts,
  traceOf: Uint32Array,
  fail: (message: string) => never,
): ReadParents {
  const rowCount = kinds.length
  const outside = rowsOf(kinds, parentKind.outside)
  const rows = new Int32Array(rowCount).fill(-1)
  const ids = new Array<string>(rowCount).fill('')
  for (const [i, row] of rowsOf(kinds, parentKind.inside).entries()) {
    const parent = row - distances[i]!
    if (traceOf[parent] !== traceOf[row]) fail(`span.parent: row ${row} names row ${parent}`)
    rows[row] = parent
  }
  for (const [i, row] of outside.entries()) ids[row] = outsideIds[i]!
  let [next, first] = [0, 0]
  for (const [i, row] of rowsOf(kinds, parentKind.repeated).entries()) {
    // Outside ids count anew in each trace; both lists run in the order of the rows.
    while (next < outside.length && traceOf[outside[next]!]! <= traceOf[row]!) {
      if (next === 0 || traceOf[outside[next]!] !== traceOf[outside[next - 1]!]) first = next
      next++
    }
    const at = first + positions[i]!
    const id = outsideIds[at]
    if (id === undefined || traceOf[outside[at]!] !== traceOf[row])
      fail(`span.parent: row ${row} repeats parent ${positions[i]}`)
    ids[row] = id
  }
  return { rows, ids }
}

/** The rows of one kind, in order. */
export function rowsOf(kinds: Uint32Array, kind: number): Uint32Array {
  let count = 0
  for (const one of kinds) if (one === kind) count++
  const rows = new Uint32Array(count)
  let at = 0
  for (let row = 0; row < kinds.length; row++) if (kinds[row] === kind) rows[at++] = row
  return rows
}
