import { bufferOf } from '../../bytes/buffer.ts'
import { LabError, naming } from '../../error.ts'
import type { OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { singleTenant, tenantHeader, tenantOf } from '../../serve/tenant.ts'
import type { SpanRows } from '../../shred/rows.ts'
import type { LogHeader, StoredRecord } from '../log/log.ts'
import { beginsPushBytes, decodePushBytes } from './push-bytes.ts'

const otlpByte = 0x0a
const noBytes = Buffer.alloc(0)

/** What a record holds: the spans of one tenant. */
export interface RecordContent {
  readonly tenant: string
  /** OTLP protobuf: an ExportTraceServiceRequest. */
  readonly request: Buffer
}

/**
 * Tells the format of a record by its first byte and gives what is in it. Tempo's has the tenant as its key; the
 * collector's has it in the header that requests have it in, where the exporter is told to copy that
 * (`include_metadata_keys`), else it is the single tenant's.
 */
export function contentOf({ key, value, headers = [] }: StoredRecord): RecordContent {
  const bytes = bufferOf(value)
  const first = bytes[0]
  if (first === undefined) return { tenant: singleTenant, request: noBytes }
  if (first === otlpByte) return { tenant: tenantOf(headerOf(headers, tenantHeader)), request: bytes }
  if (beginsPushBytes(first)) {
    // Messages one after another are one with the fields of all: traces are requests together.
    const request = Buffer.concat(decodePushBytes(bytes).traces)
    return { tenant: tenantOf(key && bufferOf(key).toString()), request }
  }
  const hint = first === 0x7b ? ', as JSON does: set "encoding: otlp_proto" of the exporter' : ''
  throw new LabError(
    'unsupported',
    `begins with the byte 0x${first.toString(16).padStart(2, '0')}${hint}: expected PushBytesRequest or ExportTraceServiceRequest`,
  )
}

/**
 * Adds the spans of a record to the rows of its tenant, which `rowsOf` gives. A record that cannot be read adds none; the
 * error begins with `name` (that of the partition) and the offset.
 */
export function readRecord(
  record: StoredRecord,
  name: string,
  messages: OtlpMessages,
  rowsOf: (tenant: string) => SpanRows,
): void {
  naming(`${name}, offset ${record.offset}`, () => {
    const { tenant, request } = contentOf(record)
    messages.read(request, rowsOf(tenant))
  })
}

function headerOf(headers: readonly LogHeader[], name: string): string | undefined {
  const found = headers.find(({ key }) => key.toLowerCase() === name)
  return found && bufferOf(found.value).toString()
}
