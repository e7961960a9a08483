import { getOrInsert } from '../../lib/maps.ts'
import type { Resource, Scope, Span, Trace } from '../../lib/model/trace.ts'
import { missingParent, noParent } from '../../lib/model/tree.ts'
import { IdModel } from './id-model.ts'
import { type Links, linksOf } from './parents.ts'
import { bitsOf, contextOf, interner, SymbolModel } from './symbol-model.ts'
import { TimeModel } from './time-model.ts'
import { type Place, printList, ValueModel } from './value-model.ts'

/** One line a field: what the model of that field is. */
export const referenceModelNotes: Record<string, string> = {
  'trace ids': 'the bits that vary among ids of the length, once a trace; 32-bit words that count up cost their step',
  'span ids': 'the same, once a span; an id that stands twice in its trace, or is the end of the trace id, as a symbol',
  parents: 'row of the parent relative to the child, given names and the row before; one outside the trace as an id',
  names: 'given the one to three names before in the trace; the end of the trace counts as a name',
  resources: 'given the name and the resource before; new ones attribute by attribute',
  scopes: 'given the name and the resource; new ones field by field',
  kinds: 'given the name and the resource',
  statuses: 'code and message as one symbol, given the name and the status before',
  starts: 'unit of the clock given the resource; then by size from the parent, or a sibling, given the name',
  durations: 'unit of the clock given the resource; then by size, or what is left of the parent, given name and status',
  'attribute keys': 'the list of keys as one symbol, given name and resource; new lists key by key',
  'attribute values': 'given key, name and the value before in the trace; new texts by character, new numbers by size',
  events: 'number given name and status; then as spans: name, time within the span, attributes',
  links: 'number given the name; ids raw',
  other: 'trace state, flags and dropped counts as one symbol, given the name',
}

const endOfTrace = 1

/**
 * An estimate of the bytes that an exact encoding by simple models would need. Every model is adaptive: a symbol costs
 * what those before it say, a new one an escape and its description, so the sum is the length of a code that a decoder
 * could follow. One pass, in memory that does not grow with the data past tables of fixed size.
 */
export class ReferenceModel {
  readonly #bits = new Map<string, number>()
  readonly #idOf = interner()
  readonly #values = new ValueModel(this.#idOf)
  readonly #times = new TimeModel()
  readonly #traceIds = new IdModel()
  readonly #spanIds = new IdModel()
  readonly #models = new Map<string, SymbolModel>()
  readonly #shared = new WeakMap<object, number>()

  /** Adds a trace. The order of traces matters, as it does to an encoder. */
  add(trace: Trace): void {
    const { spans } = trace
    this.#traceIds.add(trace.traceId)
    const names = spans.map(span => this.#idOf(span.name))
    this.#addNames(trace, names)
    const links = linksOf(spans)
    const resources = this.#addResources(spans, names)
    this.#addIds(trace, names)
    this.#addParents(trace, links, names)
    const statuses = this.#addStatuses(spans, names)
    const times = this.#times.cost(trace, links, { names, resources, statuses })
    this.#add('starts', times.starts)
    this.#add('durations', times.durations)
    const [before, eventsBefore] = [new Map<number, number>(), new Map<number, number>()]
    for (let row = 0; row < spans.length; row++) {
      const [span, name, resource] = [spans[row], names[row], resources[row]]
      this.#addSymbol('kinds', span.kind, 32, contextOf(name, resource), 0)
      this.#addScope(span, name, resource)
      this.#addAttributes(span, { owner: name, ownerText: span.name, before }, resource)
      this.#addEvents(span, name, statuses[row], eventsBefore)
      this.#addLinks(span, name, trace.traceId)
      this.#addOther(span, name)
    }
  }

  /** Bytes (whole numbers) by field, the largest first. */
  byField(): Record<string, number> {
    const bits = new Map(this.#bits)
    for (const [field, ids] of [
      ['trace ids', this.#traceIds],
      ['span ids', this.#spanIds],
    ] as const)
      bits.set(field, (bits.get(field) ?? 0) + ids.bits())
    const bytes = [...bits].map(([field, count]) => [field, Math.round(count / 8)] as const)
    return Object.fromEntries(bytes.filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]))
  }

  #add(field: string, bits: number): void {
    this.#bits.set(field, (this.#bits.get(field) ?? 0) + bits)
  }

  /** Adds a symbol; `newBits` describes one that was never seen. Returns whether it is such. */
  #addSymbol(
    field: string,
    symbol: number,
    newBits: number,
    first: number,
    second?: number,
    third?: number,
    fourth?: number,
  ): boolean {
    const model = getOrInsert(this.#models, field, () => new SymbolModel())
    const bits = bitsOf(model.take(symbol, first, second, third, fourth))
    this.#add(field, bits + (model.isNew ? newBits : 0))
    return model.isNew
  }

  #addText(field: string, text: string, kind: number): void {
    this.#add(field, this.#values.texts.cost(text, kind))
  }

