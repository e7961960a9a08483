import { Dictionary } from '../encodings/dictionary.ts'
import { getOrInsert } from '../maps.ts'
import type { Attribute, Resource, Scope, Status, Value } from '../model/trace.ts'
import { lengthOf } from './attributes.ts'
import type { DroppedCounts } from './field-texts.ts'
import { eventField, eventWidth, linkField, linkWidth, type RowTables, SpanRows, spanField, spanWidth } from './rows.ts'

/** Rows that a thread has read, for the rows of another one. */
export interface PackedRows {
  readonly spans: Uint32Array
  readonly events: Uint32Array
  readonly links: Uint32Array
  readonly attributes: Uint32Array
  readonly linkIds: readonly string[]
  /** Of the traces, as `IdTable` has them. */
  readonly traceIds: Uint32Array
  /** Which tables their codes are of, and what these have that was not packed before. */
  readonly tables: number
  readonly values: PackedValues
}

interface PackedValues {
  readonly texts: readonly string[]
  /** Attributes, as their keys, the key of each, and their values. */
  readonly keys: readonly string[]
  readonly keyCodes: Uint32Array
  readonly values: readonly Value[]
  readonly statuses: readonly (Status | null)[]
  readonly dropped: readonly DroppedCounts[]
  readonly resources: readonly Packed<Resource>[]
  readonly scopes: readonly Packed<Scope>[]
}

/** What spans share; equal sources are one object. */
interface Packed<T> {
  readonly value: T | null
  readonly source: string | undefined
}

/** What a value was read from, where it is known. */
export interface Sources {
  resource(value: Resource): string | undefined
  scope(value: Scope): string | undefined
}

/** What tables may take, with what the other thread keeps of them, before others follow. */
const maxTableBytes = 1 << 25

/** Packs rows; what their tables have is packed once. */
export class RowPacker {
  readonly rows = new SpanRows()
  readonly #sources: Sources
  #tables = 0
  #packed = countsOf(this.rows.tables, true)

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** All rows, which are taken away. */
  take(): PackedRows {
    const { spans, events, links, attributes, linkIds, traceIds } = this.rows
    const packed: PackedRows = {
      spans: spans.view().slice(),
      events: events.view().slice(),
      links: links.view().slice(),
      attributes: attributes.view().slice(),
      linkIds: [...linkIds],
      traceIds: traceIds.words().slice(),
      tables: this.#tables,
      values: this.#newValues(),
    }
    const { tables } = this.rows
    this.rows.clear(maxTableBytes)
    const isNew = this.rows.tables !== tables
    if (isNew) this.#tables++
    this.#packed = countsOf(this.rows.tables, isNew)
    return packed
  }

