import { LabError } from '../../lib/error.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { whole } from '../text/format.ts'

/** Spans that are held in memory where traces are asked again and again: a kilobyte and more each. */
export const maxHeldSpans = 1_000_000

/** All traces of some batches. Fails where they have more spans than can be held. */
export async function holdTraces(batches: AsyncIterable<readonly Trace[]>, name: string): Promise<Trace[]> {
  const traces = await holdSome(batches)
  if (traces !== undefined) return traces
  throw new LabError(
    'unsupported',
    `${name}: over ${whole(maxHeldSpans)} spans, too many to hold in memory: take some of them with --limit`,
  )
}

/** The same; undefined where they are too many. */
export async function holdSome(batches: AsyncIterable<readonly Trace[]>): Promise<Trace[] | undefined> {
  const traces: Trace[] = []
  let spanCount = 0
  for await (const batch of batches)
    for (const trace of batch) {
      traces.push(trace)
      spanCount += trace.spans.length
      if (spanCount > maxHeldSpans) return undefined
    }
  return traces
}
