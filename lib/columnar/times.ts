import type { ColumnReader, ColumnWriter } from './columns.ts'
import { Numbers } from './safe-numbers.ts'
import type { SpanContexts } from './spans.ts'
import { parentsFirst } from './tree.ts'
import { readExact, writeExact } from './values.ts'

/** The spans of a segment in the order in which their starts are told, and what each start is told from. */
export interface StartOrder {
  /** The first row of each trace in that order. */
  readonly firsts: Uint32Array
  /** All other rows. */
  readonly others: Uint32Array
  /** By position in `others`: the row whose start it is told from. */
  readonly origins: Uint32Array
}

/** Parents come before their children; a span without a parent is told from the first of its trace. */
export function orderStarts(spanCounts: ArrayLike<number>, parentRows: Int32Array): StartOrder {
  const rowCount = parentRows.length
  const order = new Uint32Array(rowCount)
  const firsts = new Uint32Array(spanCounts.length)
  const others: number[] = []
  const origins: number[] = []
  const isTold = new Uint8Array(rowCount)
  let start = 0
  for (let trace = 0; trace < spanCounts.length; trace++) {
    const end = start + spanCounts[trace]!
    parentsFirst(parentRows, start, end, order)
    const first = order[start]!
    firsts[trace] = first
    isTold[first] = 1
    for (let i = start + 1; i < end; i++) {
      const row = order[i]!
      const parent = parentRows[row]!
      others.push(row)
      origins.push(parent >= 0 && isTold[parent] === 1 ? parent : first)
      isTold[row] = 1
    }
    start = end
  }
  return { firsts, others: Uint32Array.from(others), origins: Uint32Array.from(origins) }
}

/** Writes the starts, in nanoseconds after the segment's base: each from its origin's, or from the trace before. */
export function writeStarts(
  writer: ColumnWriter,
  starts: Numbers,
  { firsts, others, origins }: StartOrder,
  contexts: SpanContexts,
): void {
  const { values, exceptions } = starts
  const byTrace = new Numbers()
  let last = 0
  for (const row of firsts) {
    byTrace.values.push(values[row]! - last)
    last = values[row]!
  }
  const bySpan = new Numbers()
  for (let i = 0; i < others.length; i++) bySpan.values.push(values[others[i]!]! - values[origins[i]!]!)
  bySpan.exceptions.push(...exceptions)
  writeExact(writer, byTrace, contexts.forSpans().at(firsts))
  writeExact(writer, bySpan, contexts.forStarts(origins, others).at(others))
}

export function readStarts(
  reader: ColumnReader,
  { firsts, others, origins }: StartOrder,
  contexts: SpanContexts,
): { values: Float64Array; exceptions: Numbers['exceptions'] } {
  const values = new Float64Array(contexts.rowCount)
  const byTrace = readExact(reader, 'trace.start', firsts.length, contexts.forSpans().at(firsts))
  let last = 0
  for (let trace = 0; trace < firsts.length; trace++) {
    last += byTrace.values[trace]!
    values[firsts[trace]!] = last
  }
  const prediction = contexts.forStarts(origins, others).at(others)
  const bySpan = readExact(reader, 'span.start', others.length, prediction, contexts.rowCount)
  for (let i = 0; i < others.length; i++) values[others[i]!] = values[origins[i]!]! + bySpan.values[i]!
  return { values, exceptions: bySpan.exceptions }
}
