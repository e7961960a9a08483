import type { Parcel } from '../workers/message.ts'
import type { Shared } from '../workers/task.ts'
import type { Extent } from './extent.ts'
import type { Limits } from './limits.ts'
import type { AsHeld } from './merge.ts'
import type { Trace, Value, ValueType } from './trace.ts'
import type { ValueTest } from './value-test.ts'

/**
 * The waist between queries and formats: a query engine asks, a format answers with typed arrays. Neither knows the
 * other; both know this file.
 */

/** Whose attributes a column holds. A resource's and a scope's (`instrumentation`) hold for each of its spans. */
export type AttributeScope = 'span' | 'resource' | 'event' | 'link' | 'instrumentation'

/**
 * The fields that are no attributes. `trace:` columns have a row a trace, `span:` and `instrumentation:` columns a row
 * a span, `event:` and `link:` columns a row an event or link of the batch, in the order of their spans.
 *
 * Strings: ids (lower-case hex), names, `span:traceState`, `span:statusMessage`, `instrumentation:name`, `:version`.
 * Ints: `trace:root` (the row of the last span of the trace that names no parent: its parent id is empty; -1 where all
 * name one), `span:kind` and `span:status` (OTLP's numbers; 0 where there is no status), `span:start` and `event:time` (ns
 * since the epoch), `span:duration` (end less start, ns; may be negative, and ends where int64 does), `span:parent`:
 * the row of the parent in the batch (of spans with one id the first is the parent), -1 where the span names no parent
 * (its parent id is empty) and -2 where the trace lacks the one it names or it names itself.
 */
export type Intrinsic =
  | 'trace:id'
  | 'trace:root'
  | 'span:id'
  | 'span:parentID'
  | 'span:parent'
  | 'span:name'
  | 'span:kind'
  | 'span:status'
  | 'span:statusMessage'
  | 'span:traceState'
  | 'span:start'
  | 'span:duration'
  | 'event:name'
  | 'event:time'
  | 'link:traceID'
  | 'link:spanID'
  | 'instrumentation:name'
  | 'instrumentation:version'

/** An intrinsic, or scope, dot and key of an attribute: `span.http.method`. */
export type ColumnName = Intrinsic | `${AttributeScope}.${string}`

/** What compares a column with operands; a value meets it where it is so related to any of them. */
export type Relation = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'exists'

/**
 * A condition on one span (for `event.` and `link.` columns: on any of its events or links). Ints and doubles compare
 * by number; strings and bools by equality and order of their kind; values of another kind do not meet it. An array
 * meets it where an item does. `exists` has no operands.
 */
export interface Condition {
  readonly column: ColumnName
  readonly relation: Relation
  readonly operands: readonly Value[]
  /** With `exists`: only values that pass meet it. A hint that a source may try on what it holds distinct. */
  readonly test?: ValueTest | undefined
}

/** Met by a span that meets all conditions of one of the lists. */
export type SpanNeed = readonly (readonly Condition[])[]

/** Positions of traces: from `start` up to, not including, `end`. */
export interface TraceRange {
  readonly start: number
  readonly end: number
}

export interface ScanRequest {
  /** A trace is wanted where for each need some span meets it. No needs: all traces. A hint: more may come. */
  readonly needs: readonly SpanNeed[]
  /** Wanted are traces with a span that starts in [startNanos, endNanos). A hint as well. */
  readonly startNanos?: bigint | undefined
  readonly endNanos?: bigint | undefined
  /**
   * Wanted are the traces at these positions alone, ascending, as the source's `traceIds` number them. A hint too, for
   * sources whose batches know their first trace.
   */
  readonly positions?: Uint32Array | undefined
  /** Wanted are the traces at these positions alone: no hint, one of the source's `parts`. */
  readonly within?: TraceRange | undefined
  /** What will be read of every batch first: a source may fetch it in one go with what it needs itself. */
  readonly columns: readonly ColumnName[]
}

/** Values as distinct ones and a code each; codes of one batch say nothing of another's. */
export interface CodedValues {
  readonly codes: Uint32Array
  readonly dictionary: readonly Value[]
}

/** Ints and doubles that are exact as doubles: the value is `base` and the number. Doubles have base 0. */
export interface NumberValues {
  readonly base: bigint
  readonly numbers: Float64Array
}

/** Ints of which some are not exact as doubles over one base. */
export interface BigintValues {
  readonly bigints: BigInt64Array | BigUint64Array
}

/** Values of one type at some rows. Strings, bools, bytes, arrays, kvlists and empty values come coded. */
export interface ColumnData {
  readonly type: ValueType
  /** Ascending; a row repeats where a key does. Undefined: each row of the owner has one value, in order. */
  readonly rows?: Uint32Array | undefined
  readonly values: CodedValues | NumberValues | BigintValues
}

/** The columns that were read of one batch. */
export interface ColumnSet {
  /** A column a type that occurs; none where the batch has no value of that name. */
  get(name: ColumnName): readonly ColumnData[]
  /** By trace its first row, and `spanCount` at the end. */
  readonly traceStarts: Uint32Array
  /** By event or link: the row of its span, ascending. Known where a column of them was read. */
  readonly eventSpans: Uint32Array
  readonly linkSpans: Uint32Array
}

