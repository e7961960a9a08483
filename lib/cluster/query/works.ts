import { LabError } from '../../error.ts'
import type { Limits } from '../../model/limits.ts'
import type { PortionWork, SpanSource } from '../../model/scan.ts'
import { callsApart } from '../../questions/calls.ts'
import { searchApart } from '../../traceql/answers/search.ts'
import { namesApart, valuesApart } from '../../traceql/answers/tags.ts'
import { compareApart } from '../../traceql/metrics/gather-comparison.ts'
import type { KnownCells } from '../../traceql/metrics/known-cells.ts'
import { gatherApart } from '../../traceql/metrics/metrics-pipeline.ts'

/** Work on a part of a source, which gives a result a batch. */
type Work = (source: SpanSource, content: never, limits: Limits, known: KnownCells) => Promise<readonly unknown[]>

/** By name, as `PortionWork` has it. */
const works: Readonly<Record<string, Work>> = {
  search: searchApart,
  metrics: gatherApart,
  compare: compareApart,
  names: namesApart,
  values: valuesApart,
  calls: callsApart,
}

/** Does a piece of work by its name; `known` is what batches gave to metrics before. */
export function doWork(
  source: SpanSource,
  { name, content }: PortionWork,
  limits: Limits,
  known: KnownCells,
): Promise<readonly unknown[]> {
  const work = works[name]
  if (work === undefined) throw new LabError('unsupported', `job: no work is called ${JSON.stringify(name)}`)
  return work(source, content as never, limits, known)
}
