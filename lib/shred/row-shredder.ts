import { AttributeMap, CodeMap } from './code-maps.ts'
import { pushDifference } from './columns.ts'
import { RowParents } from './row-parents.ts'
import { idOf } from './row-spans.ts'
import { eventField, eventWidth, linkField, linkWidth, type SpanRows, spanField, spanWidth } from './rows.ts'
import type { Segment } from './shred.ts'

/** Adds traces of rows, which stay as they are, to segments. */
export class RowShredder {
  readonly #rows: SpanRows
  /** The numbers of the rows. */
  readonly #spans: Uint32Array
  readonly #events: Uint32Array
  readonly #links: Uint32Array
  readonly #attributes: Uint32Array
  readonly #parents = new RowParents()
  readonly #maps: ReturnType<typeof newMaps>
  #segment: Segment | undefined

  constructor(rows: SpanRows) {
    this.#rows = rows
    this.#spans = rows.spans.view()
    this.#events = rows.events.view()
    this.#links = rows.links.view()
    this.#attributes = rows.attributes.view()
    this.#maps = newMaps(rows)
  }

  /** `order` has the rows of the trace's spans. */
  shred(segment: Segment, traceId: string, order: Uint32Array): void {
    if (segment !== this.#segment) {
      this.#segment = segment
      for (const map of Object.values(this.#maps)) map.clear()
    }
    const spans = this.#spans
    const firstRow = segment.spanCount
    segment.hasRepeatedIds = this.#parents.find(spans, order) || segment.hasRepeatedIds
    const first = segment.beginTrace(traceId, order.length, this.#parents.rows, i => this.#parentId(order[i]!))
    const at = order[first]! * spanWidth
    segment.setStart(spans[at + spanField.startHigh]!, spans[at + spanField.startLow]!)
    for (let i = 0; i < order.length; i++) this.#addSpan(segment, order[i]! * spanWidth, firstRow + i)
  }

  #parentId(row: number): string {
    const at = row * spanWidth
    const spans = this.#spans
    const length = spans[at + spanField.idLengths]! >> 4
    return idOf(spans[at + spanField.parentHigh]!, spans[at + spanField.parentLow]!, length)
  }

  #addSpan(segment: Segment, at: number, row: number): void {
    const spans = this.#spans
    const maps = this.#maps
    const columns = segment.span
    const name = spans[at + spanField.name]!
    const traceState = spans[at + spanField.traceState]!
    const resource = spans[at + spanField.resource]!
    const [idHigh, idLow] = [spans[at + spanField.idHigh]!, spans[at + spanField.idLow]!]
    const idLength = spans[at + spanField.idLengths]! & 15
    if (idLength === 8) columns.ids.pushHalves(idHigh, idLow)
    else columns.ids.push(idOf(idHigh, idLow, idLength))
    const scope = spans[at + spanField.scope]!
    const { texts, resources, scopes } = this.#rows.tables
    segment.addText(texts.values[name]!)
    segment.addText(texts.values[traceState]!)
    maps.names.push(columns.names, name)
    columns.kinds.push(spans[at + spanField.kind]! | 0)
    maps.statuses.push(columns.statuses, spans[at + spanField.status]!)
    maps.traceStates.push(columns.traceStates, traceState)
    columns.flags.push(spans[at + spanField.flags]!)
    maps.dropped.push(columns.droppedCounts, spans[at + spanField.dropped]!)
    if (maps.resources.push(columns.resources, resource)) segment.addShared(resources.values[resource]!)
    if (maps.scopes.push(columns.scopes, scope)) segment.addShared(scopes.values[scope]!)
    const [startHigh, startLow] = [spans[at + spanField.startHigh]!, spans[at + spanField.startLow]!]
    segment.addTimes(startHigh, startLow, spans[at + spanField.endHigh]!, spans[at + spanField.endLow]!)
    const [eventCount, linkCount] = [spans[at + spanField.eventCount]!, spans[at + spanField.linkCount]!]
    columns.eventCounts.push(eventCount)
    columns.linkCounts.push(linkCount)
    const attributes = spans[at + spanField.attributes]!
    const attributesEnd = attributes + spans[at + spanField.attributeCount]!
    for (let i = attributes; i < attributesEnd; i++) maps.span.push(columns.attributes, this.#attributes[i]!)
    columns.attributes.endList()
    const events = spans[at + spanField.events]!
    for (let i = 0; i < eventCount; i++) this.#addEvent(segment, (events + i) * eventWidth, row, startHigh, startLow)
    const links = spans[at + spanField.links]!
    for (let i = 0; i < linkCount; i++) this.#addLink(segment, links + i, row)
  }

  #addEvent(segment: Segment, at: number, row: number, startHigh: number, startLow: number): void {
    const events = this.#events
    const columns = segment.event
    columns.spanRows.push(row)
    pushDifference(
      columns.times,
      events[at + eventField.timeHigh]!,
      events[at + eventField.timeLow]!,
      startHigh,
      startLow,
    )
    const name = events[at + eventField.name]!
    segment.addText(this.#rows.tables.texts.values[name]!)
    this.#maps.eventNames.push(columns.names, name)
    columns.droppedCounts.push(events[at + eventField.dropped]!)
    const first = events[at + eventField.attributes]!
    const end = first + events[at + eventField.attributeCount]!
    for (let i = first; i < end; i++) this.#maps.event.push(columns.attributes, this.#attributes[i]!)
    columns.attributes.endList()
  }

  #addLink(segment: Segment, link: number, row: number): void {
    const links = this.#links
    const columns = segment.link
    const at = link * linkWidth
    columns.spanRows.push(row)
    const { linkIds, tables } = this.#rows
    columns.traceIds.push(linkIds[2 * link]!)
    columns.spanIds.push(linkIds[2 * link + 1]!)
    const traceState = links[at + linkField.traceState]!
    segment.addText(tables.texts.values[traceState]!)
    this.#maps.linkStates.push(columns.traceStates, traceState)
    columns.flags.push(links[at + linkField.flags]!)
    columns.droppedCounts.push(links[at + linkField.dropped]!)
    const first = links[at + linkField.attributes]!
    const end = first + links[at + linkField.attributeCount]!
    for (let i = first; i < end; i++) this.#maps.link.push(columns.attributes, this.#attributes[i]!)
    columns.attributes.endList()
  }
}

/** What codes of the rows are in the segment at hand, by column. */
function newMaps({ tables }: SpanRows) {
  const { texts, attributes, statuses, dropped, resources, scopes } = tables
  return {
    names: new CodeMap(texts.values),
    traceStates: new CodeMap(texts.values),
    statuses: new CodeMap(statuses.values),
    dropped: new CodeMap(dropped.values),
    resources: new CodeMap(resources.values),
    scopes: new CodeMap(scopes.values),
    eventNames: new CodeMap(texts.values),
    linkStates: new CodeMap(texts.values),
    span: new AttributeMap(attributes.values),
    event: new AttributeMap(attributes.values),
    link: new AttributeMap(attributes.values),
  }
}
