import type { Link, Span, SpanEvent, Trace } from '../../model/trace.ts'
import { spanHead, statusOf } from './block-tables.ts'
import type { BodyReader } from './body.ts'
import { type EventTimes, eventTime, readEventTimes } from './event-times.ts'
import { readIds } from './ids.ts'
import { maxBlockItems } from './limits.ts'
import type { StoredNode } from './node-table.ts'
import { OwnerReader } from './owners.ts'
import { readFields, readTables, type StoredFields, type StoredTables } from './read-tables.ts'
import { predictedService } from './shared.ts'
import { readTimes } from './timeline.ts'
import { readTopologies } from './topologies.ts'
import { parentCode, parentRow } from './topology.ts'
import type { Topology } from './trace-rows.ts'

/** Everything of a block but the objects. */
interface Block {
  readonly tables: StoredTables
  readonly traces: readonly Topology[]
  readonly traceIds: readonly string[]
  readonly spanIds: readonly string[]
  readonly outside: readonly string[]
  readonly times: { starts: bigint[][]; ends: bigint[][] }
  readonly eventTimes: EventTimes
  readonly linkIds: { traceIds: readonly string[]; spanIds: readonly string[] }
  readonly fields: Record<'spans' | 'events' | 'links', StoredFields>
}

/** Reads and checks the body of a block of `traceCount` traces with `spanCount` spans in all. */
export function readBlock(body: BodyReader, traceCount: number, spanCount: number): Block {
  const tables = readTables(body)
  const traces = readTopologies(body, tables.spans.nodes.length, traceCount, spanCount)
  const outside = readIds(body, 'parents outside', countOutside(traces), 8)
  const traceIds = readIds(body, 'trace ids', traceCount, 16)
  const spanIds = readIds(body, 'span ids', spanCount, 8)
  const times = readTimes(body, traces, tables.spans.nodes.length)
  const uses = countUses(body, tables, traces)
  const eventTimes = readEventTimes(body, uses.eventNodes, tables.events.nodes.length)
  const linkIds = {
    traceIds: readIds(body, 'links', uses.linkCount, 16),
    spanIds: readIds(body, 'links', uses.linkCount, 8),
  }
  const fields = {
    spans: readFields(body, tables.spans, uses.spans),
    events: readFields(body, tables.events, uses.events),
    links: readFields(body, tables.links, uses.links),
  }
  body.end()
  return { tables, traces, traceIds, spanIds, outside, times, eventTimes, linkIds, fields }
}

function countOutside(traces: readonly Topology[]): number {
  let count = 0
  for (const { parents } of traces) for (const code of parents) if (code === parentCode.outside) count++
  return count
}

/** How often each node is used, and the nodes of all events in order. */
interface NodeUses {
  readonly spans: Uint32Array
  readonly events: Uint32Array
  readonly links: Uint32Array
  readonly eventNodes: number[]
  readonly linkCount: number
}

function countUses(body: BodyReader, tables: StoredTables, traces: readonly Topology[]): NodeUses {
  const spans = new Uint32Array(tables.spans.nodes.length)
  const events = new Uint32Array(tables.events.nodes.length)
  const links = new Uint32Array(tables.links.nodes.length)
  for (const { nodes } of traces) for (const node of nodes) spans[node]!++
  let itemCount = 0
  const note = ({ columns }: StoredNode, uses: number) => {
    itemCount += uses * (1 + columns.length)
    if (itemCount > maxBlockItems) body.fail(`a block of more than ${maxBlockItems} fields`)
  }
  tables.spans.nodes.forEach((span, node) => {
    const uses = spans[node]!
    if (uses === 0) body.fail(`node ${node} is that of no span`)
    note(span, uses)
    for (const event of tables.eventLists[span.head[spanHead.events]!]!) {
      events[event]! += uses
      note(tables.events.nodes[event]!, uses)
    }
    for (const link of tables.linkLists[span.head[spanHead.links]!]!) {
      links[link]! += uses
      note(tables.links.nodes[link]!, uses)
    }
  })
  const eventNodes: number[] = []
  for (const { nodes } of traces)
    for (const node of nodes)
      for (const event of tables.eventLists[tables.spans.nodes[node]!.head[spanHead.events]!]!) eventNodes.push(event)
  return { spans, events, links, eventNodes, linkCount: links.reduce((sum, count) => sum + count, 0) }
}

