import { memorySource } from '../../lib/model/memory-source.ts'
import type { SpanBatch, SpanSource } from '../../lib/model/scan.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { collect } from './chunks.ts'

/** Traces in memory as a source that is asked many questions: what one of them has read is kept for the next. */
export function keptSource(traces: readonly Trace[], options?: Parameters<typeof memorySource>[1]): SpanSource {
  const source = memorySource(traces, options)
  let kept: Promise<SpanBatch[]> | undefined
  return {
    ...source,
    async *scan(request) {
      kept ??= collect(source.scan(request))
      for (const batch of await kept) yield { ...batch, release: () => {} }
    },
  }
}
