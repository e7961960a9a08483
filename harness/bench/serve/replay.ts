import { encodeTraces } from '../../../lib/formats/otlp/proto-message.ts'
import { getOrInsert } from '../../../lib/maps.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { weightOf } from '../../../lib/sampling/threshold.ts'
import { findPlaces, type PatchPlaces } from './patch-places.ts'
import { idIn, roundKey, spanIdOf } from './span-number.ts'

/** Spans per request, as a collector's batch processor sends them. */
export const batchSpans = 512

interface Request {
  readonly body: Buffer
  readonly places: PatchPlaces
  readonly spanCount: number
  round: number
  /** What has been added to its times. */
  shift: bigint
}

/** When the last span of a round ends, in nanoseconds. */
export type EndOf = (round: number, replay: Replay) => bigint

/** One request of one round. */
export interface Sending {
  readonly round: number
  readonly index: number
  readonly body: Buffer
  readonly spanCount: number
}

/**
 * The spans of a capture as requests, to be sent any number of times: each round has ids of its own, and its last span
 * ends when the round begins.
 */
export class Replay {
  readonly spanCount: number
  /** The length of the capture. */
  readonly lengthNanos: bigint
  readonly #requests: Request[]
  readonly #endNanos: bigint
  #round = 0
  #index = 0
  #shift: bigint | undefined

  readonly #endOf: EndOf
  readonly #spans: readonly Numbered[]

  constructor(traces: readonly Trace[], endOf: EndOf = nowNanos) {
    const spans = numbered(traces)
    this.#spans = spans
    this.#endOf = endOf
    this.spanCount = spans.length
    this.#endNanos = spans.at(-1)!.span.endNanos
    this.lengthNanos = this.#endNanos - spans.reduce((first, { span }) => min(first, span.startNanos), this.#endNanos)
    this.#requests = []
    for (let start = 0; start < spans.length; start += batchSpans)
      this.#requests.push(requestOf(spans.slice(start, start + batchSpans)))
  }

  get requestCount(): number {
    return this.#requests.length
  }

  /** How many spans a request has. */
  spansOf(index: number): number {
    return this.#requests[index]!.spanCount
  }

  /** The ids of the traces of a round, and how many spans each has. */
  tracesOf(round: number): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { traceId } of this.#spans) counts.set(traceId, (counts.get(traceId) ?? 0) + 1)
    return new Map(Array.from(counts, ([id, count]) => [idIn(round, id), count]))
  }

  /** The traces of a round, as they are sent. */
  traces(round: number): Trace[] {
    const shift = this.#endOf(round, this) - this.#endNanos
    const traces = new Map<string, Span[]>()
    for (const { traceId, span } of this.#spans)
      getOrInsert(traces, idIn(round, traceId), () => []).push(shifted(span, round, shift))
    return Array.from(traces, ([traceId, spans]) => ({ traceId, spans }))
  }

  /** How many spans of a round start after `start` and not after `end`. */
  countStarts(round: number, start: bigint, end: bigint): number {
    const shift = this.#endOf(round, this) - this.#endNanos
    const isIn = (nanos: bigint) => nanos > start && nanos <= end
    return this.#spans.filter(({ span }) => isIn(span.startNanos + shift)).length
  }

  /** The request that comes next. */
  next(): Sending {
    const [round, index] = [this.#round, this.#index]
    this.#shift ??= this.#endOf(round, this) - this.#endNanos
    const request = this.#requests[index]!
    patch(request, round, this.#shift)
    if (++this.#index === this.#requests.length) {
      this.#index = 0
      this.#round++
      this.#shift = undefined
    }
    // A copy: it may be on its way still when the request is patched for the next round.
    return { round, index, body: Buffer.from(request.body), spanCount: request.spanCount }
  }
}

interface Numbered {
  readonly traceId: string
  readonly span: Span
}

/**
 * In the order in which they end, with the ids of round 0. Each counts as one: the state of a span that was kept for many
 * is left out, for what is counted is compared with what was sent.
 */
function numbered(traces: readonly Trace[]): Numbered[] {
  const spans = traces.flatMap(({ traceId, spans }) => spans.map(span => ({ traceId, span })))
  spans.sort((a, b) => Number(a.span.endNanos - b.span.endNanos))
  const ids = new Map(spans.map(({ traceId, span }, number) => [`${traceId}${span.spanId}`, spanIdOf(number)]))
  return spans.map(({ traceId, span }, number) => {
    const parentSpanId = ids.get(`${traceId}${span.parentSpanId}`) ?? span.parentSpanId
    const traceState = weightOf(traceId, span.traceState) === 1 ? span.traceState : ''
    return { traceId, span: { ...span, traceState, spanId: spanIdOf(number), parentSpanId } }
  })
}

/** A span in another round. */
function shifted(span: Span, round: number, shift: bigint): Span {
  return {
    ...span,
    spanId: idIn(round, span.spanId),
    parentSpanId: span.parentSpanId === '' ? '' : idIn(round, span.parentSpanId),
    startNanos: span.startNanos + shift,
    endNanos: span.endNanos + shift,
    events: span.events.map(event => ({ ...event, timeNanos: event.timeNanos + shift })),
  }
}

function requestOf(spans: readonly Numbered[]): Request {
  const traces = new Map<string, Span[]>()
  for (const { traceId, span } of spans) getOrInsert(traces, traceId, () => []).push(span)
  const body = encodeTraces(Array.from(traces, ([traceId, spans]) => ({ traceId, spans })))
  return { body, places: findPlaces(body), spanCount: spans.length, round: 0, shift: 0n }
}

function patch(request: Request, round: number, shift: bigint): void {
  const { body, places } = request
  const key = (roundKey(round) ^ roundKey(request.round)) >>> 0
  for (const at of places.ids) body.writeUInt32BE((body.readUInt32BE(at) ^ key) >>> 0, at)
  const delta = BigInt.asUintN(64, shift - request.shift)
  const [high, low] = [Number(delta >> 32n), Number(delta & 0xffffffffn)]
  for (const at of places.times) {
    const sum = body.readUInt32LE(at) + low
    body.writeUInt32LE(sum % 2 ** 32, at)
    body.writeUInt32LE((body.readUInt32LE(at + 4) + high + Math.floor(sum / 2 ** 32)) % 2 ** 32, at + 4)
  }
  request.round = round
  request.shift = shift
}

function nowNanos(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