/** Makes the traces of a block, one after another. */
export function* makeTraces(body: BodyReader, block: Block): Iterable<readonly Trace[]> {
  const spans = new SpanReader(body, block)
  for (const [i, traceId] of block.traceIds.entries()) yield [{ traceId, spans: spans.next(i) }]
}

/** Makes spans, events and links in the order of the file. */
class SpanReader {
  readonly #block: Block
  readonly #spans: OwnerReader
  readonly #events: OwnerReader
  readonly #links: OwnerReader
  #span = 0
  #event = 0
  #link = 0
  #outside = 0

  constructor(body: BodyReader, block: Block) {
    const { tables, fields } = block
    this.#block = block
    this.#spans = new OwnerReader(body, tables, tables.spans, fields.spans, ({ head }) => ({
      name: tables.names[head[spanHead.name]!]!,
      service: predictedService(tables.resources[head[spanHead.resource]!]!),
    }))
    this.#events = new OwnerReader(body, tables, tables.events, fields.events, () => ({}))
    this.#links = new OwnerReader(body, tables, tables.links, fields.links, () => ({}))
  }

  /** The spans of trace number `trace`, which come in order. */
  next(trace: number): Span[] {
    const { traces, spanIds, times } = this.#block
    const { nodes, parents } = traces[trace]!
    const first = this.#span
    this.#span += nodes.length
    const [starts, ends] = [times.starts[trace]!, times.ends[trace]!]
    return Array.from(nodes, (node, row) =>
      this.#read(node, spanIds[first + row]!, this.#parent(parents[row]!, row, first), starts[row]!, ends[row]!),
    )
  }

  #parent(code: number, row: number, first: number): string {
    if (code === parentCode.none) return ''
    if (code === parentCode.outside) return this.#block.outside[this.#outside++]!
    return this.#block.spanIds[first + parentRow(code, row)]!
  }

  #read(node: number, spanId: string, parentSpanId: string, startNanos: bigint, endNanos: bigint): Span {
    const { tables } = this.#block
    const head = tables.spans.nodes[node]!.head
    const { attributes, specials } = this.#spans.next(node)
    const code = statusOf(head[spanHead.status]!)
    return {
      spanId,
      parentSpanId,
      traceState: specials.traceState,
      flags: specials.flags,
      name: tables.names[head[spanHead.name]!]!,
      kind: head[spanHead.kind]!,
      startNanos,
      endNanos,
      attributes,
      droppedAttributesCount: specials.droppedAttributesCount,
      events: this.#readEvents(tables.eventLists[head[spanHead.events]!]!, startNanos, endNanos),
      droppedEventsCount: specials.droppedEventsCount,
      links: this.#readLinks(tables.linkLists[head[spanHead.links]!]!),
      droppedLinksCount: specials.droppedLinksCount,
      status: code === null ? null : { code, message: specials.statusMessage },
      resource: tables.resources[head[spanHead.resource]!]!,
      scope: tables.scopes[head[spanHead.scope]!]!,
    }
  }

  #readEvents(nodes: Uint32Array, startNanos: bigint, endNanos: bigint): readonly SpanEvent[] {
    if (nodes.length === 0) return noEvents
    const { tables, eventTimes } = this.#block
    let before = startNanos
    return Array.from(nodes, node => {
      before = eventTime(eventTimes, this.#event++, node, [startNanos, before, endNanos])
      const { attributes, specials } = this.#events.next(node)
      const name = tables.names[tables.events.nodes[node]!.head[0]!]!
      return { timeNanos: before, name, attributes, droppedAttributesCount: specials.droppedAttributesCount }
    })
  }

  #readLinks(nodes: Uint32Array): readonly Link[] {
    if (nodes.length === 0) return noLinks
    return Array.from(nodes, node => {
      const link = this.#link++
      const { attributes, specials } = this.#links.next(node)
      return {
        traceId: this.#block.linkIds.traceIds[link]!,
        spanId: this.#block.linkIds.spanIds[link]!,
        traceState: specials.traceState,
        flags: specials.flags,
        attributes,
        droppedAttributesCount: specials.droppedAttributesCount,
      }
    })
  }
}

const noEvents: readonly SpanEvent[] = []
const noLinks: readonly Link[] = []
