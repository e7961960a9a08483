import { checkIds, spanKind } from '../../../encodings/ids.ts'
import { startsOf } from '../../../model/owners.ts'
import { spanIdDigits, traceIdDigits } from '../../../model/trace.ts'
import { parseDropped } from '../../../shred/field-texts.ts'
import { RowTrace, shredderOf } from '../../../shred/row-traces.ts'
import { eventField, eventWidth, linkField, linkWidth, SpanRows, spanField, spanWidth } from '../../../shred/rows.ts'
import type { Table } from '../../../shred/table.ts'
import type { ColumnId, FieldOwner } from '../layout/columns.ts'
import { fillNanos, halvesOf } from './nanos.ts'
import type { OpenPageGroup } from './page-group.ts'
import { uint32 } from './page-group-columns.ts'
import type { RowCodes } from './row-codes.ts'

/** Decodes all of a page group to its traces, as rows: spans are made of them when they are asked for. */
export function decodeRows(pageGroup: OpenPageGroup, codes: RowCodes): RowTrace[] {
  codes.begin()
  const rows = new SpanRows(codes.tables)
  new RowDecoder(pageGroup, codes, rows).decode()
  const order = new Uint32Array(rows.length)
  for (let row = 0; row < order.length; row++) order[row] = row
  const starts = startsOf(pageGroup.columns.spanCounts())
  const shredder = shredderOf(rows)
  return pageGroup.ids
    .traceIds()
    .map((id, trace) => new RowTrace(id, rows, order.subarray(starts[trace], starts[trace + 1]), shredder))
}

/** Rows of one width, as they are filled. */
class Target {
  readonly #numbers: Uint32Array
  readonly #width: number

  constructor(numbers: Uint32Array, width: number) {
    this.#numbers = numbers
    this.#width = width
  }

  /** Fills a field with numbers by row. */
  fill(field: number, values: ArrayLike<number>): void {
    const [numbers, width] = [this.#numbers, this.#width]
    for (let row = 0, at = field; row < values.length; row++, at += width) numbers[at] = values[row]!
  }

  /** Fills a field with what `codeOf` gives for the values of a table. */
  fillTable<T>(field: number, { values, codes }: Table<T>, codeOf: (value: T) => number): void {
    const own = Uint32Array.from(values, codeOf)
    const [numbers, width] = [this.#numbers, this.#width]
    for (let row = 0, at = field; row < codes.length; row++, at += width) numbers[at] = own[codes[row]!]!
  }

  /** Fills two fields with a range of items by row: its start, and how many. */
  fillRanges(field: number, counts: ArrayLike<number>, first = 0): void {
    const [numbers, width] = [this.#numbers, this.#width]
    let start = first
    for (let row = 0, at = field; row < counts.length; row++, at += width) {
      numbers[at] = start
      numbers[at + 1] = counts[row]!
      start += counts[row]!
    }
  }
}

class RowDecoder {
  readonly #pageGroup: OpenPageGroup
  readonly #codes: RowCodes
  readonly #rows: SpanRows
  readonly #numbers: Uint32Array
  readonly #targets: Readonly<Record<FieldOwner, Target>>

  constructor(pageGroup: OpenPageGroup, codes: RowCodes, rows: SpanRows) {
    const { columns } = pageGroup
    this.#pageGroup = pageGroup
    this.#codes = codes
    this.#rows = rows
    rows.spans.extend(columns.spanCount * spanWidth)
    rows.events.extend(columns.ownerCount('event') * eventWidth)
    rows.links.extend(columns.ownerCount('link') * linkWidth)
    this.#numbers = rows.spans.view()
    this.#targets = {
      span: new Target(this.#numbers, spanWidth),
      event: new Target(rows.events.view(), eventWidth),
      link: new Target(rows.links.view(), linkWidth),
    }
  }

  decode(): void {
    this.#fields()
    this.#ids()
    this.#parents()
    this.#times()
    this.#events()
    this.#links()
    this.#attributes('span', spanField.attributes)
    this.#attributes('event', eventField.attributes)
    this.#attributes('link', linkField.attributes)
  }

  #fields(): void {
    const { columns } = this.#pageGroup
    const { pages, spanCount } = columns
    const { statuses, dropped, resources, scopes } = this.#rows.tables
    const { span } = this.#targets
    const fail = (message: string) => pages.fail('span.dropped', message)
    span.fillTable(spanField.name, this.#texts('span.name', spanCount), text => this.#codes.text(text))
    span.fillTable(spanField.resource, columns.resources(), resource => resources.code(resource))
    span.fillTable(spanField.scope, columns.scopes(), scope => scopes.code(scope))
    span.fill(spanField.kind, columns.spanKinds())
    span.fillTable(spanField.status, columns.statuses(), status => statuses.code(status))
    span.fillTable(spanField.traceState, this.#texts('span.traceState', spanCount), text => this.#codes.text(text))
    span.fill(spanField.flags, pages.plain('span.flags', spanCount, 0, uint32))
    span.fillTable(spanField.dropped, this.#texts('span.dropped', spanCount), text =>
      dropped.code(parseDropped(text, fail)),
    )
    span.fillRanges(spanField.events, columns.eventCounts())
    span.fillRanges(spanField.links, columns.linkCounts())
  }

  #texts(name: ColumnId, count: number): Table<string> {
    return this.#pageGroup.columns.table(name, count, text => text)
  }

  #ids(): void {
    const { ids, columns } = this.#pageGroup
    const stored = ids.spanIdBytes()
    const texts = stored ? undefined : ids.spanIds()
    const [traceIds, traceOf] = [ids.traceIds(), columns.traceOf()]
    const numbers = this.#numbers
    let next = 0
    for (let at = 0, row = 0; at < numbers.length; at += spanWidth, row++) {
      if (stored?.kinds[row] === spanKind.random) {
        numbers[at + spanField.idLengths] = 8
        numbers[at + spanField.idHigh] = stored.bytes.readUInt32BE(next)
        numbers[at + spanField.idLow] = stored.bytes.readUInt32BE(next + 4)
        next += 8
      } else {
        const id = texts ? texts[row]! : traceIds[traceOf[row]!]!.slice(spanIdDigits)
        numbers[at + spanField.idLengths] = id.length >> 1
        putId(numbers, at + spanField.idHigh, id)
      }
    }
  }

  #parents(): void {
    const { rows, ids } = this.#pageGroup.ids.parents()
    const numbers = this.#numbers
    for (let at = 0, row = 0; at < numbers.length; at += spanWidth, row++) {
      const parent = rows[row]! * spanWidth
      if (parent >= 0) {
        numbers[at + spanField.parentHigh] = numbers[parent + spanField.idHigh]!
        numbers[at + spanField.parentLow] = numbers[parent + spanField.idLow]!
        numbers[at + spanField.idLengths]! |= (numbers[parent + spanField.idLengths]! & 15) << 4
      } else if (ids[row] !== '') {
        putId(numbers, at + spanField.parentHigh, ids[row]!)
        numbers[at + spanField.idLengths]! |= (ids[row]!.length >> 1) << 4
      }
    }
  }

  #times(): void {
    const { times, columns } = this.#pageGroup
    const traceOf = columns.traceOf()
    const bases = halvesOf(times.traceStarts())
    const numbers = this.#numbers
    const fail = (message: string) => columns.pages.fail('times', message)
    const startOf = (row: number) => row * spanWidth + spanField.startHigh
    const endOf = (row: number) => row * spanWidth + spanField.endHigh
    fillNanos(numbers, startOf, times.startOffsets(), bases, row => 2 * traceOf[row]!, fail)
    fillNanos(numbers, endOf, times.durations(), numbers, startOf, fail)
    const events = this.#rows.events.view()
    if (events.length === 0) return
    const spanOf = columns.eventSpans()
    const timeOf = (row: number) => row * eventWidth + eventField.timeHigh
    fillNanos(events, timeOf, times.eventOffsets(), numbers, row => startOf(spanOf[row]!), fail)
  }

