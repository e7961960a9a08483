import { checkIds, spanKind } from '../../../encodings/ids.ts'
import { startsOf } from '../../../model/owners.ts'
import { type Span, spanIdDigits, type Trace, traceIdDigits } from '../../../model/trace.ts'
import { CodeMap } from '../../../shred/code-maps.ts'
import { type CodedColumn, pushDifference } from '../../../shred/columns.ts'
import { parseDropped } from '../../../shred/field-texts.ts'
import type { Segment } from '../../../shred/shred.ts'
import { SpanIds } from '../../../shred/span-ids.ts'
import type { Table } from '../../../shred/table.ts'
import { noRow } from '../../../shred/tree.ts'
import type { ColumnId } from '../layout/columns.ts'
import { OwnerAttributes } from './column-attributes.ts'
import { fillNanos, halvesOf } from './nanos.ts'
import type { OpenPageGroup } from './page-group.ts'
import { uint32 } from './page-group-columns.ts'

/** The traces of a page group as they are written to another file: from columns to columns, without spans or rows. */
export function shredderOfColumns(pageGroup: OpenPageGroup): ColumnShredder | undefined {
  const ids = spanIdsOf(pageGroup)
  return ids && new ColumnShredder(pageGroup, ids)
}

/** A trace among the columns of a page group; its spans are made when they are asked for. */
export class ColumnTrace implements Trace {
  readonly traceId: string
  readonly spanCount: number
  readonly #shredder: ColumnShredder
  readonly #trace: number
  readonly #spans: (trace: number) => readonly Span[]

  constructor(shredder: ColumnShredder, trace: number, spans: (trace: number) => readonly Span[]) {
    this.traceId = shredder.traceIds[trace]!
    this.spanCount = shredder.starts[trace + 1]! - shredder.starts[trace]!
    this.#shredder = shredder
    this.#trace = trace
    this.#spans = spans
  }

  get spans(): readonly Span[] {
    return this.#spans(this.#trace)
  }

  shred(segment: Segment): void {
    this.#shredder.shred(segment, this.#trace)
  }
}

/** The ids of spans; undefined where one repeats in its trace. */
function spanIdsOf({ ids, columns }: OpenPageGroup): SpanIds | undefined {
  const stored = ids.spanIdBytes()
  const texts = stored ? [] : ids.spanIds()
  const [traceIds, traceOf] = [ids.traceIds(), columns.traceOf()]
  if (repeats(texts, traceOf)) return undefined
  const spanIds = new SpanIds()
  let next = 0
  for (let row = 0; row < traceOf.length; row++)
    if (stored?.kinds[row] === spanKind.random) {
      spanIds.pushHalves(stored.bytes.readUInt32BE(next), stored.bytes.readUInt32BE(next + 4))
      next += 8
    } else spanIds.push(stored ? traceIds[traceOf[row]!]!.slice(spanIdDigits) : texts[row]!)
  return spanIds
}

function repeats(ids: readonly string[], traceOf: Uint32Array): boolean {
  const met = new Set<string>()
  return ids.some((id, row) => {
    if (traceOf[row] !== traceOf[row - 1]) met.clear()
    return met.size === met.add(id).size
  })
}

/** A coded column on its way to the columns of segments. */
class Coded<T> {
  readonly #values: readonly T[]
  readonly #codes: Uint32Array
  readonly #map: CodeMap<T>

  constructor({ values, codes }: Table<T>) {
    this.#values = values
    this.#codes = codes
    this.#map = new CodeMap(values)
  }

  clear(): void {
    this.#map.clear()
  }

  /** Adds the value of a row, and gives it where it is new to the column. */
  add(column: CodedColumn<T>, row: number): T | undefined {
    const code = this.#codes[row]!
    return this.#map.push(column, code) ? this.#values[code]! : undefined
  }

  at(row: number): T {
    return this.#values[this.#codes[row]!]!
  }
}

