import { withSubject } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import { Groups, type Shared } from '../../model/groups.ts'
import {
  type Link,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  spanCountOf,
  type Trace,
} from '../../model/trace.ts'
import { RowTrace } from '../../shred/row-traces.ts'
import { sharedOf } from '../../shred/rows.ts'
import { surrogatePath } from '../../wire/protobuf/surrogate.ts'
import { WireWriter } from '../../wire/protobuf/writer.ts'
import { writeAttributes } from './proto-value.ts'
import { writeCount, writeId, writeStatus, writeText } from './proto-write-fields.ts'
import { RowWriter } from './proto-write-rows.ts'

const chunkLength = 1 << 20

interface Open {
  resourceSpans: number
  scopeSpans: number
  schemaUrls: { resource: string; scope: string }
}

/**
 * Writes ResourceSpans span by span, and gives chunks of about a mebibyte of those that are complete. In this file a
 * tag is a field's number times 8 plus its wire type. What is protobuf's default (zero, empty) is left out.
 */
export class TracesWriter {
  readonly #wire = new WireWriter()
  readonly #spans = new SpanWriter(this.#wire)
  #groups = new Groups()
  readonly #resources = new WeakMap<Resource, Buffer>()
  readonly #scopes = new WeakMap<Scope, Buffer>()
  readonly #chunks: Uint8Array[] = []
  #open: Open | undefined
  #traceIndex = 0

  /** A lone surrogate is an error that begins with its path: `/12/spans/3/name: …`. */
  add(trace: Trace): void {
    let index = 0
    try {
      for (const spanCount = spanCountOf(trace); index < spanCount; index++) this.addSpan(trace, index)
    } catch (error) {
      throw withSubject(`/${this.#traceIndex}/spans/${index}${surrogatePath(trace.spans[index]!)}`, error)
    }
    this.#traceIndex++
  }

  addSpan(trace: Trace, index: number): void {
    this.#beginGroups(sharedAt(trace, index))
    const start = this.#wire.length
    this.#spans.write(trace, index)
    this.#groups.grow(this.#wire.length - start)
  }

  /** Adds a span that is a field already. */
  addField(shared: Shared, field: Uint8Array): void {
    this.#beginGroups(shared)
    this.#wire.raw(field)
    this.#groups.grow(field.length)
  }

  /** Adds ResourceSpans that share theirs with no span before or after them. */
  addWhole(chunks: readonly Uint8Array[]): void {
    this.end()
    this.#chunks.push(...chunks)
  }

  /** Ends what is open. */
  end(): void {
    if (this.#open !== undefined) this.#endResourceSpans(this.#open)
    this.#open = undefined
    this.#groups = new Groups()
    if (this.#wire.length > 0) this.#chunks.push(this.#wire.take())
  }

  get hasChunks(): boolean {
    return this.#chunks.length > 0
  }

  /** The chunks that are complete; none of them is held afterwards. */
  take(): Uint8Array[] {
    return this.#chunks.splice(0)
  }

  #beginGroups(span: Shared): void {
    const boundary = this.#groups.next(span)
    if (boundary === 'resource') this.#beginResourceSpans(span)
    else if (boundary === 'scope') this.#beginScopeSpans(span, this.#open!)
  }

  #beginResourceSpans({ resource, scope }: Shared): void {
    if (this.#open !== undefined) this.#endResourceSpans(this.#open)
    if (this.#wire.length >= chunkLength) this.#chunks.push(this.#wire.take())
    const resourceSpans = this.#wire.begin(0x0a)
    if (resource !== null) this.#wire.raw(once(this.#resources, resource, writeResource))
    const scopeSpans = this.#beginScope(scope)
    this.#open = {
      resourceSpans,
      scopeSpans,
      schemaUrls: { resource: resource?.schemaUrl ?? '', scope: scope?.schemaUrl ?? '' },
    }
  }

  #beginScopeSpans({ scope }: Shared, open: Open): void {
    this.#endScopeSpans(open)
    open.scopeSpans = this.#beginScope(scope)
    open.schemaUrls.scope = scope?.schemaUrl ?? ''
  }