  #newValues(): PackedValues {
    const { texts, attributes, statuses, dropped, resources, scopes } = this.rows.tables
    const from = this.#packed
    const keys = new Dictionary<string>()
    const own = attributes.values.slice(from.attributes)
    const packed = <T extends object>(value: T | null, sourceOf: (value: T) => string | undefined): Packed<T> => ({
      value,
      source: value === null ? undefined : sourceOf(value),
    })
    return {
      texts: texts.values.slice(from.texts),
      keyCodes: Uint32Array.from(own, ({ key }) => keys.code(key)),
      keys: keys.values,
      values: own.map(({ value }) => value),
      statuses: statuses.values.slice(from.statuses),
      dropped: dropped.values.slice(from.dropped),
      resources: resources.values.slice(from.resources).map(one => packed(one, this.#sources.resource)),
      scopes: scopes.values.slice(from.scopes).map(one => packed(one, this.#sources.scope)),
    }
  }
}

/** How many values tables have; of those that are new to the other thread, none count. */
function countsOf({ texts, attributes, statuses, dropped, resources, scopes }: RowTables, isNew: boolean) {
  const count = (size: number) => (isNew ? 0 : size)
  return {
    texts: count(texts.values.length),
    attributes: count(attributes.values.length),
    statuses: count(statuses.size),
    dropped: count(dropped.size),
    resources: count(resources.size),
    scopes: count(scopes.size),
  }
}

/** Adds rows that other threads have packed, each thread's in their order, to rows that may be cleared between. */
export class RowUnpacker {
  readonly #rows: SpanRows
  /** By thread. */
  readonly #known = new Map<number, { readonly tables: number; readonly codes: CodesOf }>()
  /** Those that the codes are of. */
  #tables: RowTables
  #resources = new Map<string, Resource | null>()
  #scopes = new Map<string, Scope | null>()

  constructor(rows: SpanRows) {
    this.#rows = rows
    this.#tables = rows.tables
  }

  add(thread: number, packed: PackedRows): void {
    this.#addRows(packed, this.#codesOf(thread, packed))
  }

  #codesOf(thread: number, { tables, values }: PackedRows): CodesOf {
    if (this.#rows.tables !== this.#tables) this.#forgetCodes()
    let known = this.#known.get(thread)
    if (known?.tables !== tables) {
      known = { tables, codes: this.#newCodes() }
      this.#known.set(thread, known)
    }
    known.codes.add(values)
    return known.codes
  }

  #forgetCodes(): void {
    this.#tables = this.#rows.tables
    this.#resources = new Map()
    this.#scopes = new Map()
    for (const { codes } of this.#known.values()) codes.forget()
  }

  #newCodes(): CodesOf {
    const rows = this.#rows
    const shared = <T>({ value, source }: Packed<T>, known: Map<string, T | null>) =>
      source === undefined ? value : getOrInsert(known, source, () => value)
    return new CodesOf({
      text: text => (text === '' ? 0 : rows.tables.texts.addAlone(text, text.length)),
      attribute: one => rows.tables.attributes.addAlone(one, one.key.length + lengthOf([one])),
      status: status => rows.tables.statuses.code(status),
      dropped: counts => rows.tables.dropped.code(counts),
      resource: resource => rows.tables.resources.code(shared(resource, this.#resources)),
      scope: scope => rows.tables.scopes.code(shared(scope, this.#scopes)),
    })
  }

  #addRows({ spans, events, links, attributes, linkIds, traceIds }: PackedRows, codes: CodesOf): void {
    const rows = this.#rows
    const base = {
      events: rows.events.length / eventWidth,
      links: rows.links.length / linkWidth,
      attributes: rows.attributes.length,
    }
    const traces = rows.traceIds.codes(traceIds)
    for (let at = 0; at < spans.length; at += spanWidth) {
      spans[at + spanField.trace] = traces[spans[at + spanField.trace]!]!
      spans[at + spanField.name] = codes.texts.of(spans[at + spanField.name]!)
      spans[at + spanField.traceState] = codes.texts.of(spans[at + spanField.traceState]!)
      spans[at + spanField.status] = codes.statuses.of(spans[at + spanField.status]!)
      spans[at + spanField.dropped] = codes.dropped.of(spans[at + spanField.dropped]!)
      spans[at + spanField.resource] = codes.resources.of(spans[at + spanField.resource]!)
      spans[at + spanField.scope] = codes.scopes.of(spans[at + spanField.scope]!)
      spans[at + spanField.attributes]! += base.attributes
      spans[at + spanField.events]! += base.events
      spans[at + spanField.links]! += base.links
    }
    for (let at = 0; at < events.length; at += eventWidth) {
      events[at + eventField.name] = codes.texts.of(events[at + eventField.name]!)
      events[at + eventField.attributes]! += base.attributes
    }
    for (let at = 0; at < links.length; at += linkWidth) {
      links[at + linkField.traceState] = codes.texts.of(links[at + linkField.traceState]!)
      links[at + linkField.attributes]! += base.attributes
    }
    for (let at = 0; at < attributes.length; at++) attributes[at] = codes.attributes.of(attributes[at]!)
    rows.spans.pushAll(spans)
    rows.events.pushAll(events)
    rows.links.pushAll(links)
    rows.attributes.pushAll(attributes)
    for (const id of linkIds) rows.linkIds.push(id)
  }
}

/** Gives values codes in the tables of the rows. */
interface Coders {
  text(text: string): number
  attribute(attribute: Attribute): number
  status(status: Status | null): number
  dropped(counts: DroppedCounts): number
  resource(resource: Packed<Resource>): number
  scope(scope: Packed<Scope>): number
}

/** The codes of what the tables of another thread have. */
class CodesOf {
  readonly texts: ValueCodes<string>
  readonly attributes: ValueCodes<Attribute>
  readonly statuses: ValueCodes<Status | null>
  readonly dropped: ValueCodes<DroppedCounts>
  readonly resources: ValueCodes<Packed<Resource>>
  readonly scopes: ValueCodes<Packed<Scope>>

  constructor({ text, attribute, status, dropped, resource, scope }: Coders) {
    this.texts = new ValueCodes(text)
    this.attributes = new ValueCodes(attribute)
    this.statuses = new ValueCodes(status)
    this.dropped = new ValueCodes(dropped)
    this.resources = new ValueCodes(resource)
    this.scopes = new ValueCodes(scope)
  }

  add({ texts, keys, keyCodes, values, statuses, dropped, resources, scopes }: PackedValues): void {
    this.texts.add(texts)
    this.attributes.add(values.map((value, i) => ({ key: keys[keyCodes[i]!]!, value })))
    this.statuses.add(statuses)
    this.dropped.add(dropped)
    this.resources.add(resources)
    this.scopes.add(scopes)
  }

  forget(): void {
    for (const codes of [this.texts, this.attributes, this.statuses, this.dropped, this.resources, this.scopes])
      codes.forget()
  }
}

/** Values by the code of another thread, and their codes here, which they get when they are first used. */
class ValueCodes<T> {
  readonly #values: T[] = []
  readonly #codeOf: (value: T) => number
  #codes: number[] = []

  constructor(codeOf: (value: T) => number) {
    this.#codeOf = codeOf
  }

  add(values: readonly T[]): void {
    for (const value of values) this.#values.push(value)
  }

  of(code: number): number {
    let own = this.#codes[code]
    if (own === undefined) {
      own = this.#codeOf(this.#values[code]!)
      this.#codes[code] = own
    }
    return own
  }

  forget(): void {
    this.#codes = []
  }
}
