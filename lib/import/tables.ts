import type { ByteSink } from '../bytes/range.ts'
import { encodeClickhouse } from '../formats/clickhouse/table.ts'
import { AttributeCounts } from '../formats/flat/choose.ts'
import { encodeFlat } from '../formats/flat/writer.ts'
import { serviceOf } from '../model/service.ts'
import type { Trace } from '../model/trace.ts'
import { sortTraces } from './sort.ts'

/** Writes traces as a table of spans, sorted by service, name and start, which is described in lib/formats/flat/FORMAT.md. */
export async function writeFlat(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  zstdLevel?: number,
): Promise<void> {
  const counts = new AttributeCounts()
  const sorted = sortTraces(spansOf(batches, counts), precedes)[Symbol.asyncIterator]()
  // All has been counted when the first comes.
  const first = await sorted.next()
  const rest = { [Symbol.asyncIterator]: () => sorted }
  const all = async function* (): AsyncIterable<readonly Trace[]> {
    if (first.done) return
    yield first.value
    yield* rest
  }
  await encodeFlat(all(), sink, counts.choose(), zstdLevel)
}

/** The traces span by span, counted where that is wanted. */
async function* spansOf(
  batches: AsyncIterable<readonly Trace[]>,
  counts?: AttributeCounts,
): AsyncIterable<readonly Trace[]> {
  for await (const batch of batches) {
    for (const trace of batch) counts?.add(trace)
    yield batch.flatMap(({ traceId, spans }) => spans.map(span => ({ traceId, spans: [span] })))
  }
}

function precedes(a: Trace, b: Trace): boolean {
  const [one, other] = [a.spans[0]!, b.spans[0]!]
  const [service, otherService] = [serviceOf(one.resource), serviceOf(other.resource)]
  if (service !== otherService) return service < otherService
  return one.name === other.name ? one.startNanos < other.startNanos : one.name < other.name
}

/** Writes traces as the table that the Collector's exporter for ClickHouse makes. */
export function writeClickhouse(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  return encodeClickhouse(sortTraces(spansOf(batches), precedes), sink)
}
