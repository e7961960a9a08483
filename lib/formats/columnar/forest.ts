/** What a start is encoded relative to: the parent's start, or the end of the previous sibling if there is one. */
export const startOrigin = { parent: 0, sibling: 1 } as const
/** What an end is encoded relative to: the span's start, or the latest end of its children if it has any. */
export const endOrigin = { start: 0, children: 1 } as const

/** The spans of all traces as trees, and the order in which their times are encoded. */
export interface Forest {
  /** By row: the parent within the tree, or -1. A circle is broken at its first row, which has none. */
  readonly parents: Int32Array
  /** By row: the child of the same parent before it, or the root before it; -1 for the first. */
  readonly siblings: Int32Array
  /** By row: its last child, or -1. */
  readonly lastChildren: Int32Array
  /** By trace: its first root, with which its steps begin. */
  readonly firsts: Uint32Array
  /** Each row twice: `row` where its start is encoded, then `~row`, after its children, where its end is. */
  readonly steps: Int32Array
}

/** Builds the trees of traces with these span counts; `parentRows` is -1 for a span without a parent in its trace. */
export function growForest(spanCounts: ArrayLike<number>, parentRows: Int32Array): Forest {
  const grower = new ForestGrower(parentRows, spanCounts.length)
  let start = 0
  for (let trace = 0; trace < spanCounts.length; trace++) {
    grower.addTrace(trace, start, start + spanCounts[trace]!)
    start += spanCounts[trace]!
  }
  return grower
}

class ForestGrower implements Forest {
  readonly parents: Int32Array
  readonly siblings: Int32Array
  readonly lastChildren: Int32Array
  readonly firsts: Uint32Array
  readonly steps: Int32Array
  readonly #parentRows: Int32Array
  /** By row: the child to be encoded next, then by child the one after it; -1 for none. */
  readonly #nextChildren: Int32Array
  readonly #nextSiblings: Int32Array
  readonly #isTold: Uint8Array
  #stepCount = 0

  constructor(parentRows: Int32Array, traceCount: number) {
    const rowCount = parentRows.length
    this.#parentRows = parentRows
    this.firsts = new Uint32Array(traceCount)
    this.steps = new Int32Array(rowCount * 2)
    this.parents = new Int32Array(rowCount).fill(-1)
    this.siblings = new Int32Array(rowCount).fill(-1)
    this.lastChildren = new Int32Array(rowCount).fill(-1)
    this.#nextChildren = new Int32Array(rowCount).fill(-1)
    this.#nextSiblings = new Int32Array(rowCount).fill(-1)
    this.#isTold = new Uint8Array(rowCount)
  }

  addTrace(trace: number, start: number, end: number): void {
    const parentRows = this.#parentRows
    for (let row = end - 1; row >= start; row--) {
      const parent = parentRows[row]!
      if (parent < 0) continue
      this.#nextSiblings[row] = this.#nextChildren[parent]!
      this.#nextChildren[parent] = row
    }
    this.firsts[trace] = firstRoot(parentRows, start, end)
    let last = -1
    for (let row = start; row < end; row++) if (parentRows[row]! < 0) last = this.#addTree(row, last)
    for (let row = start; row < end; row++) if (this.#isTold[row] === 0) last = this.#addTree(row, last)
  }

  #addTree(root: number, sibling: number): number {
    this.siblings[root] = sibling
    this.#enter(root)
    for (let row = root; row >= 0; ) {
      const child = this.#nextChildren[row]!
      if (child < 0) {
        this.steps[this.#stepCount++] = ~row
        row = this.parents[row]!
        continue
      }
      this.#nextChildren[row] = this.#nextSiblings[child]!
      if (this.#isTold[child] !== 0) continue
      this.parents[child] = row
      this.siblings[child] = this.lastChildren[row]!
      this.lastChildren[row] = child
      this.#enter(child)
      row = child
    }
    return root
  }

  #enter(row: number): void {
    this.#isTold[row] = 1
    this.steps[this.#stepCount++] = row
  }
}

/** The first of the rows `[start, end)` without a parent, or the first of all. */
function firstRoot(parentRows: ArrayLike<number>, start: number, end: number): number {
  for (let row = start; row < end; row++) if (parentRows[row]! < 0) return row
  return start
}
