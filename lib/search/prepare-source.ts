import type { Limits } from '../model/limits.ts'
import type { SpanSource } from '../model/scan.ts'
import { nextTurn } from '../turns.ts'

const hourNanos = 3_600_000_000_000n
/** Of the traces that are put together: as many as are held from one question to the next. */
const maxSpans = 1 << 15
/** The first three look-ups of a process took 105, 73 and 55 ms of CPU, those after some dozens 5: code was compiled. */
const lookupCount = 64

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

/** Looks up some traces of a source, so that whoever asks for one first does not wait for code to be compiled. */
export async function prepareLookups(source: SpanSource, limits: Limits): Promise<void> {
  const sources = (source.joined ?? [source]).slice(0, lookupCount)
  const count = Math.ceil(lookupCount / sources.length)
  for (const own of sources) {
    const ids = await own.traceIds?.(limits)
    const step = Math.max(1, Math.ceil((ids?.positions.length ?? 0) / count))
    const wanted = Uint32Array.from(ids?.positions.filter(position => position % step === 0) ?? []).sort()
    for (const traceId of (await ids?.at(wanted, limits)) ?? []) {
      await own.findTraces([traceId], limits)[Symbol.asyncIterator]().next()
      await nextTurn()
    }
  }
}
