import type { Trace } from '../../../lib/model/trace.ts'
import { missingParent, noParent, parentRows } from '../../../lib/model/tree.ts'
import { Histogram, type Spread } from './histogram.ts'

/** How the spans of traces hang together, and when. */
export interface Shape {
  spansPerTrace: Spread
  /** Of a trace: the spans on its longest path. */
  depth: Spread
  /** Of the spans that have children: how many. */
  fanOut: Spread
  /** Spans whose parent is in the trace. */
  childCount: number
  /** Of those, how many begin before or end after their parent. */
  outsideParentCount: number
  /** Spans with a parent that is not in the trace, or that is the span itself. */
  orphanCount: number
  /** Spans without a parent. */
  rootCount: number
  /** Spans whose id an earlier span of the trace has. */
  duplicateIdCount: number
}

/** Collects the shape, trace by trace. */
export class ShapeTable {
  readonly #spans = new Histogram()
  readonly #depths = new Histogram()
  readonly #fanOuts = new Histogram()
  readonly #counts = { childCount: 0, outsideParentCount: 0, orphanCount: 0, rootCount: 0, duplicateIdCount: 0 }

  add({ spans }: Trace): void {
    this.#spans.add(spans.length)
    this.#counts.duplicateIdCount += spans.length - new Set(spans.map(({ spanId }) => spanId)).size
    const parents = parentRows(spans)
    const children = new Int32Array(spans.length)
    parents.forEach((parent, row) => {
      if (parent === noParent) this.#counts.rootCount++
      if (parent === missingParent) this.#counts.orphanCount++
      if (parent < 0) return
      children[parent]++
      this.#counts.childCount++
      const [child, outer] = [spans[row], spans[parent]]
      if (child.startNanos < outer.startNanos || child.endNanos > outer.endNanos) this.#counts.outsideParentCount++
    })
    for (const count of children) if (count > 0) this.#fanOuts.add(count)
    this.#depths.add(deepest(parents))
  }

  shape(): Shape {
    const [spansPerTrace, depth, fanOut] = [this.#spans.spread(), this.#depths.spread(), this.#fanOuts.spread()]
    return { spansPerTrace, depth, fanOut, ...this.#counts }
  }
}

/** The length of the longest path to a root; a circle of parents ends where it closes. */
function deepest(parents: Int32Array): number {
  const depths = new Int32Array(parents.length)
  let most = 0
  for (let row = 0; row < parents.length; row++) {
    const path: number[] = []
    for (let at = row; at >= 0 && depths[at] === 0; at = parents[at]!) {
      depths[at] = -1
      path.push(at)
    }
    for (const at of path.reverse()) depths[at] = Math.max(0, parents[at]! < 0 ? 0 : depths[parents[at]!]!) + 1
    most = Math.max(most, depths[row]!)
  }
  return most
}
