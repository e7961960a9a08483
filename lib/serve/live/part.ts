import type { Range } from '../../bytes/range.ts'
import { firstWhere } from '../../bytes/search.ts'
import { groupRowsInTurns, type TraceGroups } from '../../shred/row-traces.ts'
import { type Mark, SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import { SeenSpans } from './seen-spans.ts'

/** Spans of a part that are visible, which stay as they are. */
export interface PartView {
  readonly rows: SpanRows
  /** Which rows they are among. */
  readonly range: Range
  readonly groups: TraceGroups
}

/** When a trace gets no more spans, as far as one can know. */
export interface LiveLimits {
  readonly maxTraceIdleMillis: number
  readonly maxTraceLiveMillis: number
}

/** A trace that may get more spans. */
export interface LiveTrace {
  readonly trace: number
  /** Where it is among the groups of the view. */
  readonly place: number
  readonly spanCount: number
  readonly bornMillis: number
}

/** The spans of one tenant in one segment of the log. */
export class LivePart {
  readonly rows = new SpanRows()
  readonly #seen: SeenSpans
  /** What is durable. */
  #durable = this.rows.mark()
  #durableSpans = 0
  /** Rows whose equal came before. */
  readonly #duplicates = new Set<number>()
  /** By trace: 1 where the next segment has taken it. */
  #taken: Uint8Array | undefined
  /** When rows arrived: the first of those of a request, and the time. */
  readonly #arrivals: { readonly row: number; readonly timeMillis: number }[] = []
  readonly #born = new Map<number, number>()
  /** By trace: bytes of its spans, where these are limited. */
  readonly #traceBytes = new Map<number, number>()
  #view: PartView | undefined
  /** Changes with what is visible. */
  #version = 0
  /** Traces of the rows that were counted. */
  readonly #traces = new Set<number>()
  #countedRows = 0

  /** With room for as much as another one had: tables that grow hold up a request, the larger they are the longer. */
  constructor(expected: Mark = this.rows.mark()) {
    this.rows.makeRoom(expected)
    this.#seen = new SeenSpans(this.rows, expected.spans / spanWidth)
  }

  /** How far its rows are durable. */
  get durable(): Mark {
    return this.#durable
  }

  /** The spans that are durable, whoever has them now. */
  get spanCount(): number {
    return this.#durableSpans
  }

  /** The traces of the part's own, not those that the next segment has taken: only new rows are looked at. */
  get traceCount(): number {
    for (; this.#countedRows < this.#durableSpans; this.#countedRows++)
      this.#traces.add(this.rows.spans.at(this.#countedRows * spanWidth + spanField.trace))
    return this.#traces.size - (this.#taken?.reduce((sum, isTaken) => sum + isTaken, 0) ?? 0)
  }

  get lastArrivalMillis(): number {
    return this.#arrivals.at(-1)?.timeMillis ?? 0
  }

  /** Ends what was added as rows from `start` on: equal spans count once. Returns what `commit` takes. */
  arrived(start: number, timeMillis: number): Mark {
    for (const row of this.#seen.enter(start)) this.#duplicates.add(row)
    this.#arrivals.push({ row: start, timeMillis })
    return this.rows.mark()
  }

  /** Counts the bytes of a row's span for its trace; false, and not counted, where it has more than `maxBytes` then. */
  growTrace(row: number, byteLength: number, maxBytes: number): boolean {
    const trace = this.rows.spans.at(row * spanWidth + spanField.trace)
    const total = (this.#traceBytes.get(trace) ?? 0) + byteLength
    if (total <= maxBytes) this.#traceBytes.set(trace, total)
    return total <= maxBytes
  }

  /** Makes visible what was added up to a mark: it is durable. */
  commit(mark: Mark): void {
    this.#durable = mark
    this.#durableSpans = mark.spans / spanWidth
    this.#changed()
  }

  /** Takes away what is not durable. */
  rollBack(): void {
    if (this.rows.spans.length === this.#durable.spans) return
    this.rows.reset(this.#durable)
    const isGone = (row: number) => row >= this.rows.length
    for (const row of this.#duplicates) if (isGone(row)) this.#duplicates.delete(row)
    while (isGone(this.#arrivals.at(-1)?.row ?? -1)) this.#arrivals.pop()
    this.#seen.rebuild()
  }

  /** Leaves traces out, which the next segment has. */
  take(traces: Iterable<number>): void {
    this.#taken ??= new Uint8Array(this.rows.traceIds.size)
    for (const trace of traces) this.#taken[trace] = 1
    this.#changed()
  }

  #changed(): void {
    this.#version++
    this.#view = undefined
  }

  /** What is visible in the turn in which it is asked for; other work has its turn meanwhile. */
  async view(): Promise<PartView> {
    if (this.#view !== undefined) return this.#view
    const version = this.#version
    const view = await this.viewOf({ start: 0, end: this.#durableSpans })
    if (version === this.#version) this.#view = view
    return view
  }

  /** What of a range of spans is visible, in the order in which they came. */
  async viewOf(range: Range): Promise<PartView> {
    const [taken, duplicates] = [this.#taken?.slice(), this.#duplicates]
    const isLeftOut =
      taken || duplicates.size > 0
        ? (row: number, trace: number) => taken?.[trace] === 1 || duplicates.has(row)
        : undefined
    const { rows } = this
    return { rows, range, groups: await groupRowsInTurns(rows, range, isLeftOut) }
  }

  /**
   * The traces of a view that may get more spans, those with the newest ones first: none of them is idle or old, and
   * together they have at most `maxSpans`.
   */
  liveTraces(
    { groups: { traces, starts, order } }: PartView,
    nowMillis: number,
    { maxTraceIdleMillis, maxTraceLiveMillis }: LiveLimits,
    maxSpans: number,
  ): LiveTrace[] {
    const lastRowOf = (place: number) => order[starts[place + 1]! - 1]!
    const firstIdle = this.#firstRowAfter(nowMillis - maxTraceIdleMillis)
    const places: number[] = []
    for (let place = 0; place < traces.length; place++) if (lastRowOf(place) >= firstIdle) places.push(place)
    places.sort((a, b) => lastRowOf(b) - lastRowOf(a))
    const live: LiveTrace[] = []
    let spanCount = 0
    for (const place of places) {
      const trace = traces[place]!
      const bornMillis = this.#born.get(trace) ?? this.#timeOf(order[starts[place]!]!)
      if (nowMillis - bornMillis >= maxTraceLiveMillis) continue
      const own = { trace, place, spanCount: starts[place + 1]! - starts[place]!, bornMillis }
      spanCount += own.spanCount
      if (spanCount > maxSpans) break
      live.push(own)
    }
    return live
  }

  /** The first row that arrived after a time. */
  #firstRowAfter(timeMillis: number): number {
    const arrivals = this.#arrivals
    return arrivals[firstWhere(arrivals.length, i => arrivals[i]!.timeMillis > timeMillis)]?.row ?? this.rows.length
  }

  /** When the first span of a trace arrived, which is in an older segment. */
  setBorn(traceId: string, millis: number): void {
    this.#born.set(this.rows.traceIds.find(traceId), millis)
  }

  #timeOf(row: number): number {
    return this.#arrivals[firstWhere(this.#arrivals.length, i => this.#arrivals[i]!.row > row) - 1]!.timeMillis
  }
}
