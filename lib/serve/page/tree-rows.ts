/** A row of a tree that is laid out depth first. */
export interface TreeRow {
  /** Its place among all rows. */
  index: number
  depth: number
  /** The index of the row that it belongs to; -1 where there is none. */
  parent: number
  childCount: number
  /** How many of the rows that follow it are of its children and theirs. */
  below: number
}

/** What rows depth first say by their depths alone, each at most one deeper than the one before. */
export function treeRowsOf(depths: readonly number[]): TreeRow[] {
  const rows: TreeRow[] = []
  const path: TreeRow[] = []
  for (const [index, depth] of depths.entries()) {
    closeBelow(path, depth, index)
    const parent = path.at(-1)
    if (parent !== undefined) parent.childCount++
    const row = { index, depth, parent: parent?.index ?? -1, childCount: 0, below: 0 }
    path.push(row)
    rows.push(row)
  }
  closeBelow(path, 0, depths.length)
  return rows
}

/** Ends the rows of a path from a depth on, before the row `next`. */
function closeBelow(path: TreeRow[], depth: number, next: number): void {
  while (path.length > depth) {
    const row = path.pop()!
    row.below = next - row.index - 1
  }
}

/** The rows that are not below a folded one. */
export function unfolded<T extends TreeRow>(rows: readonly T[], folded: ReadonlySet<number>): T[] {
  const left: T[] = []
  for (let i = 0; i < rows.length; i++) {
    left.push(rows[i]!)
    if (folded.has(i)) i += rows[i]!.below
  }
  return left
}

/** The rows that a row belongs to, the nearest first. */
export function ancestorsOf(rows: readonly TreeRow[], index: number): number[] {
  const above: number[] = []
  for (let at = rows[index]?.parent ?? -1; at >= 0; at = rows[at]!.parent) above.push(at)
  return above
}
