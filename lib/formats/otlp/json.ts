import type { ByteSink, Located } from '../../bytes/range.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { inBatches } from '../../model/batches.ts'
import { Groups, Pieces } from '../../model/groups.ts'
import type { Span, Trace } from '../../model/trace.ts'
import { strictUnits, type Units } from '../../model/units.ts'
import { splitDocuments } from '../../wire/json/split.ts'
import { snakeCase } from '../../wire/otlp-json/names.ts'
import { type Dialect, otlpDialect, printResourceHead, printScopeHead, printSpan, tempoDialect } from './json-print.ts'
import { newReadContext, readResourceSpans } from './json-read.ts'
import { type Dropped, readParts, signalNames } from './signals.ts'

const chunkLength = 1 << 16

/**
 * A document is TracesData or an ExportTraceServiceRequest, alone or within others, as the APIs of Tempo (`trace`) and
 * Jaeger (`result`) answer.
 */
export const documentShape = {
  arrays: ['resourceSpans', snakeCase('resourceSpans'), 'batches'],
  others: signalNames.flatMap(name => [name, snakeCase(name)]),
  wrappers: ['trace', 'traces', 'result', 'data'],
  maxWrapperDepth: 4,
}

/**
 * The traces of OTLP JSON, as pieces in the order of the input: for each trace id within a few thousand spans of a
 * ResourceSpans, whose text is held whole. Documents may follow one another, lie in arrays or other objects, or hold
 * other signals; field names may be in camel or snake case, enums numbers or names, ids hex or padded base64. `dropped`
 * is told of every unknown field. A resource or scope that is absent but has a schema URL becomes an empty one with that
 * URL, and an attribute without a value one with the empty value; nothing else is normalised. Errors begin with
 * `byte N: ` and the path of fields; `units` decides about bad spans, elements and documents.
 */
export function readOtlpJson(
  chunks: AsyncIterable<Uint8Array>,
  dropped: Dropped = () => {},
  units: Units = strictUnits,
): AsyncIterable<readonly Trace[]> {
  const context = newReadContext(new StringCache(), dropped)
  function* read({ bytes, offset }: Located) {
    for (const spans of readResourceSpans(bytes, offset, context, units)) {
      const pieces = new Pieces()
      for (const { traceId, span } of spans) pieces.add(traceId, span)
      yield pieces.traces()
    }
  }
  return inBatches(readParts(report => splitDocuments(chunks, documentShape, report, units), read, dropped))
}

/**
 * Writes one TracesData document that keeps the order of the spans: neighbours with an equal resource and scope share a
 * group, which ends after 8 MiB so that a reader need not hold more. Read back it gives the same spans, even where a
 * resource or scope is absent, empty, or has nothing but a schema URL.
 */
export async function writeOtlpJson(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  const printer = new SpanPrinter(otlpDialect)
  await sink.write(Buffer.from('{"resourceSpans":['))
  for await (const traces of batches)
    for (const { traceId, spans } of traces)
      for (const span of spans) {
        printer.add(traceId, span)
        if (printer.length >= chunkLength) await sink.write(Buffer.from(printer.take()))
      }
  printer.end()
  await sink.write(Buffer.from(`${printer.take()}\n]}\n`))
}

/** A trace as the array of ResourceSpans in which Tempo answers it. */
export function printTempoTrace({ traceId, spans }: Trace): string {
  const printer = new SpanPrinter(tempoDialect)
  for (const span of spans) printer.add(traceId, span)
  printer.end()
  return `[${printer.take()}]`
}

/** Prints a list of ResourceSpans span by span; what is printed so far can be taken at any time. */
class SpanPrinter {
  readonly #dialect: Dialect
  readonly #groups = new Groups()
  #text = ''

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

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
    this.#text += this.#separator(span) + printSpan(traceId, span, this.#dialect)
    this.#groups.grow(this.#text.length - before)
  }

  end(): void {
    if (!this.#groups.isEmpty) this.#text += ']}]}'
  }

  /** What stands between the last span and this one. */
  #separator(span: Span): string {
    const { isEmpty } = this.#groups
    const boundary = this.#groups.next(span)
    if (boundary === 'none') return ','
    const head = `${printScopeHead(span.scope, this.#dialect)}"spans":[`
    if (boundary === 'scope') return `]},${head}`
    return `${isEmpty ? '' : ']}]},'}\n${printResourceHead(span.resource, this.#dialect)}"scopeSpans":[${head}`
  }
}
