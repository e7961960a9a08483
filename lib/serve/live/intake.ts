import { encodeTraces, type OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { RowTrace, shredderOf } from '../../shred/row-traces.ts'
import { type Mark, type SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import type { LivePart } from './part.ts'

/** What was taken in of a request. */
export interface Taken {
  readonly spanCount: number
  /** Spans that were not, by reason. */
  readonly rejected: ReadonlyMap<string, number>
  /** What the log keeps; undefined where nothing was taken. */
  readonly payload: Uint8Array | undefined
  /** For `commit` of the part. */
  readonly mark: Mark
}

/** Why a span is not taken, by its row; undefined for one that is. */
export type Check = (rows: SpanRows, row: number) => string | undefined

/** Adds a request to a part, but for spans that a check rejects. One that cannot be read throws and adds nothing. */
export function takeIn(
  part: LivePart,
  request: Buffer,
  messages: OtlpMessages,
  check: Check,
  timeMillis: number,
): Taken {
  const { rows } = part
  const start = rows.length
  const before = rows.mark()
  messages.read(request, rows)
  const rejected = new Map<string, number>()
  const accepted: number[] = []
  for (let row = start; row < rows.length; row++) {
    const reason = check(rows, row)
    if (reason === undefined) accepted.push(row)
    else rejected.set(reason, (rejected.get(reason) ?? 0) + 1)
  }
  let payload: Uint8Array | undefined = accepted.length > 0 ? request : undefined
  if (rejected.size > 0) {
    payload = accepted.length > 0 ? encodeTraces(accepted.map(row => rowAlone(rows, row))) : undefined
    rows.reset(before)
    if (payload) messages.read(payload as Buffer, rows)
  }
  return { spanCount: accepted.length, rejected, payload, mark: part.arrived(start, timeMillis) }
}

/** A span as a piece of its trace. */
function rowAlone(rows: SpanRows, row: number): RowTrace {
  const id = rows.traceIds.hexOf(rows.spans.at(row * spanWidth + spanField.trace))
  return new RowTrace(id, rows, Uint32Array.of(row), shredderOf(rows))
}

/** Rejects spans whose ids are not those of OpenTelemetry: 16 and 8 bytes that are not all zero. */
export const checkIds: Check = (rows, row) => {
  const { spans, traceIds } = rows
  const at = row * spanWidth
  const trace = spans.at(at + spanField.trace)
  if (traceIds.byteLengthOf(trace) !== 16) return `trace id of ${traceIds.byteLengthOf(trace)} bytes, expected 16`
  if (traceIds.isZero(trace)) return 'trace id of zeros'
  const idLength = spans.at(at + spanField.idLengths) & 15
  if (idLength !== 8) return `span id of ${idLength} bytes, expected 8`
  if (spans.at(at + spanField.idHigh) === 0 && spans.at(at + spanField.idLow) === 0) return 'span id of zeros'
  const parentLength = spans.at(at + spanField.idLengths) >> 4
  return parentLength === 0 || parentLength === 8 ? undefined : `parent span id of ${parentLength} bytes, expected 8`
}