/** Whole traces, immutable. */
export interface SpanBatch {
  readonly spanCount: number
  /** The same object for the same spans in every scan: what was found out about them holds again. */
  readonly identity?: object | undefined
  /** The positions of its traces, as the `traceIds` of its source number them. */
  readonly positions?: TraceRange | undefined
  /** How many spans each span represents, where they were sampled; else each represents itself. */
  readonly weights?: Float64Array | undefined
  /**
   * Where the source knows it without reading: no span starts before the first or after the second (ns since the
   * epoch), so that spans can be counted by time without `span:start`.
   */
  readonly startExtent?: Extent | undefined
  /**
   * By span how many of some ascending times it starts after, at least for `rows`. For sources that need not decode every
   * start to know; the caller may overwrite it, and it is given up with the batch.
   */
  readonly startsAfter?: ((times: readonly bigint[], rows?: Uint32Array) => Promise<Int32Array>) | undefined
  /** Reads columns; with `rows` (ascending) at least the values of these spans. What was read before costs nothing. */
  read(columns: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet>
  /** The same for a worker, which reads by it as long as it is not released; nothing is read here any more. */
  share?(): Promise<SharedBatch | undefined>
  /** Gives memory back: nothing may be read afterwards, and columns that were read may hold anything. */
  release(): void
}

/** A batch as a worker opens it. */
export interface SharedBatch {
  /** What is needed to open it. */
  readonly input: Parcel<SharedInput>
  /** What batches of one file share. */
  readonly file: Shared
  /** So many batches that follow have been read with it: to ask for them costs nothing. */
  readonly readAhead: number
}

export interface SharedInput {
  /** The format that opens it. */
  readonly format: string
  readonly batch: unknown
  /** What its errors begin with. */
  readonly subject?: string | undefined
  /** The places of traces that are not to be given. */
  readonly leftOut?: readonly number[] | undefined
  /** The weights of its spans that are given, where it has any. */
  readonly weights?: Float64Array | undefined
}

/** An attribute that occurs: its key where, and the types of its values. */
export interface AttributeName {
  readonly scope: AttributeScope
  readonly key: string
  readonly types: readonly ValueType[]
}

/** The most that a scan reads and gives, as a source knows without reading. */
export interface Cost {
  readonly byteLength: number
  readonly spanCount: number
}

/** The ids of a source's traces, by their hashes; traces are numbered by their positions. */
export interface TraceIds {
  /** Ascending, of each trace that of `traceIdHash`: its upper `hashBits` bits, zeros below them. */
  readonly hashes: Uint32Array
  readonly hashBits: number
  /** By hash the position of its trace. */
  readonly positions: Uint32Array
  /** The ids at some positions, ascending. */
  at(positions: Uint32Array, limits?: Limits): Promise<readonly string[]>
}

/** Work on the batches of a scan, as data, that another process does: what a query asks, which it reads itself. */
export interface PortionWork {
  readonly name: string
  readonly content: object
}

/** A part of a source for which others answer. */
export interface Portion {
  /** What the work gives of each batch of its scan, in their order. */
  ask(work: PortionWork, limits: Limits): Promise<readonly unknown[]>
}

/** The parts of a source: one after the other they give the batches of its scan. */
export interface Portions {
  /** So many are asked at the same time. */
  readonly width: number
  /** Those that may have what is requested. */
  list(request: ScanRequest, limits: Limits): Promise<readonly Portion[]>
}

/** Something whose spans can be searched. Requests are pure data, so that they can cross processes. */
export interface SpanSource {
  scan(request: ScanRequest, limits?: Limits): AsyncIterable<SpanBatch>
  /** The traces with these ids, each spelling of an id a trace of its own: an id is given in any of its spellings. */
  findTraces(traceIds: readonly string[], limits?: Limits): AsyncIterable<Trace>
  /** When spans start: the first and the last, ns since the epoch. Undefined where it must be read, or there are none. */
  bounds(): Extent | undefined
  cost(request: ScanRequest): Cost
  /** The attributes that occur in any of its spans. */
  attributeNames(): Promise<readonly AttributeName[]>
  /** The distinct values of a column, where the source knows them without a scan; else undefined. */
  distinctValues?(column: ColumnName): Promise<readonly Value[] | undefined>
  /** The ids of its traces, where the source has them without a scan. They do not change. */
  readonly traceIds?: ((limits?: Limits) => Promise<TraceIds>) | undefined
  /**
   * Its traces in parts that can be scanned alone, each of so many bytes at most where that can be; they give the batches of
   * a whole scan. Absent where it cannot.
   */
  readonly parts?: ((maxBytes: number) => readonly TraceRange[]) | undefined
  /** What it holds of a trace, where that is not all; traces that are held as the same have the same. */
  readonly asHeld?: AsHeld | undefined
  /** Those whose spans it joins, where there are several: what was found out about one holds in every join of it. */
  readonly joined?: readonly SpanSource[] | undefined
  /** Absent where work is done here. */
  readonly portions?: Portions | undefined
  /** Which spans it may lack that it should have, in words; undefined where none. */
  readonly missing?: string | undefined
}
