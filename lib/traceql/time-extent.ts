import type { SpanBatch, SpanSource } from '../model/scan.ts'
import { bigintsOf } from './numbers.ts'

/** When spans start: the first and the last of them, in ns since the epoch. */
export interface TimeExtent {
  readonly firstNanos: bigint
  readonly lastNanos: bigint
}

/** When the spans of a source start, from what its batches know where they do; undefined where it has none. */
export async function timeExtent(source: SpanSource): Promise<TimeExtent | undefined> {
  let extent: TimeExtent | undefined
  for await (const batch of source.scan({ needs: [], columns: [] })) {
    const [first, last] = batch.startExtent ?? (await readExtent(batch))
    extent =
      extent === undefined
        ? { firstNanos: first, lastNanos: last }
        : {
            firstNanos: first < extent.firstNanos ? first : extent.firstNanos,
            lastNanos: last > extent.lastNanos ? last : extent.lastNanos,
          }
    batch.release()
  }
  return extent
}

async function readExtent(batch: SpanBatch): Promise<readonly [first: bigint, last: bigint]> {
  const columns = await batch.read(['span:start'])
  const starts = bigintsOf(columns.get('span:start'), batch.spanCount)
  let first = starts[0]!
  let last = first
  for (const start of starts) {
    if (start < first) first = start
    if (start > last) last = start
  }
  return [first, last]
}
