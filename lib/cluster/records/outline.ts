import type { Range } from '../../bytes/range.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { LabError } from '../../error.ts'
import { otherSignalOf } from '../../formats/otlp/proto-detect.ts'
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

/** A reader of protobuf that keeps what it does not know. */
export function wireOf(bytes: Buffer): WireReader {
  return new WireReader(bytes, 0, context)
}

/**
 * Goes over the spans of an ExportTraceServiceRequest in the order in which they are read, and passes over what is in them:
 * what is protobuf around them passes, else the error names byte and field.
 */
export function eachSpan(request: Buffer, visit: (span: SpanBytes) => void): void {
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

function visitScopes(wire: WireReader, visit: (span: SpanBytes) => void): void {
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

function visitSpans(wire: WireReader, tag: number, parent: Group, visit: (span: SpanBytes) => void): void {
  const [spans, heads]: [Range[], Buffer[]] = [[], []]
  eachField(wire, (field, start) => {
    if (field === 0x12) spans.push({ start, end: wire.range('spans').end })
    else {
      wire.skip(field)
      heads.push(wire.view({ start, end: wire.position }))
    }
  })
  const scope = { tag, head: Buffer.concat(heads), parent }
  for (const { start, end } of spans) visit({ scope, start, end })
}

/** Calls `read` with the tag of each field of the open message and where it begins; `read` goes on behind the field. */
function eachField(wire: WireReader, read: (tag: number, start: number) => void): void {
  for (let start = wire.position, tag = wire.tag(); tag !== 0; start = wire.position, tag = wire.tag()) read(tag, start)
}
