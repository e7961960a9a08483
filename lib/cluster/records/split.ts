import { LabError } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import { singleTenant, tenantHeader } from '../../serve/tenant.ts'
import { type SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import { WireWriter } from '../../wire/protobuf/writer.ts'
import { type LogRecord, recordBytes } from '../log/log.ts'
import { eachSpan, type Group, type SpanBytes } from './outline.ts'
import { partitioner } from './partition.ts'
import { encodePushBytes, traceOverheadBytes } from './push-bytes.ts'

/** How spans lie in records: as Tempo's distributor writes them, or as the collector's exporter does. */
export const recordFormats = ['tempo', 'otlp'] as const

export type RecordFormat = (typeof recordFormats)[number]

export interface SplitConfig {
  readonly tenant: string
  readonly partitionCount: number
  readonly format: RecordFormat
  /** What a record may take, by `recordBytes`. */
  readonly maxRecordBytes: number
}

/** A record, and where it goes. */
export interface SplitRecord {
  readonly partition: number
  readonly record: LogRecord
  readonly spanCount: number
}

export interface SplitRequest {
  readonly records: readonly SplitRecord[]
  /** How many spans are in none of them, by reason. */
  readonly rejected: ReadonlyMap<string, number>
}

/** The tag and length of a message, at most. */
const messageOverheadBytes = 8
/** Resources and scopes are repeated for each trace: a request may grow by so much, which bounds what one takes in memory. */
const maxGrowth = 8
const freeGrowthBytes = 16 * 2 ** 20

/** Spans that lie together in a record: those of a trace in Tempo's format, of a partition in the collector's. */
interface Bundle {
  readonly partition: number
  readonly traceId: Buffer
  readonly spans: SpanBytes[]
}

/** ResourceSpans that fit a record. */
interface Message {
  readonly bytes: Buffer
  readonly spanCount: number
}

/** Bytes of a partition. */
interface Placed extends Message {
  readonly partition: number
}

/**
 * The records of an ExportTraceServiceRequest. Spans, resources and scopes are copied as they lie, with all that is
 * unknown in them; those of a trace keep their order. `rows` are what was read of the request, and nothing else. What is
 * too large for one record is split by traces, a trace that is too large by spans; only a span that is too large alone is
 * left out.
 */
export function splitRequest(request: Buffer, rows: SpanRows, config: SplitConfig): SplitRequest {
  const rejected = new Map<string, number>()
  const reject = (reason: string) => rejected.set(reason, (rejected.get(reason) ?? 0) + 1)
  const bundles = bundlesOf(request, rows, config)
  const envelope = { ...envelopeOf(config), timeMillis: Date.now() }
  const maxValueBytes = config.maxRecordBytes - recordBytes({ ...envelope, value: noValue })
  const writer = new MessageWriter(request, maxValueBytes - traceOverheadBytes)
  const messages = bundles.flatMap(({ partition, traceId, spans }) =>
    writer.messages(spans, reject).map(message => ({ partition, traceId, ...message })),
  )
  const packed = config.format === 'tempo' ? packTraces(messages, maxValueBytes) : messages
  const records = packed.map(({ partition, bytes, spanCount }) => ({
    partition,
    record: { ...envelope, value: bytes },
    spanCount,
  }))
  return { records, rejected }
}

const noValue = new Uint8Array()

/** What a record has beside its value: whose spans they are. */
function envelopeOf({ tenant, format }: SplitConfig): Pick<LogRecord, 'key' | 'headers'> {
  if (format === 'tempo') return { key: Buffer.from(tenant) }
  return tenant === singleTenant ? {} : { headers: [{ key: tenantHeader, value: Buffer.from(tenant) }] }
}

function bundlesOf(request: Buffer, { spans, traceIds, length }: SpanRows, config: SplitConfig): Bundle[] {
  const partitionOf = partitioner(config.tenant, config.partitionCount)
  const byTrace = new Map<number, Bundle>()
  let row = 0
  eachSpan(request, span => {
    const trace = row < length ? spans.at(row++ * spanWidth + spanField.trace) : fail(length)
    const bundle = getOrInsert(byTrace, trace, () => {
      const traceId = traceIds.bytesOf(trace)
      return { partition: partitionOf(traceId), traceId, spans: [] }
    })
    bundle.spans.push(span)
  })
  if (row !== length) fail(length)
  const traces = [...byTrace.values()]
  return config.format === 'tempo' ? traces : byPartition(traces)
}

function fail(rowCount: number): never {
  throw new LabError('invalid', `the request does not have the ${rowCount} spans that were read of it`)
}

/** The spans of a partition in the order of the request. */
function byPartition(traces: readonly Bundle[]): Bundle[] {
  const bundles = new Map<number, Bundle>()
  for (const { partition, traceId, spans } of traces) {
    const bundle = getOrInsert(bundles, partition, () => ({ partition, traceId, spans: [] }))
    for (const span of spans) bundle.spans.push(span)
  }
  for (const { spans } of bundles.values()) spans.sort((a, b) => a.start - b.start)
  return [...bundles.values()]
}

/** Traces in records, as many in one as fit. */
function packTraces(traces: readonly (Placed & { readonly traceId: Buffer })[], maxValueBytes: number): Placed[] {
  const packs = new Map<number, { traces: Buffer[]; ids: Buffer[]; byteLength: number; spanCount: number }>()
  const values: Placed[] = []
  const newPack = () => ({ traces: [], ids: [], byteLength: 0, spanCount: 0 })
  for (const { partition, traceId, bytes, spanCount } of traces) {
    let pack = getOrInsert(packs, partition, newPack)
    const byteLength = bytes.length + traceOverheadBytes
    if (pack.byteLength + byteLength > maxValueBytes) {
      values.push({ partition, bytes: encodePushBytes(pack), spanCount: pack.spanCount })
      pack = newPack()
      packs.set(partition, pack)
    }
    pack.traces.push(bytes)
    pack.ids.push(traceId)
    pack.byteLength += byteLength
    pack.spanCount += spanCount
  }
  for (const [partition, pack] of packs)
    values.push({ partition, bytes: encodePushBytes(pack), spanCount: pack.spanCount })
  return values
}

/** Writes spans of a request as ResourceSpans. */
class MessageWriter {
  readonly #request: Buffer
  readonly #maxBytes: number
  readonly #maxTotal: number
  readonly #wire: WireWriter
  #total = 0

  constructor(request: Buffer, maxBytes: number) {
    this.#request = request
    this.#maxBytes = maxBytes
    this.#maxTotal = request.length * maxGrowth + freeGrowthBytes
    this.#wire = new WireWriter(1 << 16)
  }

  /** Messages of spans in their order, as few as their limit allows. */
  messages(spans: readonly SpanBytes[], reject: (reason: string) => void): Message[] {
    const messages: Message[] = []
    for (let start = 0; start < spans.length; ) {
      const end = this.#endOf(spans, start)
      if (end > start) messages.push({ bytes: this.#write(spans, start, end), spanCount: end - start })
      else reject(`span that takes more than ${this.#maxBytes} bytes with its resource`)
      start = Math.max(end, start + 1)
    }
    return messages
  }

  /** Up to which of the spans from one on a message has room. */
  #endOf(spans: readonly SpanBytes[], start: number): number {
    let byteLength = 0
    let at = start
    for (let scope: Group | undefined; at < spans.length; at++) {
      const span = spans[at]!
      byteLength += span.end - span.start
      if (span.scope.parent !== scope?.parent) byteLength += span.scope.parent!.head.length + messageOverheadBytes
      if (span.scope !== scope) byteLength += span.scope.head.length + messageOverheadBytes
      scope = span.scope
      if (byteLength > this.#maxBytes) break
    }
    return at
  }

  #write(spans: readonly SpanBytes[], start: number, end: number): Buffer {
    const wire = this.#wire
    for (let at = start; at < end; ) {
      const { parent } = spans[at]!.scope
      const outer = wire.begin(parent!.tag)
      wire.raw(parent!.head)
      while (at < end && spans[at]!.scope.parent === parent) at = this.#writeScope(spans, at, end)
      wire.end(outer)
    }
    this.#total += wire.length
    if (this.#total > this.#maxTotal)
      throw new LabError(
        'limit',
        `the request of ${this.#request.length} bytes takes more than ${this.#maxTotal} in records, where each trace has its resource: send fewer attributes of resources, or more spans of a trace at once`,
      )
    return wire.take()
  }

  /** Writes the spans of one scope, and gives the place of the first of another. */
  #writeScope(spans: readonly SpanBytes[], first: number, end: number): number {
    const wire = this.#wire
    const { scope } = spans[first]!
    const outer = wire.begin(scope.tag)
    wire.raw(scope.head)
    let at = first
    for (; at < end && spans[at]!.scope === scope; at++)
      wire.raw(this.#request.subarray(spans[at]!.start, spans[at]!.end))
    wire.end(outer)
    return at
  }
}
