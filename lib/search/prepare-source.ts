import type { Limits } from '../model/limits.ts'
import type { SpanSource } from '../model/scan.ts'

const hourNanos = 3_600_000_000_000n
/** Of the traces that are put together: as many as are held from one question to the next. */
const maxSpans = 1 << 15

/**
 * Finds out, before the first question does, what all questions over a source need: which traces its parts share, and
 * those of the last hour as they are put together. No other span is read.
 */
export async function prepareSource(source: SpanSource, limits: Limits): Promise<void> {
  const last = source.bounds()?.[1]
  const startNanos = last && last - hourNanos
  let spanCount = 0
  for await (const batch of source.scan({ needs: [], columns: [], startNanos }, limits)) {
    if (batch.identity === undefined) spanCount += batch.spanCount
    batch.release()
    if (spanCount > maxSpans) return
  }
}
