import { getOrInsert } from '../../maps.ts'
import type { Span } from '../../model/trace.ts'
import { encodeDistance, type Plan, parentCode, parentRow, planOf } from './topology.ts'

/** Traces that have the same nodes and parents share one. */
export interface Topology {
  /** By row: the span's node, and the code of its parent. */
  readonly nodes: ArrayLike<number> & Iterable<number>
  readonly parents: ArrayLike<number> & Iterable<number>
  readonly plan: Plan
}

/** The codes of the parents of a trace's spans; ids that name no span of it are added to `outside`. */
export function parentCodes(spans: readonly Span[], outside: string[]): number[] {
  const rows = new Map<string, number>()
  for (let row = spans.length - 1; row >= 0; row--) rows.set(spans[row]!.spanId, row)
  return spans.map(({ parentSpanId }, row) => {
    if (parentSpanId === '') return parentCode.none
    const parent = rows.get(parentSpanId)
    if (parent !== undefined) return encodeDistance(row - parent)
    outside.push(parentSpanId)
    return parentCode.outside
  })
}

/** The distinct topologies of a block. */
export class Topologies {
  readonly items: Topology[] = []
  readonly #byName = new Map<string, number>()

  add(nodes: readonly number[], parents: readonly number[]): number {
    return getOrInsert(
      this.#byName,
      `${nodes.join()};${parents.join()}`,
      () => this.items.push({ nodes, parents, plan: planOfCodes(parents) }) - 1,
    )
  }
}

export function planOfCodes(codes: ArrayLike<number>): Plan {
  return planOf(Int32Array.from(codes, parentRow))
}
