import { WireWriter } from '../../wire/protobuf/writer.ts'
import type { Pushed } from '../admission.ts'

/** ExportTraceServiceResponse: empty where all was taken, else how many spans were not, and why. */
export function encodeExportResponse({ rejected }: Pushed): Buffer {
  const wire = new WireWriter(64)
  if (rejected.size > 0) {
    const partial = wire.begin(0x0a)
    wire.uint32(0x08, countOf(rejected))
    wire.text(0x12, reasonsOf(rejected))
    wire.end(partial)
  }
  return wire.take()
}

/** The same as JSON. */
export function printExportResponse({ rejected }: Pushed): string {
  if (rejected.size === 0) return '{}'
  const partialSuccess = { rejectedSpans: String(countOf(rejected)), errorMessage: reasonsOf(rejected) }
  return JSON.stringify({ partialSuccess })
}

function countOf(rejected: Pushed['rejected']): number {
  return [...rejected.values()].reduce((sum, count) => sum + count, 0)
}

function reasonsOf(rejected: Pushed['rejected']): string {
  return Array.from(rejected, ([reason, count]) => `${reason}: ${count} ${count === 1 ? 'span' : 'spans'}`).join('; ')
}