  #beginScope(scope: Scope | null): number {
    const start = this.#wire.begin(0x12)
    if (scope !== null) this.#wire.raw(once(this.#scopes, scope, writeScope))
    return start
  }

  #endScopeSpans({ scopeSpans, schemaUrls }: Open): void {
    writeText(this.#wire, 0x1a, schemaUrls.scope)
    this.#wire.end(scopeSpans)
  }

  #endResourceSpans(open: Open): void {
    this.#endScopeSpans(open)
    writeText(this.#wire, 0x1a, open.schemaUrls.resource)
    this.#wire.end(open.resourceSpans)
  }
}

/** What a span shares with others. */
export function sharedAt(trace: Trace, index: number): Shared {
  return trace instanceof RowTrace ? sharedOf(trace.rows, trace.order[index]!) : trace.spans[index]!
}

/** Writes spans as fields of a ScopeSpans. */
export class SpanWriter {
  readonly #wire: WireWriter
  readonly #rows: RowWriter

  constructor(wire: WireWriter) {
    this.#wire = wire
    this.#rows = new RowWriter(wire)
  }

  write(trace: Trace, index: number): void {
    if (trace instanceof RowTrace) this.#rows.write(trace.traceId, trace.rows, trace.order[index]!)
    else writeSpan(this.#wire, trace.traceId, trace.spans[index]!)
  }
}

function writeSpan(wire: WireWriter, traceId: string, span: Span): void {
  const start = wire.begin(0x12)
  writeId(wire, 0x0a, traceId)
  writeId(wire, 0x12, span.spanId)
  writeText(wire, 0x1a, span.traceState)
  writeId(wire, 0x22, span.parentSpanId)
  writeText(wire, 0x2a, span.name)
  if (span.kind !== 0) wire.int32(0x30, span.kind)
  if (span.startNanos !== 0n) wire.fixed64(0x39, span.startNanos)
  if (span.endNanos !== 0n) wire.fixed64(0x41, span.endNanos)
  writeAttributes(wire, 0x4a, span.attributes)
  writeCount(wire, 0x50, span.droppedAttributesCount)
  for (const event of span.events) writeEvent(wire, event)
  writeCount(wire, 0x60, span.droppedEventsCount)
  for (const link of span.links) writeLink(wire, link)
  writeCount(wire, 0x70, span.droppedLinksCount)
  if (span.status !== null) {
    const statusStart = wire.begin(0x7a)
    writeStatus(wire, span.status)
    wire.end(statusStart)
  }
  if (span.flags !== 0) wire.fixed32(0x85, span.flags)
  wire.end(start)
}

function writeEvent(wire: WireWriter, event: SpanEvent): void {
  const start = wire.begin(0x5a)
  if (event.timeNanos !== 0n) wire.fixed64(0x09, event.timeNanos)
  writeText(wire, 0x12, event.name)
  writeAttributes(wire, 0x1a, event.attributes)
  writeCount(wire, 0x20, event.droppedAttributesCount)
  wire.end(start)
}

function writeLink(wire: WireWriter, link: Link): void {
  const start = wire.begin(0x6a)
  writeId(wire, 0x0a, link.traceId)
  writeId(wire, 0x12, link.spanId)
  writeText(wire, 0x1a, link.traceState)
  writeAttributes(wire, 0x22, link.attributes)
  writeCount(wire, 0x28, link.droppedAttributesCount)
  if (link.flags !== 0) wire.fixed32(0x35, link.flags)
  wire.end(start)
}

function writeResource(wire: WireWriter, resource: Resource): void {
  const start = wire.begin(0x0a)
  writeAttributes(wire, 0x0a, resource.attributes)
  writeCount(wire, 0x10, resource.droppedAttributesCount)
  wire.end(start)
}

function writeScope(wire: WireWriter, scope: Scope): void {
  const start = wire.begin(0x0a)
  writeText(wire, 0x0a, scope.name)
  writeText(wire, 0x12, scope.version)
  writeAttributes(wire, 0x1a, scope.attributes)
  writeCount(wire, 0x20, scope.droppedAttributesCount)
  wire.end(start)
}

/** The bytes of the field that holds the value, written once for each object. */
function once<T extends object>(written: WeakMap<T, Buffer>, value: T, write: (wire: WireWriter, value: T) => void) {
  return getOrInsert(written, value, () => {
    const wire = new WireWriter(1024)
    write(wire, value)
    return wire.take()
  })
}
