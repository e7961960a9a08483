import { spanCountOf, type Trace } from './trace.ts'

/** Spans of a batch: enough to make the cost of a turn small, few enough to hold. */
const leastSpans = 1000

/** The same traces (or pieces of traces) in batches of at least 1,000 spans, the last one smaller. */
export async function* inBatches(
  groups: Iterable<Iterable<Trace>> | AsyncIterable<Iterable<Trace>>,
): AsyncIterable<readonly Trace[]> {
  let batch: Trace[] = []
  let spanCount = 0
  for await (const traces of groups)
    for (const trace of traces) {
      batch.push(trace)
      spanCount += spanCountOf(trace)
      if (spanCount < leastSpans) continue
      yield batch
      batch = []
      spanCount = 0
    }
  if (batch.length > 0) yield batch
}
