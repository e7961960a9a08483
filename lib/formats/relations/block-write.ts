import type { Span, Trace } from '../../model/trace.ts'
import { BlockTables, type Family } from './block-tables.ts'
import { BodyWriter } from './body.ts'
import { writeColumn } from './columns.ts'
import { writeEventTimes } from './event-times.ts'
import { writeIds } from './ids.ts'
import { writeLists } from './lists.ts'
import type { Owner } from './nodes.ts'
import { writeOrders } from './orders.ts'
import { Uses, writeReferences } from './references.ts'
import { partOfColumn } from './special.ts'
import { type Timed, writeTimes } from './timeline.ts'
import { parentCodes, Topologies } from './trace-rows.ts'

/** The body of a block of traces (FORMAT.md). */
export function writeBlock(traces: readonly Trace[]): BodyWriter {
  const tables = new BlockTables()
  for (const { spans } of traces) for (const span of spans) tables.add(span)
  const body = new BodyWriter()
  tables.write(body)
  const timed = writeTopologies(body, traces, tables)
  const spansOf = traces.map(trace => trace.spans)
  const spans = spansOf.flat()
  const [traceIds, spanIds] = [traces.map(({ traceId }) => traceId), spans.map(({ spanId }) => spanId)]
  writeIds(body, 'trace ids', traceIds, 16)
  writeIds(body, 'span ids', spanIds, 8)
  writeTimes(body, timed, spansOf, tables.spans.sorted.length)
  writeEvents(body, spans, tables)
  writeLinks(body, tables)
  writeColumns(body, tables.spans)
  writeColumns(body, tables.events)
  writeColumns(body, tables.links)
  return body
}

/** Writes the distinct topologies, which of them each trace has, and the parents outside of their traces. */
function writeTopologies(body: BodyWriter, traces: readonly Trace[], { spans }: BlockTables): Timed[] {
  const topologies = new Topologies()
  const uses = new Uses()
  const outside: string[] = []
  let next = 0
  for (const trace of traces) {
    const nodes = trace.spans.map(() => spans.rankOf(spans.placed[next++]!))
    uses.add(topologies.add(nodes, parentCodes(trace.spans, outside)))
  }
  writeReferences(body, 'traces', uses, (to, order) => {
    const items = order.map(id => topologies.items[id]!)
    const [nodes, parents] = [items.map(item => item.nodes), items.map(item => item.parents)]
    writeLists(to, 'topologies', nodes)
    writeLists(to, 'parents', parents)
  })
  writeIds(body, 'parents outside', outside, 8)
  return uses.uses.map(id => topologies.items[id]!)
}

function writeEvents(body: BodyWriter, spans: readonly Span[], { events }: BlockTables): void {
  let next = 0
  const timed = spans
    .filter(span => span.events.length > 0)
    .map(({ startNanos, endNanos, events: own }) => ({
      startNanos,
      endNanos,
      nodes: own.map(() => events.rankOf(events.placed[next++]!)),
      times: own.map(({ timeNanos }) => timeNanos),
    }))
  writeEventTimes(body, timed, events.sorted.length)
}

function writeLinks(body: BodyWriter, { links }: BlockTables): void {
  const traceIds = links.placed.map(({ owner }) => owner.traceId)
  const spanIds = links.placed.map(({ owner }) => owner.spanId)
  writeIds(body, 'links', traceIds, 16)
  writeIds(body, 'links', spanIds, 8)
}

function writeColumns<T extends Owner>(body: BodyWriter, { table, columns, sorted }: Family<T>): void {
  writeOrders(body, sorted)
  for (const [i, { type, values }] of columns.entries())
    writeColumn(body, partOfColumn(table.shapes.columns[i]!.key), type, values)
}
