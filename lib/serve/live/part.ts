import { firstWhere } from '../../bytes/search.ts'
import { groupRowsInTurns, type TraceGroups } from '../../shred/row-traces.ts'
import { type Mark, SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import { SeenSpans } from './seen-spans.ts'

/** Spans of a part that are visible, which stay as they are. */
export interface PartView {
  readonly rows: SpanRows
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
  readonly lastRow: number
}

/** The spans of one tenant in one segment of the log. */
export class LivePart {
  readonly rows = new SpanRows()
  readonly #seen = new SeenSpans(this.rows)
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
    const view = await this.viewSince(0)
    if (version === this.#version) this.#view = view
    return view
  }

  /** What became visible since there were so many spans. */
  async viewSince(spanCount: number): Promise<PartView> {
    const [taken, duplicates] = [this.#taken?.slice(), this.#duplicates]
    const isLeftOut =
      taken || duplicates.size > 0
        ? (row: number, trace: number) => taken?.[trace] === 1 || duplicates.has(row)
        : undefined
    const range = { start: spanCount, end: this.#durableSpans }
    return { rows: this.rows, groups: await groupRowsInTurns(this.rows, range, isLeftOut) }
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
    const live: LiveTrace[] = []
    for (const [i, trace] of traces.entries()) {
      const own = order.subarray(starts[i], starts[i + 1])
      const bornMillis = this.#born.get(trace) ?? this.#timeOf(own[0]!)
      const seenMillis = this.#timeOf(own.at(-1)!)
      const isLive = nowMillis - seenMillis < maxTraceIdleMillis && nowMillis - bornMillis < maxTraceLiveMillis
      if (isLive) live.push({ trace, place: i, spanCount: own.length, bornMillis, lastRow: own.at(-1)! })
    }
    live.sort((a, b) => b.lastRow - a.lastRow)
    let spanCount = 0
    const end = live.findIndex(one => {
      spanCount += one.spanCount
      return spanCount > maxSpans
    })
    return end < 0 ? live : live.slice(0, end)
  }

  /** When the first span of a trace arrived, which is in an older segment. */
  setBorn(traceId: string, millis: number): void {
    this.#born.set(this.rows.traceIds.find(traceId), millis)
  }

  #timeOf(row: number): number {
    return this.#arrivals[firstWhere(this.#arrivals.length, i => this.#arrivals[i]!.row > row) - 1]!.timeMillis
  }
}
