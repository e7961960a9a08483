import { StringCache } from '../../bytes/string-cache.ts'
import { naming } from '../../error.ts'
import { type Draft, newResource, newScope, newSpan } from '../../model/draft.ts'
import type { Resource, Scope, Span, Trace } from '../../model/trace.ts'
import { strictUnits, type Units } from '../../model/units.ts'
import { type Line, readLines } from '../../wire/json/lines.ts'
import { type DropContext, fieldsOf, into, readInto, readText, within } from '../../wire/json/message.ts'
import { isIntegerText, parseInt32, parseUint32, parseUint64 } from '../../wire/json/number.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { SharedObjects } from '../../wire/json/shared.ts'
import { type SpanOfTrace, spanFieldsOf } from '../../wire/otlp-json/span.ts'
import { parseAttributes } from './parse-value.ts'

const batchSpanCount = 1_000
const wholeBytes = /^(?:[0-9a-f]{2})*$/

interface Context extends DropContext {
  resources: SharedObjects<Resource>
  scopes: SharedObjects<Scope>
}

const fields = spanFieldsOf<DropContext>({
  readAttributes: parseAttributes,
  readId,
  readTime,
  readUint32: reader => parseUint32(reader.number(), reader),
  readKind: readInt32,
  readStatusCode: readInt32,
  required: { event: ['timeUnixNano', 'name'], link: ['traceId', 'spanId'] },
})
const schemaUrl = into<{ schemaUrl: string }, 'schemaUrl', DropContext>('schemaUrl', readText)
const resourceFields = fieldsOf<Draft<Resource>, DropContext>({ ...fields.resource, schemaUrl })
const scopeFields = fieldsOf<Draft<Scope>, DropContext>({ ...fields.scope, schemaUrl })
const lineFields = fieldsOf<SpanOfTrace, Context>({
  traceId: into('traceId', fields.traceId),
  ...within<'span', Draft<Span>, Context>('span', {
    ...fields.span,
    resource: into('resource', (reader, { resources }) => resources.read(reader)),
    scope: into('scope', (reader, { scopes }) => scopes.read(reader)),
  }),
})
const requiredFields = ['traceId', 'spanId', 'name', 'startTimeUnixNano', 'endTimeUnixNano']

/**
 * The traces of NDJSON: neighbouring lines of one trace id are one trace, batches end with a trace. Equal resources and
 * scopes are shared. `dropped` is told of every member that the format does not know; `units` decides about bad lines.
 * Errors begin with `line N: `.
 */
export async function* readTraces(
  chunks: AsyncIterable<Uint8Array>,
  dropped: (field: string) => void = () => {},
  units: Units = strictUnits,
): AsyncIterable<readonly Trace[]> {
  const parse = lineParser(dropped)
  let batch: Trace[] = []
  let spanCount = 0
  let traceId: string | undefined
  let spans: Span[] = []
  for await (const line of readLines(chunks, undefined, units)) {
    const parsed = units.attempt('line', () => parse(line))
    if (parsed === undefined) continue
    if (parsed.traceId !== traceId) {
      if (spanCount >= batchSpanCount) {
        yield batch
        batch = []
        spanCount = 0
      }
      traceId = parsed.traceId
      spans = []
      batch.push({ traceId, spans })
    }
    spans.push(parsed.span)
    spanCount++
  }
  if (batch.length > 0) yield batch
}

/** Parses line after line; undefined stands for a blank one. */
function lineParser(dropped: (field: string) => void): (line: Line) => SpanOfTrace | undefined {
  const strings = new StringCache()
  const context: Context = {
    dropped,
    resources: new SharedObjects((reader, drop) => readInto(reader, resourceFields, newResource(), drop), dropped),
    scopes: new SharedObjects((reader, drop) => readInto(reader, scopeFields, newScope(), drop), dropped),
  }
  return ({ bytes, line }) =>
    naming(`line ${line}`, () => {
      const reader = new JsonReader(bytes, 0, strings)
      return reader.isAtEnd() ? undefined : readSpanLine(reader, context)
    })
}

function readSpanLine(reader: JsonReader, context: Context): SpanOfTrace {
  const line = readInto(reader, lineFields, { traceId: '', span: newSpan() }, context, requiredFields)
  reader.end()
  return line
}

function readId(reader: JsonReader, maxDigits: number): string {
  const id = reader.string()
  if (id.length > maxDigits) return reader.fail(`${JSON.stringify(id)} is longer than ${maxDigits / 2} bytes`)
  return wholeBytes.test(id) ? id : reader.fail(`${JSON.stringify(id)} is not whole bytes in lower-case hex`)
}

function readTime(reader: JsonReader): bigint {
  const text = reader.string()
  return isIntegerText(text) ? parseUint64(text, reader) : reader.fail(`${JSON.stringify(text)} is no time`)
}

function readInt32(reader: JsonReader): number {
  return parseInt32(reader.number(), reader)
}
