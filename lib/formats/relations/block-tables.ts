import { Dictionary } from '../../encodings/dictionary.ts'
import type { Link, Span, SpanEvent, Status, Value } from '../../model/trace.ts'
import { writeResource, writeScope } from '../../wire/cbor/resource.ts'
import type { BodyWriter } from './body.ts'
import { writeNodeLists, writeNodes } from './node-table.ts'
import { type Column, fieldCode, type Node, NodeTable, type Owner } from './nodes.ts'
import type { OrderedShape } from './shape.ts'
import { predictedService, SharedTable } from './shared.ts'
import { writeTexts } from './texts.ts'
import { columnTypes } from './types.ts'
import { writeValues } from './values.ts'

const part = 'tables'

/** Places in the head of a span's node; an event's has the name alone, a link's has nothing. */
export const spanHead = { name: 0, kind: 1, status: 2, resource: 3, scope: 4, events: 5, links: 6 } as const

/** A span, event or link with its node. */
export interface Placed<T extends Owner = Owner> {
  readonly owner: T
  readonly node: Node
  readonly found: OrderedShape
}

/** One kind of owners: their nodes, themselves in order, and after `settle` their columns and the rank of each node. */
export class Family<T extends Owner> {
  readonly table = new NodeTable()
  readonly placed: Placed<T>[] = []
  columns: readonly Column[] = []
  /** The nodes, the most used first, and the index of each by its id. */
  sorted: readonly Node[] = []
  ranks: readonly number[] = []

  place(head: readonly number[], owner: T): Node {
    const { node, found } = this.table.find(head, owner)
    this.placed.push({ owner, node, found })
    return node
  }

  settle(constants: Dictionary<Value>, echoes: Parameters<NodeTable['settle']>[1]): void {
    this.columns = this.table.settle(constants, echoes)
    this.sorted = this.table.nodes.toSorted((a, b) => b.useCount - a.useCount || a.id - b.id)
    this.ranks = inverse(this.sorted.map(({ id }) => id))
    for (const { owner, node, found } of this.placed) this.table.collect(this.columns, node, found.sources, owner)
  }

  /** The rank of each owner's node. */
  rankOf({ node }: Placed<T>): number {
    return this.ranks[node.id]!
  }
}

/** What the traces of a block share, each entry once. */
export class BlockTables {
  readonly #names = new Dictionary<string>()
  readonly #resources = new SharedTable(writeResource)
  readonly #scopes = new SharedTable(writeScope)
  readonly #eventLists = new Dictionary<string>()
  readonly #linkLists = new Dictionary<string>()
  readonly #constants = new Dictionary<Value>(value =>
    typeof value === 'string' ? `"${value}` : columnTypes.nameOf(value),
  )
  readonly spans = new Family<Span>()
  readonly events = new Family<SpanEvent>()
  readonly links = new Family<Link>()

  add(span: Span): void {
    const { events, links } = span
    const eventIds = events.map(event => this.events.place([this.#names.code(event.name)], event).id)
    const linkIds = links.map(link => this.links.place([], link).id)
    const head = [
      this.#names.code(span.name),
      span.kind,
      statusCode(span.status),
      this.#resources.add(span.resource),
      this.#scopes.add(span.scope),
      this.#eventLists.code(eventIds.join()),
      this.#linkLists.code(linkIds.join()),
    ]
    this.spans.place(head, span)
  }

  /** Chooses constants and columns, and writes all tables. */
  write(body: BodyWriter): void {
    this.spans.settle(this.#constants, ({ head }) => ({
      name: this.#names.values[head[spanHead.name]!]!,
      service: predictedService(this.#resources.items[head[spanHead.resource]! - 1] ?? null),
    }))
    this.events.settle(this.#constants, () => ({}))
    this.links.settle(this.#constants, () => ({}))
    this.#resources.write(body, 'resources')
    this.#scopes.write(body, 'scopes')
    body.number(this.#names.values.length)
    writeTexts(body, part, this.#names.values)
    const places = this.#writeConstants(body)
    writeNodes(body, this.events.table, this.events.sorted, places)
    writeNodeLists(body, this.#eventLists.values, this.events.ranks)
    writeNodes(body, this.links.table, this.links.sorted, places)
    writeNodeLists(body, this.#linkLists.values, this.links.ranks)
    writeNodes(body, this.spans.table, this.spans.sorted, places)
  }

  /** Writes the constants, those that most fields name first, and returns the index of each. */
  #writeConstants(body: BodyWriter): number[] {
    const { values } = this.#constants
    const counts = new Uint32Array(values.length)
    for (const { sorted } of [this.spans, this.events, this.links])
      for (const { codes } of sorted)
        for (const code of codes) if (code >= fieldCode.firstConstant) counts[code - fieldCode.firstConstant]!++
    const order = Array.from(values.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b)
    const ordered = order.map(id => values[id]!)
    body.number(values.length)
    writeValues(body, part, ordered)
    return inverse(order)
  }
}

/** By number its index in the order. */
function inverse(order: readonly number[]): number[] {
  const places = new Array<number>(order.length)
  for (const [place, id] of order.entries()) places[id] = place
  return places
}

/** 0 for none, else the code past 0: negative ones as they are. */
function statusCode(status: Status | null): number {
  if (status === null) return 0
  return status.code < 0 ? status.code : status.code + 1
}

/** The status code of a node's number, or null for none. */
export function statusOf(code: number): number | null {
  if (code === 0) return null
  return code < 0 ? code : code - 1
}
