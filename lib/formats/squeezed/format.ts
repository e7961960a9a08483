import { LabError, naming } from '../../error.ts'
import type { Span, Trace } from '../../model/trace.ts'
import { readLines } from '../../wire/json/lines.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import type { Format } from '../format.ts'
import type { Losses } from '../losses.ts'
import { LineReader } from './line.ts'

const batchSpanCount = 1000
/** A trace with more spans in a row than this comes in several pieces, so that a batch has a bound. */
const maxPieceSpanCount = 16_384

/**
 * The NDJSON of the Python pipeline that this lab ports: a span a line, with twelve fields that all must be there.
 * - `trace_id` `trace-<8 digits>-<8 hex digits>` becomes 16 bytes: 8 zero bytes, the counter as a big-endian u32, the 4
 *   random bytes. Other forms are refused. A `parent_span_id` of null becomes the empty id.
 * - `service_name` becomes the resource `{service.name}`, `operation_name` the name; `kind` is 0, `scope` is null.
 * - `status_code` 0 becomes status 1 (ok), 1 becomes 2 (error), both without a message; another becomes null and counts
 *   as dropped, and so does a `status` other than OK for 0 and ERROR for 1.
 * - `tags` become attributes in order, by their JSON types: an integer is an int (64 bit), a number with a point or an
 *   exponent a double, a list an array, an object a kvlist, null the empty value.
 * - Each of `logs` becomes an event of the name `log`; `timestamp` is its time, the other fields its attributes in order.
 * - `duration_ns` is end - start; where it is not, it counts as dropped, and so do fields of other names.
 *
 * `printSqueezed` gives lines as the pipeline writes them back byte for byte.
 */
export const squeezed: Format = {
  name: 'squeezed',
  title: 'NDJSON of the Python pipeline',
  detect: looksSqueezed,
  read,
}

function looksSqueezed(head: Uint8Array): boolean {
  const end = head.indexOf(0x0a)
  const json = new JsonReader(end < 0 ? head : head.subarray(0, end))
  const missing = new Set(['trace_id', 'operation_name'])
  try {
    json.beginObject()
    for (let key = json.nextKey(); key !== undefined && missing.size > 0; key = json.nextKey()) {
      missing.delete(key)
      json.skip()
    }
  } catch (error) {
    if (!(error instanceof LabError)) throw error
  }
  return missing.size === 0
}

async function* read(chunks: AsyncIterable<Uint8Array>, losses: Losses): AsyncIterable<readonly Trace[]> {
  const lines = new LineReader(losses)
  let pieces: Trace[] = []
  let piece: Span[] = []
  let pieceId = ''
  let spanCount = 0
  for await (const line of readLines(chunks, undefined, losses)) {
    if (isBlank(line.bytes)) continue
    const parsed = losses.attempt('line', () => naming(`line ${line.line}`, () => lines.read(line.bytes, line.offset)))
    if (parsed === undefined) continue
    const { traceId, span } = parsed
    if (traceId !== pieceId || piece.length >= maxPieceSpanCount) {
      if (spanCount >= batchSpanCount) {
        yield pieces
        pieces = []
        spanCount = 0
      }
      piece = []
      pieceId = traceId
      pieces.push({ traceId, spans: piece })
    }
    piece.push(span)
    spanCount++
  }
  if (pieces.length > 0) yield pieces
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}
