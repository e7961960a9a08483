import type { Range } from '../../bytes/range.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { LabError } from '../../error.ts'
import { otherSignalOf } from '../../formats/otlp/proto-detect.ts'
import { refuseIds } from '../../serve/live/id-rule.ts'
import { WireReader } from '../../wire/protobuf/reader.ts'

/** What is not looked into: no strings are read, and what is unknown is kept. */
const context = { strings: new StringCache(1), dropped: () => {} }

const scopeSpansTag = 0x12
/** The name that scopes had before OTLP 0.15, with the same fields; it counts where the new one is absent. */
const olderTag = 1000 * 8 + 2

/** A ResourceSpans without its scopes, or a ScopeSpans without its spans: the bytes of all other fields. */
export interface Group {
  readonly tag: number
  readonly head: Buffer
  /** Of a ScopeSpans: the ResourceSpans that it is in. */
  readonly parent: Group | undefined
}

/** A span as it lies in the request, with its tag and length. */
export interface SpanBytes extends Range {
  readonly scope: Group
}

/** The ids of a span, of any length: views of the request. */
export interface SpanIds {
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId: Buffer
}

/** Why the ids of a span are not taken. */
export function checkIds({ traceId, spanId, parentSpanId }: SpanIds): string | undefined {
  return refuseIds({
    traceBytes: traceId.length,
    isTraceZero: isZero(traceId),
    spanBytes: spanId.length,
    isSpanZero: isZero(spanId),
    parentBytes: parentSpanId.length,
  })
}

function isZero(id: Buffer): boolean {
  for (let i = 0; i < id.length; i++) if (id[i] !== 0) return false
  return true
}

/** A reader of protobuf that keeps what it does not know. */
export function wireOf(bytes: Buffer): WireReader {
  return new WireReader(bytes, 0, context)
}

/**
 * Goes over the spans of an ExportTraceServiceRequest in their order, without decoding them: what is protobuf down to the
 * fields of the spans passes, else the error names byte and field.
 */
export function eachSpan(request: Buffer, visit: (span: SpanBytes, ids: SpanIds) => void): void {
  const wire = wireOf(request)
  let isFirst = true
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag !== 0x0a) {
      wire.skip(tag)
      continue
    }
    const range = wire.range('resourceSpans')
    // A look at the first is enough: a message holds one signal.
    const signal = isFirst ? otherSignalOf(wire.view(range)) : undefined
    if (signal !== undefined) throw new LabError('invalid', `holds ${signal}, expected resourceSpans`)
    isFirst = false
    wire.within(range, 'resourceSpans', () => visitScopes(wire, visit))
  }
}

function visitScopes(wire: WireReader, visit: (span: SpanBytes, ids: SpanIds) => void): void {
  const [scopes, older, head]: [Range[], Range[], Buffer[]] = [[], [], []]
  eachField(wire, (tag, start) => {
    if (tag === scopeSpansTag) scopes.push(wire.range('scopeSpans'))
    else if (tag === olderTag) older.push(wire.range('instrumentationLibrarySpans'))
    else {
      wire.skip(tag)
      head.push(wire.view({ start, end: wire.position }))
    }
  })
  const parent = { tag: 0x0a, head: Buffer.concat(head), parent: undefined }
  const [tag, found] = scopes.length > 0 ? [scopeSpansTag, scopes] : [olderTag, older]
  for (const range of found) wire.within(range, 'scopeSpans', () => visitSpans(wire, tag, parent, visit))
}

function visitSpans(
  wire: WireReader,
  tag: number,
  parent: Group,
  visit: (span: SpanBytes, ids: SpanIds) => void,
): void {
  const [spans, heads]: [Range[], Buffer[]] = [[], []]
  const ids: SpanIds[] = []
  eachField(wire, (field, start) => {
    if (field === 0x12) {
      ids.push(readIds(wire))
      spans.push({ start, end: wire.position })
    } else {
      wire.skip(field)
      heads.push(wire.view({ start, end: wire.position }))
    }
  })
  const scope = { tag, head: Buffer.concat(heads), parent }
  for (const [i, { start, end }] of spans.entries()) visit({ scope, start, end }, ids[i]!)
}

/** Calls `read` with the tag of each field of the open message and where it begins; `read` goes on behind the field. */
function eachField(wire: WireReader, read: (tag: number, start: number) => void): void {
  for (let start = wire.position, tag = wire.tag(); tag !== 0; start = wire.position, tag = wire.tag()) read(tag, start)
}

const noId: Buffer = Buffer.alloc(0)

function readIds(wire: WireReader): SpanIds {
  let [traceId, spanId, parentSpanId] = [noId, noId, noId]
  const outer = wire.open('spans')
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag())
    if (tag === 0x0a) traceId = wire.view(wire.range('traceId'))
    else if (tag === 0x12) spanId = wire.view(wire.range('spanId'))
    else if (tag === 0x22) parentSpanId = wire.view(wire.range('parentSpanId'))
    else wire.skip(tag)
  wire.close(outer)
  return { traceId, spanId, parentSpanId }
}
