import { StringCache } from '../../bytes/string-cache.ts'
import { Pieces } from '../../model/groups.ts'
import type { Trace } from '../../model/trace.ts'
import { firstKeys } from '../../wire/json/first-keys.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { splitValues } from '../../wire/json/split.ts'
import type { Format } from '../format.ts'
import type { Losses } from '../losses.ts'
import { SpanReader } from './span.ts'

const batchSpanCount = 1_000
const spanBegin = /^\{\s*"(?:traceId|parentId|id)"/

/** Zipkin's JSON, version 2: arrays of spans, arrays of traces (which are arrays), or spans in lines. See ZIPKIN.md. */
export const zipkin: Format = {
  name: 'zipkin',
  title: 'Zipkin v2 JSON',
  detect: head => {
    const keys = firstKeys(withoutOuterArray(head), [], true)
    return ['traceId', 'id'].every(key => keys.includes(key))
  },
  read,
}

async function* read(chunks: AsyncIterable<Uint8Array>, losses: Losses): AsyncIterable<readonly Trace[]> {
  const strings = new StringCache()
  const spans = new SpanReader(field => losses.drop(field))
  let pieces = new Pieces()
  let spanCount = 0
  for await (const { bytes, offset } of splitValues(chunks, spanBegin, losses)) {
    const found = losses.attempt('span', () => spans.read(new JsonReader(bytes, offset, strings)))
    if (found === undefined) continue
    pieces.add(found.traceId, found.span)
    if (++spanCount < batchSpanCount) continue
    yield pieces.traces()
    pieces = new Pieces()
    spanCount = 0
  }
  if (spanCount > 0) yield pieces.traces()
}

/** The head behind its first bracket where a second one follows. */
function withoutOuterArray(head: Uint8Array): Uint8Array {
  const text = Buffer.from(head.subarray(0, 1_000)).toString('latin1')
  const outer = /^(?:\xef\xbb\xbf)?\s*\[(?=\s*\[)/.exec(text)
  return outer === null ? head : head.subarray(outer[0].length)
}
