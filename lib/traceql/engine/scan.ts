import { setImmediate } from 'node:timers/promises'
import { checkLimits, type Limits } from '../../model/limits.ts'
import type { ScanRequest, SpanBatch, SpanSource } from '../../model/scan.ts'

/** The batches of a scan; each is released when the next one is asked for, or none is any more. */
export async function* scanBatches(source: SpanSource, request: ScanRequest, limits: Limits): AsyncIterable<SpanBatch> {
  for await (const batch of source.scan(request, limits)) {
    // Timers and what others abort with are seen only when the event loop turns, which a source in memory never lets it.
    if (limits.signal !== undefined) await setImmediate()
    checkLimits(limits)
    try {
      yield batch
    } finally {
      batch.release()
    }
  }
}
