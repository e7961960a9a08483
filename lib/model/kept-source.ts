import { memorySource } from './memory-source.ts'
import type { ScanRequest, SpanBatch, SpanSource } from './scan.ts'
import type { Trace } from './trace.ts'

/** Traces in memory as a source that is asked many questions: what one of them has read is kept for the next. */
export function keptSource(traces: readonly Trace[], options?: Parameters<typeof memorySource>[1]): SpanSource {
  const source = memorySource(traces, options)
  let kept: Promise<SpanBatch[]> | undefined
  return {
    ...source,
    async *scan(request) {
      kept ??= batchesOf(source, request)
      for (const batch of await kept) yield { ...batch, release: () => {} }
    },
  }
}

async function batchesOf(source: SpanSource, request: ScanRequest): Promise<SpanBatch[]> {
  const batches: SpanBatch[] = []
  for await (const batch of source.scan(request)) batches.push(batch)
  return batches
}