/** Adds traces of a page group to segments, in their order. All that it needs is decoded at the start. */
export class ColumnShredder {
  readonly traceIds: readonly string[]
  /** By trace its first span, and their number at the end. */
  readonly starts: ArrayLike<number>
  readonly #ids: SpanIds
  readonly #parents: { readonly rows: ArrayLike<number>; readonly ids: readonly string[] }
  readonly #coded: ReturnType<typeof codedColumns>
  readonly #numbers: ReturnType<typeof numberColumns>
  readonly #times: ReturnType<typeof timesOf>
  readonly #attributes: Readonly<Record<'span' | 'event' | 'link', OwnerAttributes>>
  #rows = new Int32Array(256)
  #segment: Segment | undefined

  constructor(pageGroup: OpenPageGroup, ids: SpanIds) {
    this.traceIds = pageGroup.ids.traceIds()
    this.starts = pageGroup.columns.traceStarts()
    this.#ids = ids
    this.#parents = pageGroup.ids.parents()
    this.#coded = codedColumns(pageGroup)
    this.#numbers = numberColumns(pageGroup)
    this.#times = timesOf(pageGroup)
    const attributes = (owner: 'span' | 'event' | 'link') => new OwnerAttributes(pageGroup, owner)
    this.#attributes = { span: attributes('span'), event: attributes('event'), link: attributes('link') }
  }

  shred(segment: Segment, trace: number): void {
    if (segment !== this.#segment) this.#begin(segment)
    const [start, end] = [this.starts[trace]!, this.starts[trace + 1]!]
    const { ids } = this.#parents
    const row = segment.spanCount
    const first = segment.beginTrace(
      this.traceIds[trace]!,
      end - start,
      this.#parentRows(start, end),
      i => ids[start + i]!,
    )
    const { spans } = this.#times
    segment.setStart(spans[2 * (start + first)]!, spans[2 * (start + first) + 1]!)
    this.#addIds(segment, start, end)
    this.#addFields(segment, start, end)
    for (let span = start; span < end; span++) {
      this.#addTimes(segment, span)
      this.#attributes.span.add(segment.span.attributes, span)
      this.#addEvents(segment, span, row + span - start)
      this.#addLinks(segment, span, row + span - start)
    }
  }

  #begin(segment: Segment): void {
    this.#segment = segment
    for (const column of Object.values(this.#coded)) column.clear()
    for (const attributes of Object.values(this.#attributes)) attributes.clear()
  }

  #parentRows(start: number, end: number): Int32Array {
    const { rows, ids } = this.#parents
    if (end - start > this.#rows.length) this.#rows = new Int32Array(2 * (end - start))
    for (let row = start; row < end; row++) {
      const parent = rows[row]!
      this.#rows[row - start] = parent >= 0 ? parent - start : ids[row] === '' ? noRow.none : noRow.outside
    }
    return this.#rows
  }

  #addIds({ span: { ids } }: Segment, start: number, end: number): void {
    const { halves, others } = this.#ids
    for (let row = start; row < end; row++) {
      const other = others.size === 0 ? undefined : others.get(row)
      if (other === undefined) ids.pushHalves(halves.at(2 * row), halves.at(2 * row + 1))
      else ids.push(other)
    }
  }

  #addFields(segment: Segment, start: number, end: number): void {
    const { span } = segment
    const { names, statuses, traceStates, dropped, resources, scopes } = this.#coded
    const { kinds, flags, eventStarts, linkStarts } = this.#numbers
    for (let row = start; row < end; row++) {
      segment.addText(names.at(row))
      segment.addText(traceStates.at(row))
      names.add(span.names, row)
      span.kinds.push(kinds[row]!)
      statuses.add(span.statuses, row)
      traceStates.add(span.traceStates, row)
      span.flags.push(flags[row]!)
      dropped.add(span.droppedCounts, row)
      segment.addShared(resources.add(span.resources, row) ?? null)
      segment.addShared(scopes.add(span.scopes, row) ?? null)
      span.eventCounts.push(eventStarts[row + 1]! - eventStarts[row]!)
      span.linkCounts.push(linkStarts[row + 1]! - linkStarts[row]!)
    }
  }

  #addTimes(segment: Segment, span: number): void {
    const { spans, ends } = this.#times
    segment.addTimes(spans[2 * span]!, spans[2 * span + 1]!, ends[2 * span]!, ends[2 * span + 1]!)
  }

  #addEvents(segment: Segment, span: number, row: number): void {
    const { eventStarts, eventDropped } = this.#numbers
    const { spans, events } = this.#times
    const columns = segment.event
    for (let event = eventStarts[span]!; event < eventStarts[span + 1]!; event++) {
      columns.spanRows.push(row)
      const at = 2 * event
      pushDifference(columns.times, events[at]!, events[at + 1]!, spans[2 * span]!, spans[2 * span + 1]!)
      segment.addText(this.#coded.eventNames.at(event))
      this.#coded.eventNames.add(columns.names, event)
      columns.droppedCounts.push(eventDropped[event]!)
      this.#attributes.event.add(columns.attributes, event)
    }
  }

  #addLinks(segment: Segment, span: number, row: number): void {
    const { linkStarts, linkFlags, linkDropped } = this.#numbers
    const { linkTraceIds, linkSpanIds, linkStates } = this.#coded
    const columns = segment.link
    for (let link = linkStarts[span]!; link < linkStarts[span + 1]!; link++) {
      columns.spanRows.push(row)
      columns.traceIds.push(linkTraceIds.at(link))
      columns.spanIds.push(linkSpanIds.at(link))
      segment.addText(linkStates.at(link))
      linkStates.add(columns.traceStates, link)
      columns.flags.push(linkFlags[link]!)
      columns.droppedCounts.push(linkDropped[link]!)
      this.#attributes.link.add(columns.attributes, link)
    }
  }
}

