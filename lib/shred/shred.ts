import { growingCodes, growingNumbers } from '../bytes/growing.ts'
import { Numbers, timeLimit } from '../encodings/exact-numbers.ts'
import type { Resource, Scope, Status } from '../model/trace.ts'
import { AttributeShredder, lengthOf } from './attributes.ts'
import { CodedColumn, joinHalves, pushDifference } from './columns.ts'
import { type DroppedCounts, printDropped, statusKey } from './field-texts.ts'
import { SpanIds } from './span-ids.ts'
import { noRow, parentKind } from './tree.ts'

/**
 * A segment of whole traces as typed columns. Rows are numbered within the segment: a row of `span` columns is a span,
 * of `event` columns an event, and so on, each in the order of the data. Numbers and codes are typed arrays (`view()` of
 * a growing one; times are Float64Array with the few inexact ones beside), what codes stand for is in dictionaries of
 * strings, resources and scopes, and ids of traces are strings: all of it can be cloned to another thread, the arrays moved.
 *
 * Two drivers fill it, each trace by `beginTrace` and then span by span: objects.ts from traces, row-shredder.ts from
 * the rows that a reader of a wire format has made. Both give the same columns for the same spans.
 */
export class Segment {
  readonly trace = {
    ids: [] as string[],
    spanCounts: growingCodes(),
    /** Of the first root, nanoseconds after that of the trace before; of the first trace after `base`. */
    starts: new Numbers(),
  }
  readonly span = {
    ids: new SpanIds(),
    parentKinds: growingCodes(),
    /** Rows from the span back to its parent, or the position among the trace's outside ids; see `tree.ts`. */
    parentValues: growingNumbers(),
    outsideParents: [] as string[],
    names: new CodedColumn<string>(),
    kinds: growingNumbers(),
    statuses: new CodedColumn<Status | null>(statusKey),
    traceStates: new CodedColumn<string>(),
    flags: growingNumbers(),
    droppedCounts: new CodedColumn<DroppedCounts>(printDropped),
    resources: new CodedColumn<Resource | null>(),
    scopes: new CodedColumn<Scope | null>(),
    /** Nanoseconds after the start of the trace's first root. */
    starts: new Numbers(timeLimit),
    durations: new Numbers(timeLimit),
    eventCounts: growingNumbers(),
    linkCounts: growingNumbers(),
    attributes: new AttributeShredder(),
  }
  readonly event = {
    spanRows: growingCodes(),
    names: new CodedColumn<string>(),
    /** Nanoseconds after the span's start. */
    times: new Numbers(timeLimit),
    droppedCounts: growingNumbers(),
    attributes: new AttributeShredder(),
  }
  readonly link = {
    spanRows: growingCodes(),
    traceIds: [] as string[],
    spanIds: [] as string[],
    traceStates: new CodedColumn<string>(),
    flags: growingNumbers(),
    droppedCounts: growingNumbers(),
    attributes: new AttributeShredder(),
  }
  /** The start of the first trace, nanoseconds since the epoch. */
  base = 0n
  /** True if a span id repeats within a trace. */
  hasRepeatedIds = false
  #textLength = 0
  /** The start of the last trace, in halves of 32 bits. */
  #startHigh = 0
  #startLow = 0
  /** Of the starts of all spans, likewise. */
  #minHigh = 2 ** 32
  #minLow = 0
  #maxHigh = 0
  #maxLow = 0

  get spanCount(): number {
    return this.span.ids.length
  }

  /** Of the starts of all spans. */
  get minStart(): bigint {
    return joinHalves(this.#minHigh, this.#minLow)
  }

  get maxStart(): bigint {
    return joinHalves(this.#maxHigh, this.#maxLow)
  }

  /** The characters of strings that may have to be kept, roughly. */
  get textLength(): number {
    const { span, event, link } = this
    return this.#textLength + span.attributes.textLength + event.attributes.textLength + link.attributes.textLength
  }

  /** Traces, spans, events, links and attribute values: see `maxSegmentItems`. */
  get itemCount(): number {
    const { trace, span, event, link } = this
    const valueCount = span.attributes.valueCount + event.attributes.valueCount + link.attributes.valueCount
    return trace.ids.length + this.spanCount + event.spanRows.length + link.spanRows.length + valueCount
  }

  /**
   * Begins a trace and gives its first root. `parents` has, by span, the row of its parent or one of `noRow`;
   * `parentIdOf` is asked for ids that the trace lacks.
   */
  beginTrace(traceId: string, spanCount: number, parents: Int32Array, parentIdOf: (row: number) => string): number {
    this.trace.ids.push(traceId)
    this.trace.spanCounts.push(spanCount)
    const { parentKinds, parentValues } = this.span
    let first = -1
    this.#outside?.clear()
    for (let row = 0; row < spanCount; row++) {
      const parent = parents[row]!
      if (parent >= 0) {
        parentKinds.push(parentKind.inside)
        parentValues.push(row - parent)
        continue
      }
      if (first < 0) first = row
      if (parent === noRow.outside) this.#addOutside(parentIdOf(row))
      else {
        parentKinds.push(parentKind.none)
        parentValues.push(0)
      }
    }
    return Math.max(0, first)
  }

  /** The ids that the trace lacks, by their positions among them. */
  #outside: Map<string, number> | undefined

  #addOutside(id: string): void {
    this.#outside ??= new Map()
    const known = this.#outside.get(id)
    this.span.parentKinds.push(known === undefined ? parentKind.outside : parentKind.repeated)
    this.span.parentValues.push(known ?? 0)
    if (known !== undefined) return
    this.#outside.set(id, this.#outside.size)
    this.span.outsideParents.push(id)
  }

  /** Sets the start of the trace that was begun. */
  setStart(high: number, low: number): void {
    if (this.trace.ids.length === 1) {
      this.base = joinHalves(high, low)
      this.#startHigh = high
      this.#startLow = low
    }
    pushDifference(this.trace.starts, high, low, this.#startHigh, this.#startLow)
    this.#startHigh = high
    this.#startLow = low
  }

  /** Adds the times of a span. */
  addTimes(startHigh: number, startLow: number, endHigh: number, endLow: number): void {
    if (precedes(startHigh, startLow, this.#minHigh, this.#minLow)) {
      this.#minHigh = startHigh
      this.#minLow = startLow
    }
    if (precedes(this.#maxHigh, this.#maxLow, startHigh, startLow)) {
      this.#maxHigh = startHigh
      this.#maxLow = startLow
    }
    pushDifference(this.span.starts, startHigh, startLow, this.#startHigh, this.#startLow)
    pushDifference(this.span.durations, endHigh, endLow, startHigh, startLow)
  }

  /** Counts the characters of a text. */
  addText(text: string): void {
    this.#textLength += text.length
  }

  /** Counts those of a resource or scope that is new. */
  addShared(shared: Resource | Scope | null): void {
    if (shared !== null) this.#textLength += shared.schemaUrl.length + lengthOf(shared.attributes)
  }
}

function precedes(high: number, low: number, otherHigh: number, otherLow: number): boolean {
  return high < otherHigh || (high === otherHigh && low < otherLow)
}
