import { bufferOf } from '../../bytes/buffer.ts'
import { readHead } from '../../bytes/head.ts'
import type { Located } from '../../bytes/range.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { LabError } from '../../error.ts'
import { inBatches } from '../../model/batches.ts'
import { Pieces } from '../../model/groups.ts'
import type { Resource, Trace } from '../../model/trace.ts'
import { type DropContext, fieldsOf, into, readInto } from '../../wire/json/message.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { splitDocuments, splitValues } from '../../wire/json/split.ts'
import type { Format } from '../format.ts'
import type { Losses } from '../losses.ts'
import { type JaegerSpan, SpanReader } from './span.ts'

const headLength = 1 << 16
const answerShape = { arrays: ['data'], others: [], wrappers: [], maxWrapperDepth: 0 }
const traceBegin = /^\{\s*"(?:spans"|processes"|traceID"\s*:\s*"[^"]*"\s*,\s*"(?:spans|processes)")/

/** Jaeger's JSON: answers of its query API, downloads of its UI, trace objects alone or in arrays. See JAEGER.md. */
export const jaeger: Format = {
  name: 'jaeger',
  title: 'Jaeger JSON',
  detect: head => formOf(head) !== undefined,
  read: (chunks, losses) => inBatches(readObjects(chunks, losses)),
}

interface TraceObject {
  spans: readonly JaegerSpan[]
  processes: Map<string, Resource>
}

const traceFields = fieldsOf<TraceObject, SpanReader>({
  traceID: (_, reader) => {
    reader.string()
  },
  spans: into('spans', (reader, context) => context.readList(reader)),
  processes: (target, reader, context) => {
    reader.beginObject()
    for (let id = reader.nextKey(); id !== undefined; id = reader.nextKey())
      target.processes.set(id, context.readProcess(reader))
  },
  warnings: (_, reader, context: DropContext) => {
    reader.beginArray()
    while (reader.nextItem()) {
      reader.skip()
      context.dropped('warnings')
    }
  },
})

async function* readObjects(chunks: AsyncIterable<Uint8Array>, losses: Losses): AsyncIterable<readonly Trace[]> {
  const { head, chunks: input } = await readHead(chunks, headLength)
  const dropped = (field: string) => losses.drop(field)
  const form = losses.skipsBad ? formOfLines(head) : formOf(head)
  const objects =
    form === 'answer'
      ? splitDocuments(input, answerShape, { dropped, passed: () => {} }, losses)
      : splitValues(input, traceBegin, losses)
  const spans = new SpanReader(new StringCache(), losses)
  for await (const object of objects) yield losses.attempt('trace', () => readObject(object, spans, losses)) ?? []
}

/** The traces of one trace object, of which a span that stands in references as well comes once. */
function readObject({ bytes, offset }: Located, spans: SpanReader, losses: Losses): Trace[] {
  spans.forget()
  const reader = new JsonReader(bytes, offset, spans.strings)
  const empty: TraceObject = { spans: [], processes: new Map() }
  const object = readInto(reader, traceFields, empty, spans, ['spans'])
  reader.end()
  const pieces = new Pieces()
  const unused = new Set(object.processes.keys())
  for (const target of withInlined(object.spans, spans.takeInlined())) {
    const { traceId, span, processId, drops } = target
    const process = processId === undefined ? undefined : object.processes.get(processId)
    if (processId !== undefined) unused.delete(processId)
    if (processId !== undefined && process === undefined && span.resource === null) losses.drop('spans.processID')
    span.resource ??= process ?? null
    for (const field of drops) losses.drop(field)
    pieces.add(traceId, span)
  }
  for (const field of spans.takeDrops()) losses.drop(field)
  if (unused.size > 0) losses.drop('processes', unused.size)
  return pieces.traces()
}

/** The spans of the list, all of them, and those inlined that are not in it, once each. */
function withInlined(listed: readonly JaegerSpan[], inlined: readonly JaegerSpan[]): readonly JaegerSpan[] {
  if (inlined.length === 0) return listed
  const known = new Set(listed.map(identity))
  const others = inlined.filter(target => {
    const key = identity(target)
    return known.has(key) ? false : known.add(key)
  })
  return [...listed, ...others]
}

/** Spans of one id are two where client and server share it, so the id alone does not tell. */
function identity({ traceId, span, processId }: JaegerSpan): string {
  const { spanId, name, startNanos, endNanos } = span
  return JSON.stringify([traceId, spanId, name, String(startNanos), String(endNanos), processId])
}

/** Whether trace objects lie in answers or stand alone; undefined where the head is not of Jaeger's JSON. */
function formOf(head: Uint8Array): 'answer' | 'trace' | undefined {
  const text = bufferOf(head)
  const reader = new JsonReader(text[0] === 0xef ? text.subarray(3) : text)
  try {
    while (reader.peek() === 'array') {
      reader.beginArray()
      if (!reader.nextItem()) return undefined
    }
    return formOfObject(reader)
  } catch (error) {
    if (error instanceof LabError) return undefined
    throw error
  }
}

/** The same of the first line that tells, since the first of all may be bad. */
function formOfLines(head: Uint8Array): 'answer' | 'trace' | undefined {
  for (let start = 0; ; ) {
    const form = formOf(head.subarray(start))
    const end = head.indexOf(0x0a, start)
    if (form !== undefined || end < 0) return form
    start = end + 1
  }
}

function formOfObject(reader: JsonReader): 'answer' | 'trace' | undefined {
  const keys = new Set<string>()
  reader.beginObject()
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    if (key === 'spans') return keys.has('traceID') || beginsWithSpan(reader) ? 'trace' : undefined
    if (key === 'data' && beginsList(reader)) return formOfObject(reader) === 'trace' ? 'answer' : undefined
    if (key !== 'data') reader.skip()
    keys.add(key)
    if (keys.has('data') && (keys.has('total') || keys.has('errors'))) return 'answer'
  }
  return undefined
}

function beginsWithSpan(reader: JsonReader): boolean {
  if (!beginsList(reader)) return false
  reader.beginObject()
  return ['traceID', 'spanID', 'operationName', 'references'].includes(reader.nextKey() ?? '')
}

/** True where an array stands next and an item in it; null and an empty array are passed over. */
function beginsList(reader: JsonReader): boolean {
  if (reader.skipNull()) return false
  reader.beginArray()
  return reader.nextItem()
}