  #events(): void {
    const { columns } = this.#pageGroup
    const count = columns.ownerCount('event')
    const { event } = this.#targets
    event.fillTable(eventField.name, this.#texts('event.name', count), text => this.#codes.text(text))
    event.fill(eventField.dropped, columns.pages.plain('event.dropped', count, 0, uint32))
  }

  #links(): void {
    const { columns } = this.#pageGroup
    const { pages } = columns
    const count = columns.ownerCount('link')
    const { link } = this.#targets
    const [traceIds, spanIds] = [columns.texts('link.traceId', count), columns.texts('link.spanId', count)]
    checkIds(traceIds, traceIdDigits, message => pages.fail('link.traceId', message))
    checkIds(spanIds, spanIdDigits, message => pages.fail('link.spanId', message))
    for (let i = 0; i < count; i++) this.#rows.linkIds.push(traceIds[i]!, spanIds[i]!)
    link.fillTable(linkField.traceState, this.#texts('link.traceState', count), text => this.#codes.text(text))
    link.fill(linkField.flags, pages.plain('link.flags', count, 0, uint32))
    link.fill(linkField.dropped, pages.plain('link.dropped', count, 0, uint32))
  }

  /** Lists of attributes of all owners of a kind, and where each begins. */
  #attributes(owner: FieldOwner, field: number): void {
    const { columns, fields } = this.#pageGroup
    const { values: lists, codes } = columns.lists(owner)
    const { attributes } = this.#rows
    const counts = new Uint32Array(codes.length)
    let total = 0
    for (let row = 0; row < counts.length; row++) total += counts[row] = lists[codes[row]!]!.length
    this.#targets[owner].fillRanges(field, counts, attributes.length)
    const present = [...columns.shapes(owner).counts.keys()]
    const all = columns.context.block.toc.fields
    const values = new Array<Uint32Array>(all.length)
    for (const number of present) values[number] = this.#codes.attributes(number, all[number]!, fields)
    const next = new Uint32Array(values.length)
    let at = attributes.reserve(total)
    const { array } = attributes
    for (let row = 0; row < codes.length; row++) {
      const list = lists[codes[row]!]!
      for (let i = 0; i < list.length; i++) array[at++] = values[list[i]!]![next[list[i]!]!++]!
    }
  }
}

/** Puts an id as a number of 64 bits into two places. */
function putId(numbers: Uint32Array, at: number, id: string): void {
  const whole = id.padStart(spanIdDigits, '0')
  numbers[at] = Number.parseInt(whole.slice(0, 8), 16)
  numbers[at + 1] = Number.parseInt(whole.slice(8), 16)
}