function codedColumns({ columns }: OpenPageGroup) {
  const { pages, spanCount } = columns
  const [eventCount, linkCount] = [columns.ownerCount('event'), columns.ownerCount('link')]
  const texts = (name: ColumnId, count: number) => new Coded(columns.table(name, count, text => text))
  const ids = (name: 'link.traceId' | 'link.spanId', digits: number) => {
    const table = columns.table(name, linkCount, text => text)
    checkIds(table.values, digits, message => pages.fail(name, message))
    return new Coded(table)
  }
  const fail = (message: string) => pages.fail('span.dropped', message)
  return {
    names: texts('span.name', spanCount),
    statuses: new Coded(columns.statuses()),
    traceStates: texts('span.traceState', spanCount),
    dropped: new Coded(columns.table('span.dropped', spanCount, text => parseDropped(text, fail))),
    resources: new Coded(columns.resources()),
    scopes: new Coded(columns.scopes()),
    eventNames: texts('event.name', eventCount),
    linkTraceIds: ids('link.traceId', traceIdDigits),
    linkSpanIds: ids('link.spanId', spanIdDigits),
    linkStates: texts('link.traceState', linkCount),
  }
}

function numberColumns({ columns }: OpenPageGroup) {
  const { pages, spanCount } = columns
  const [eventCount, linkCount] = [columns.ownerCount('event'), columns.ownerCount('link')]
  return {
    kinds: columns.spanKinds(),
    flags: pages.plain('span.flags', spanCount, 0, uint32),
    eventStarts: startsOf(columns.eventCounts()),
    linkStarts: startsOf(columns.linkCounts()),
    eventDropped: pages.plain('event.dropped', eventCount, 0, uint32),
    linkFlags: pages.plain('link.flags', linkCount, 0, uint32),
    linkDropped: pages.plain('link.dropped', linkCount, 0, uint32),
  }
}

/** Of spans their starts and ends, and the times of events: each as two halves. */
function timesOf({ times, columns }: OpenPageGroup) {
  const [traceOf, eventSpans] = [columns.traceOf(), columns.eventSpans()]
  const bases = halvesOf(times.traceStarts())
  const fail = (message: string) => columns.pages.fail('times', message)
  const spans = new Uint32Array(2 * columns.spanCount)
  const ends = new Uint32Array(2 * columns.spanCount)
  const events = new Uint32Array(2 * eventSpans.length)
  const placeOf = (row: number) => 2 * row
  fillNanos(spans, placeOf, times.startOffsets(), bases, row => 2 * traceOf[row]!, fail)
  fillNanos(ends, placeOf, times.durations(), spans, placeOf, fail)
  if (events.length > 0) fillNanos(events, placeOf, times.eventOffsets(), spans, row => 2 * eventSpans[row]!, fail)
  return { spans, ends, events }
}
