import { ByteTable } from '../bytes/byte-table.ts'
import { type Growing, growingCodes } from '../bytes/growing.ts'
import { Dictionary } from '../encodings/dictionary.ts'
import type { Shared } from '../model/groups.ts'
import type { Attribute, Resource, Scope, Status } from '../model/trace.ts'
import { type DroppedCounts, noneDropped, printDropped, statusKey } from './field-texts.ts'
import { IdTable } from './id-table.ts'

/**
 * The fields of a row of `spans`. Ids of spans are numbers of 64 bits in two halves, and both their lengths in bytes, 4
 * bits each; times are two halves; attributes, events and links are ranges of their arrays, counted in items.
 */
// biome-ignore format: a list of names
const spanFields = [
  'trace', 'idHigh', 'idLow', 'parentHigh', 'parentLow', 'idLengths', 'name', 'traceState', 'kind', 'flags', 'status',
  'dropped', 'resource', 'scope', 'startHigh', 'startLow', 'endHigh', 'endLow', 'attributes', 'attributeCount',
  'events', 'eventCount', 'links', 'linkCount',
] as const
const eventFields = ['timeHigh', 'timeLow', 'name', 'dropped', 'attributes', 'attributeCount'] as const
const linkFields = ['traceState', 'flags', 'dropped', 'attributes', 'attributeCount'] as const

/** Where in its row each field is, and how many there are. */
export const spanField = placesOf(spanFields)
export const eventField = placesOf(eventFields)
export const linkField = placesOf(linkFields)
export const spanWidth: number = spanFields.length
export const eventWidth: number = eventFields.length
export const linkWidth: number = linkFields.length

function placesOf<N extends string>(names: readonly N[]): Readonly<Record<N, number>> {
  return Object.fromEntries(names.map((name, place) => [name, place])) as Record<N, number>
}

/** How far each array had been filled. */
export interface Mark {
  readonly spans: number
  readonly attributes: number
  readonly events: number
  readonly links: number
}

/** Longer texts and attributes rarely repeat, and to look for them would cost more than to read them. */
const maxKnownLength = 512
/** What a value takes beside the bytes that it was read from: its object, its places in tables. */
const valueBytes = 120
/** What a trace takes beside its spans. */
const traceBytes = 150

/**
 * Spans in the order in which they arrived, as numbers: a row each, of codes and halves of 64-bit numbers. What codes
 * stand for is in the tables, each distinct value once: texts and attributes by the bytes that they were read from.
 */
export class SpanRows {
  readonly spans: Growing<Uint32Array> = growingCodes()
  readonly events: Growing<Uint32Array> = growingCodes()
  readonly links: Growing<Uint32Array> = growingCodes()
  /** Codes of attributes: those of each span, event and link next to each other. */
  readonly attributes: Growing<Uint32Array> = growingCodes()
  /** Two a link: of the trace and of the span, as hex. */
  readonly linkIds: string[] = []
  traceIds = new IdTable()
  tables: RowTables

  constructor(tables: RowTables = new RowTables()) {
    this.tables = tables
  }

  /** How many spans there are. */
  get length(): number {
    return this.spans.length / spanWidth
  }

  /** About the memory that it takes. */
  get byteLength(): number {
    const { spans, events, links, attributes, traceIds, tables } = this
    const numbers = spans.length + events.length + attributes.length + 16 * links.length
    return 4 * numbers + traceBytes * traceIds.size + tables.byteLength
  }

  mark(): Mark {
    const { spans, events, links, attributes } = this
    return { spans: spans.length, events: events.length, links: links.length, attributes: attributes.length }
  }

  /** Makes room for as much as had been filled at a mark: arrays that grow are copied, the larger they are the longer. */
  makeRoom({ spans, events, links, attributes }: Mark): void {
    const own = this.mark()
    this.spans.reserve(spans)
    this.events.reserve(events)
    this.links.reserve(links)
    this.attributes.reserve(attributes)
    this.reset(own)
  }

  /** Takes away what was added since the mark; the tables keep it. */
  reset({ spans, events, links, attributes }: Mark): void {
    this.spans.truncate(spans)
    this.events.truncate(events)
    this.links.truncate(links)
    this.attributes.truncate(attributes)
    this.linkIds.length = (links / linkWidth) * 2
  }

  /** Takes away all spans, and what the tables have once that is more than some bytes. */
  clear(maxTableBytes = 0): void {
    this.reset({ spans: 0, events: 0, links: 0, attributes: 0 })
    this.traceIds = new IdTable()
    if (this.tables.byteLength > maxTableBytes) this.tables = new RowTables()
  }
}

/** What the codes of rows stand for. */
export class RowTables {
  /** Names of spans and events, and trace states; the first is empty. */
  readonly texts = new ByteTable<string>(maxKnownLength)
  readonly attributes = new ByteTable<Attribute>(maxKnownLength)
  /** The first is none. */
  readonly statuses = new Dictionary<Status | null>(statusKey)
  readonly dropped = new Dictionary<DroppedCounts>(printDropped)
  readonly resources = new Dictionary<Resource | null>()
  readonly scopes = new Dictionary<Scope | null>()

  constructor() {
    const nothing = new DataView(new ArrayBuffer(0))
    this.texts.find(nothing, 0, 0)
    this.texts.add('', nothing, 0, 0)
    this.statuses.code(null)
    this.dropped.code(noneDropped)
  }

  get byteLength(): number {
    const { texts, attributes, resources, scopes } = this
    const sharedCount = resources.size + scopes.size
    const valueCount = texts.values.length + attributes.values.length + 8 * sharedCount
    return 2 * (texts.byteLength + attributes.byteLength) + valueBytes * valueCount
  }
}

/** What a span shares with others. */
export function sharedOf({ spans, tables }: SpanRows, row: number): Shared {
  const at = row * spanWidth
  return {
    resource: tables.resources.values[spans.at(at + spanField.resource)]!,
    scope: tables.scopes.values[spans.at(at + spanField.scope)]!,
  }
}
