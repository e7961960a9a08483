import type { Limits } from '../../model/limits.ts'
import type { ColumnData, SpanBatch, SpanSource } from '../../model/scan.ts'
import { areWide, bigintsOf, overOneBase } from './numbers.ts'
import type { TimeRange } from './plan.ts'
import { scanBatches } from './scan.ts'

/** When spans start: the first and the last of them, in ns since the epoch. */
export interface TimeExtent {
  readonly firstNanos: bigint
  readonly lastNanos: bigint
}

/** When the spans of a source start, from what its batches know where they do; undefined where it has none. */
export async function timeExtent(source: SpanSource, limits: Limits = {}): Promise<TimeExtent | undefined> {
  const bounds = source.bounds()
  if (bounds !== undefined) return { firstNanos: bounds[0], lastNanos: bounds[1] }
  let extent: TimeExtent | undefined
  for await (const batch of scanBatches(source, { needs: [], columns: [] }, limits)) {
    const [first, last] = batch.startExtent ?? (await readExtent(batch))
    extent =
      extent === undefined
        ? { firstNanos: first, lastNanos: last }
        : {
            firstNanos: first < extent.firstNanos ? first : extent.firstNanos,
            lastNanos: last > extent.lastNanos ? last : extent.lastNanos,
          }
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

/** By span 1 where its start, of the columns `span:start`, is in a range: whatever lies between the two, to the ns. */
export function startsIn(columns: readonly ColumnData[], spanCount: number, range: TimeRange): Uint8Array {
  const isIn = new Uint8Array(spanCount)
  const { startNanos, endNanos } = range
  if (areWide(columns)) {
    const starts = bigintsOf(columns, spanCount)
    for (let row = 0; row < spanCount; row++)
      if ((startNanos ?? starts[row]!) <= starts[row]! && (endNanos === undefined || starts[row]! < endNanos))
        isIn[row] = 1
    return isIn
  }
  const { base, numbers } = overOneBase(columns, spanCount)
  const from = startNanos === undefined ? Number.NEGATIVE_INFINITY : Number(startNanos - base)
  const until = endNanos === undefined ? Number.POSITIVE_INFINITY : Number(endNanos - base)
  for (let row = 0; row < spanCount; row++) if (numbers[row]! >= from && numbers[row]! < until) isIn[row] = 1
  return isIn
}
