import { LabError } from '../../../lib/error.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { defaultStepNanos, maxIntervals } from '../../../lib/traceql/metrics/intervals.ts'
import { type DatasetCounts, writeDataset } from '../../open/dataset.ts'
import { captureLimits } from '../../open/search-source.ts'
import type { TraceSource } from '../../open/source.ts'
import type { QuerySet, RangeTexts } from '../../runs/query-bench-schema.ts'
import { whole } from '../../text/format.ts'
import type { Progress } from '../../text/progress.ts'

/** A dataset file, and the range of its metrics. */
export interface Prepared extends DatasetCounts {
  readonly path: string
  readonly range: RangeTexts
}

/** Writes the source's traces to a dataset file; those that are too many to be held in memory are refused. */
export async function prepareQueries(
  source: TraceSource,
  { range }: QuerySet,
  folder: string,
  progress: Progress,
  maxSpans = captureLimits.maxSpans,
): Promise<Prepared> {
  const stage = progress.stage(`read ${source.title}`)
  const extent = new Extent()
  let spanCount = 0
  const onTrace = ({ spans }: Trace) => {
    spanCount += spans.length
    if (spanCount > maxSpans) refuse(source.title, maxSpans)
    for (const { startNanos } of spans) extent.add(startNanos)
    stage.advance(spans.length)
  }
  const written = await writeDataset(folder, 'all', source.traces, onTrace).finally(stage.end)
  return { ...written, range: extent.range(range) }
}

function refuse(title: string, maxSpans: number): never {
  throw new LabError(
    'unsupported',
    `${title}: over ${whole(maxSpans)} spans, and the true answers are found in memory: take fewer traces, by --limit or --size`,
  )
}

const usualStepNanos = 60_000_000_000n

/** When spans start. */
class Extent {
  #first = 2n ** 64n
  #last = 0n

  add(startNanos: bigint): void {
    if (startNanos < this.#first) this.#first = startNanos
    if (startNanos > this.#last) this.#last = startNanos
  }

  /** What is asked for; else all spans, by the minute where it can be. */
  range({ startNanos, endNanos, stepNanos }: QuerySet['range']): RangeTexts {
    const start = startNanos === undefined ? this.#first : BigInt(startNanos)
    const end = endNanos === undefined ? this.#last + 1n : BigInt(endNanos)
    const isLong = (end - start) / usualStepNanos > maxIntervals - 2
    const step = stepNanos ?? String(isLong ? defaultStepNanos(start, end) : usualStepNanos)
    return { startNanos: String(start), endNanos: String(end), stepNanos: step }
  }
}
