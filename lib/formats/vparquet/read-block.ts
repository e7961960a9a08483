import type { Span, Trace } from '../../model/trace.ts'
import type { Block, MemoryBlock } from './block.ts'
import { type Layout, withoutAttributes } from './layout.ts'
import { type Projection, type ReadOptions, readRows, readRowsSync } from './read-rows.ts'
import { traceColumns, tracesOf } from './rows.ts'
import { summaryProjection, type TraceSummary } from './trace-summaries.ts'

/** A span, with its resource and scope, and the trace that it is of. */
export interface SpanOfTrace {
  readonly traceId: string
  readonly span: Span
}

type SpanOptions = ReadOptions & { readonly projection?: 'spans' | 'full' }

/** The traces of a block in the order of their ids, by the few columns that do not speak of spans. */
export function readTraceSummaries(block: Block, options?: ReadOptions): AsyncIterable<readonly TraceSummary[]> {
  return readRows(block, summaryProjection(block), options)
}

/** The same at once, of a block in memory. */
export function readTraceSummariesSync(block: MemoryBlock, options?: ReadOptions): Iterable<readonly TraceSummary[]> {
  return readRowsSync(block, summaryProjection(block), options)
}

/** The traces of a block with all of their spans; without their attributes but for the services' names by `spans`. */
export function readBlockTraces(block: Block, options?: SpanOptions): AsyncIterable<readonly Trace[]> {
  return readRows(block, traceProjection(block, options), options)
}

/** The same at once, of a block in memory. */
export function readBlockTracesSync(block: MemoryBlock, options?: SpanOptions): Iterable<readonly Trace[]> {
  return readRowsSync(block, traceProjection(block, options), options)
}

/** The same span by span. */
export function readBlockSpans(block: Block, options?: SpanOptions): AsyncIterable<readonly SpanOfTrace[]> {
  return readRows(block, spanProjection(block, options), options)
}

/** The same at once, of a block in memory. */
export function readBlockSpansSync(block: MemoryBlock, options?: SpanOptions): Iterable<readonly SpanOfTrace[]> {
  return readRowsSync(block, spanProjection(block, options), options)
}

function traceProjection(block: Block, { projection }: SpanOptions = {}): Projection<Trace> {
  const layout: Layout = projection === 'spans' ? withoutAttributes(block.layout) : block.layout
  return {
    columnsOf: columns => traceColumns(columns, layout),
    reader: columns => {
      const trace = tracesOf(columns, layout)
      return row => [trace(row)]
    },
  }
}

function spanProjection(block: Block, options?: SpanOptions): Projection<SpanOfTrace> {
  const { columnsOf, reader } = traceProjection(block, options)
  return {
    columnsOf,
    reader: columns => {
      const traces = reader(columns)
      return row => traces(row).flatMap(({ traceId, spans }) => spans.map(span => ({ traceId, span })))
    },
  }
}
