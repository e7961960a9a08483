import type { ByteSink } from '../bytes/range.ts'
import { StringCache } from '../bytes/string-cache.ts'
import { splitDocuments } from '../json/split.ts'
import { equalAttributes } from '../model/difference.ts'
import type { Resource, Scope, Span, Trace } from '../model/trace.ts'
import { snakeCase } from './json-names.ts'
import { printResourceHead, printScopeHead, printSpan } from './json-print.ts'
import { newReadContext, readResourceSpans, type SpanOfTrace } from './json-read.ts'

const batchSpanCount = 1_000
const chunkLength = 1 << 20
const maxGroupLength = 1 << 23

/** A document is TracesData or an ExportTraceServiceRequest, or one of them as `trace` in the answer of Tempo's API. */
export const documentShape = {
  arrays: ['resourceSpans', snakeCase('resourceSpans'), 'batches'],
  wrappers: ['trace'],
}

/**
 * The traces of OTLP JSON, as pieces in the order of the input: one for each trace id within a ResourceSpans, which is
 * held whole. Documents may follow one another or lie in arrays; field names may be in camel or snake case, enums
 * numbers or names. `dropped` is told of every unknown field. A resource or scope that is absent but has a schema URL
 * becomes an empty one with that URL, and an attribute without a value one with the empty value; nothing else is
 * normalised. Errors begin with `byte N: ` and the path of fields.
 */
export async function* readOtlpJson(
  chunks: AsyncIterable<Uint8Array>,
  dropped: (field: string) => void = () => {},
): AsyncIterable<readonly Trace[]> {
  const context = newReadContext(new StringCache(), dropped)
  let batch: Trace[] = []
  let spanCount = 0
  for await (const { bytes, offset } of splitDocuments(chunks, documentShape, dropped)) {
    const spans = readResourceSpans(bytes, offset, context)
    for (const trace of groupByTrace(spans)) batch.push(trace)
    spanCount += spans.length
    if (spanCount < batchSpanCount) continue
    yield batch
    batch = []
    spanCount = 0
  }
  if (batch.length > 0) yield batch
}

function groupByTrace(items: readonly SpanOfTrace[]): Iterable<Trace> {
  const traces = new Map<string, { traceId: string; spans: Span[] }>()
  for (const { traceId, span } of items) {
    const trace = traces.get(traceId)
    if (trace === undefined) traces.set(traceId, { traceId, spans: [span] })
    else trace.spans.push(span)
  }
  return traces.values()
}

/**
 * Writes one TracesData document that keeps the order of the spans: neighbours with an equal resource and scope share a
 * group, which ends after 8 MiB so that a reader need not hold more. Read back it gives the same spans, even where a
 * resource or scope is absent, empty, or has nothing but a schema URL.
 */
export async function writeOtlpJson(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  const printer = new DocumentPrinter()
  for await (const traces of batches)
    for (const { traceId, spans } of traces)
      for (const span of spans) {
        printer.add(traceId, span)
        if (printer.length >= chunkLength) await sink.write(Buffer.from(printer.take()))
      }
  printer.end()
  await sink.write(Buffer.from(printer.take()))
}

/** Prints a document span by span; what is printed so far can be taken at any time. */
class DocumentPrinter {
  #text = '{"resourceSpans":['
  #last: Span | undefined
  #groupLength = 0

  get length(): number {
    return this.#text.length
  }

  take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  add(traceId: string, span: Span): void {
    const before = this.#text.length
    this.#text += this.#separator(span) + printSpan(traceId, span)
    this.#groupLength += this.#text.length - before
    this.#last = span
  }

  end(): void {
    this.#text += this.#last === undefined ? '\n]}\n' : ']}]}\n]}\n'
  }

  /** What stands between the last span and this one. */
  #separator(span: Span): string {
    const last = this.#last
    const isFull = this.#groupLength >= maxGroupLength
    if (last !== undefined && !isFull && equalResources(last.resource, span.resource))
      return equalScopes(last.scope, span.scope) ? ',' : `]},${printScopeHead(span.scope)}"spans":[`
    this.#groupLength = 0
    const head = `${printResourceHead(span.resource)}"scopeSpans":[${printScopeHead(span.scope)}"spans":[`
    return last === undefined ? `\n${head}` : `]}]},\n${head}`
  }
}

function equalResources(a: Resource | null, b: Resource | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  return (
    a.droppedAttributesCount === b.droppedAttributesCount &&
    a.schemaUrl === b.schemaUrl &&
    equalAttributes(a.attributes, b.attributes)
  )
}

function equalScopes(a: Scope | null, b: Scope | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  return a.name === b.name && a.version === b.version && equalResources(a, b)
}
