import { encodeTraces, type OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { RowTrace, shredderOf } from '../../shred/row-traces.ts'
import { type Mark, type SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import type { TenantLimits } from '../config.ts'
import { AttributeCutter } from './cut-attributes.ts'
import { refuseIds } from './id-rule.ts'
import type { LivePart } from './part.ts'

/** What is taken of a request. */
export interface Sifted {
  readonly spanCount: number
  /** Spans that are not taken, by reason. */
  readonly rejected: ReadonlyMap<string, number>
  /** Texts in attributes that were cut. */
  readonly cutCount: number
  /** What is kept of it; undefined where nothing is taken. */
  readonly payload: Buffer | undefined
}

/** What was taken in of a request. */
export interface Taken extends Sifted {
  /** For `commit` of the part. */
  readonly mark: Mark
}

export interface SiftConfig {
  readonly messages: OtlpMessages
  readonly limits: TenantLimits
  /** Counts the bytes of a row's span for its trace; false where it has more than `maxBytes` then. */
  growTrace(row: number, byteLength: number, maxBytes: number): boolean
}

/** Adds a request to a part, but for spans that are rejected. One that cannot be read throws and adds nothing. */
export function takeIn(
  part: LivePart,
  request: Buffer,
  { messages, limits, timeMillis }: Omit<SiftConfig, 'growTrace'> & { readonly timeMillis: number },
): Taken {
  const start = part.rows.length
  const growTrace = (row: number, byteLength: number, maxBytes: number) => part.growTrace(row, byteLength, maxBytes)
  const sifted = sift(part.rows, request, { messages, limits, growTrace })
  return { ...sifted, mark: part.arrived(start, timeMillis) }
}

/** Adds the spans of a request to rows, within the limits, and gives what of it is kept. */
export function sift(rows: SpanRows, request: Buffer, { messages, limits, growTrace }: SiftConfig): Sifted {
  const before = rows.mark()
  const start = rows.length
  messages.read(request, rows)
  const { accepted, rejected } = sortOut(rows, start, request.length, { limits, growTrace })
  const cutter = limits.maxAttributeBytes === undefined ? undefined : new AttributeCutter(limits.maxAttributeBytes)
  const isCut = cutter !== undefined && hasLongAttributes(rows, start, before, cutter)
  let payload = accepted.length > 0 ? request : undefined
  if (rejected.size > 0 || isCut) {
    const pieces = accepted.map(row => rowAlone(rows, row))
    payload = payload && encodeTraces(isCut ? pieces.map(piece => cutter.cut(piece.object())) : pieces)
    rows.reset(before)
    if (payload) messages.read(payload, rows)
  }
  return { spanCount: accepted.length, rejected, cutCount: cutter?.count ?? 0, payload }
}

/** The rows from `start` on that are taken, and how many are not, by reason. */
function sortOut(
  rows: SpanRows,
  start: number,
  byteLength: number,
  { limits: { maxTraceBytes }, growTrace }: Pick<SiftConfig, 'limits' | 'growTrace'>,
) {
  const share = byteLength / (rows.length - start)
  const rejected = new Map<string, number>()
  const accepted: number[] = []
  for (let row = start; row < rows.length; row++) {
    let reason = checkIds(rows, row)
    if (reason === undefined && maxTraceBytes !== undefined && !growTrace(row, share, maxTraceBytes))
      reason = `trace of more than ${maxTraceBytes} bytes`
    if (reason === undefined) accepted.push(row)
    else rejected.set(reason, (rejected.get(reason) ?? 0) + 1)
  }
  return { accepted, rejected }
}

/** True where an attribute that came after a mark, or one that spans from `start` on share, has a long text. */
function hasLongAttributes(
  rows: SpanRows,
  start: number,
  { attributes: first }: Mark,
  cutter: AttributeCutter,
): boolean {
  const { attributes, spans, tables } = rows
  for (let i = first; i < attributes.length; i++)
    if (cutter.isLong(tables.attributes.values[attributes.at(i)]!.value)) return true
  const shared = new Set<number>()
  for (let row = start; row < rows.length; row++) {
    shared.add(2 * spans.at(row * spanWidth + spanField.resource))
    shared.add(2 * spans.at(row * spanWidth + spanField.scope) + 1)
  }
  const sharedAt = (code: number) => (code % 2 === 0 ? tables.resources : tables.scopes).values[code >> 1]
  return [...shared].some(code => cutter.hasLong(sharedAt(code)?.attributes))
}

/** A span as a piece of its trace. */
function rowAlone(rows: SpanRows, row: number): RowTrace {
  const id = rows.traceIds.hexOf(rows.spans.at(row * spanWidth + spanField.trace))
  return new RowTrace(id, rows, Uint32Array.of(row), shredderOf(rows))
}

/** Why the ids of a row are not taken. */
function checkIds({ spans, traceIds }: SpanRows, row: number): string | undefined {
  const at = row * spanWidth
  const trace = spans.at(at + spanField.trace)
  const lengths = spans.at(at + spanField.idLengths)
  return refuseIds({
    traceBytes: traceIds.byteLengthOf(trace),
    isTraceZero: traceIds.isZero(trace),
    spanBytes: lengths & 15,
    isSpanZero: spans.at(at + spanField.idHigh) === 0 && spans.at(at + spanField.idLow) === 0,
    parentBytes: lengths >> 4,
  })
}