  #addNames({ spans }: Trace, names: readonly number[]): void {
    let [last, before, third] = [0, 0, 0]
    for (let row = 0; row <= names.length; row++) {
      const symbol = row < names.length ? names[row] : endOfTrace
      const isNew = this.#addSymbol(
        'names',
        symbol,
        0,
        contextOf(last, before, third),
        contextOf(last, before),
        last,
        0,
      )
      if (isNew && row < names.length) this.#addText('names', spans[row].name, 1)
      third = before
      before = last
      last = symbol
    }
  }

  #addResources(spans: readonly Span[], names: readonly number[]): number[] {
    let last = 0
    return spans.map(({ resource }, row) => {
      const id = resource === null ? 1 : this.#sharedId(resource, () => printResource(resource))
      const isNew = this.#addSymbol('resources', id, 0, contextOf(names[row], last), names[row], 0)
      if (isNew && resource !== null) this.#addNewResource('resources', resource)
      last = id
      return id
    })
  }

  #addScope({ scope }: Span, name: number, resource: number): void {
    const id =
      scope === null ? 1 : this.#sharedId(scope, () => `${scope.name}\n${scope.version}\n${printResource(scope)}`)
    const isNew = this.#addSymbol('scopes', id, 0, contextOf(name, resource), resource, 0)
    if (!isNew || scope === null) return
    this.#addText('scopes', scope.name, 2)
    this.#addText('scopes', scope.version, 3)
    this.#addNewResource('scopes', scope)
  }

  #addNewResource(field: string, { attributes, droppedAttributesCount, schemaUrl }: Resource | Scope): void {
    const place = { owner: field.length, ownerText: field, before: new Map<number, number>() }
    this.#add(field, this.#values.listCost(attributes, place, 0).total + (droppedAttributesCount > 0 ? 32 : 1))
    this.#addText(field, schemaUrl, 4)
  }

  #sharedId(item: object, print: () => string): number {
    return getOrInsert(this.#shared, item, () => this.#idOf(print()))
  }

  #addIds({ traceId, spans }: Trace, names: readonly number[]): void {
    const seen = new Set<string>()
    for (let row = 0; row < spans.length; row++) {
      const { spanId } = spans[row]
      const source = seen.has(spanId) ? 2 : spanId !== '' && traceId.endsWith(spanId) ? 1 : 0
      this.#addSymbol('span ids', source, 1, names[row], 0)
      if (source === 0) this.#spanIds.add(spanId)
      else if (source === 2) this.#add('span ids', Math.log2(seen.size))
      seen.add(spanId)
    }
  }

  #addParents({ spans }: Trace, { parents }: Links, names: readonly number[]): void {
    let [last, lastName, lastOutside] = [0, 0, '']
    for (let row = 0; row < spans.length; row++) {
      const name = names[row]
      const { parentSpanId } = spans[row]
      const isKnown = parents[row] === missingParent && parentSpanId === lastOutside
      const symbol = parents[row] >= 0 ? parents[row] - row : (isKnown ? -3 : parents[row]) - 0x40000000
      const newBits = Math.log2(spans.length + 1)
      this.#addSymbol('parents', symbol, newBits, contextOf(name, last, lastName), contextOf(name, last), name, 0)
      if (parents[row] === missingParent && !isKnown) this.#add('parents', parentSpanId.length * 4)
      if (parents[row] === missingParent) lastOutside = parentSpanId
      last = parents[row] === noParent ? 0 : symbol
      lastName = name
    }
  }

  #addStatuses(spans: readonly Span[], names: readonly number[]): number[] {
    let last = 0
    return spans.map(({ status }, row) => {
      const symbol = status === null ? 1 : contextOf(status.code, this.#idOf(status.message))
      if (this.#addSymbol('statuses', symbol, 2, contextOf(names[row], last), names[row], 0) && status !== null)
        this.#addText('statuses', status.message, 5)
      last = symbol
      return symbol
    })
  }

  #addAttributes({ attributes }: Span, place: Place, resource: number): void {
    const { keys, total } = this.#values.listCost(attributes, place, resource)
    this.#add('attribute keys', keys)
    this.#add('attribute values', total - keys)
  }

  #addEvents(span: Span, name: number, status: number, before: Map<number, number>): void {
    const { events } = span
    this.#addSymbol('events', events.length, 16, contextOf(name, status), name, 0)
    let last = 0
    let lastNanos = span.startNanos
    for (const event of events) {
      const id = this.#idOf(event.name)
      if (this.#addSymbol('events', id, 0, contextOf(1, name, last), contextOf(1, name), 1))
        this.#addText('events', event.name, 6)
      const place = { owner: contextOf(id, name), ownerText: span.name, before }
      this.#add('events', this.#times.eventCost(event.timeNanos, lastNanos, span.endNanos, id, name))
      this.#add('events', this.#values.listCost(event.attributes, place, id).total)
      this.#addSymbol('events', event.droppedAttributesCount, 32, contextOf(2, id), 2)
      last = id
      lastNanos = event.timeNanos
    }
  }

  #addLinks({ links }: Span, name: number, traceId: string): void {
    this.#addSymbol('links', links.length, 16, name, 0)
    for (const link of links) {
      this.#addSymbol('links', link.traceId === traceId ? 1 : 0, 1, contextOf(1, name), 1)
      this.#add('links', (link.traceId === traceId ? 0 : link.traceId.length * 4) + link.spanId.length * 4)
      this.#addRest('links', `${link.flags} ${link.droppedAttributesCount} ${link.traceState}`, '0 0 ', name)
      const place = { owner: name, ownerText: '', before: new Map<number, number>() }
      this.#add('links', this.#values.listCost(link.attributes, place, 1).total)
    }
  }

  #addOther(span: Span, name: number): void {
    const counts = [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount]
    this.#addRest('other', `${span.flags} ${counts.join(' ')} ${span.traceState}`, '0 0 0 0 ', name)
  }

  /** The rarely used fields, printed, as one symbol. */
  #addRest(field: string, text: string, usual: string, name: number): void {
    const symbol = text === usual ? 1 : this.#idOf(text)
    if (this.#addSymbol(field, symbol, 1, contextOf(3, name), 3) && symbol !== 1) this.#addText(field, text, 7)
  }
}

function printResource({ attributes, droppedAttributesCount, schemaUrl }: Resource): string {
  return `${printList(attributes)}${droppedAttributesCount} ${schemaUrl}`
}
