import type { Limits } from '../model/limits.ts'
import type { ColumnSet, SpanSource, TraceIds } from '../model/scan.ts'
import { sortHashes } from '../model/trace-hashes.ts'
import { traceIdHash } from '../model/trace-id.ts'

/** By source: of its ids what was read, which does not change. */
const known = new WeakMap<SpanSource, TraceIds>()

/** The ids of a source: of its index, or read once. Held are 8 bytes a trace. */
export async function traceIdsIn(source: SpanSource, limits: Limits | undefined): Promise<TraceIds> {
  // Each question waits for its own reading only, which others' limits cannot end.
  const ids = known.get(source) ?? (await (source.traceIds?.(limits) ?? scanned(source, limits)))
  if (!known.has(source)) known.set(source, ids)
  return known.get(source)!
}

/** Traces are numbered as a scan without needs gives them. */
async function scanned(source: SpanSource, limits: Limits | undefined): Promise<TraceIds> {
  let hashes = new Uint32Array(1024)
  let count = 0
  for await (const traceId of idsOf(source, limits)) {
    if (count === hashes.length) {
      const larger = new Uint32Array(2 * count)
      larger.set(hashes)
      hashes = larger
    }
    hashes[count++] = traceIdHash(traceId)
  }
  return {
    ...sortHashes(hashes.subarray(0, count)),
    async at(positions, own) {
      const ids: string[] = []
      let position = 0
      for await (const traceId of idsOf(source, own)) if (positions[ids.length] === position++) ids.push(traceId)
      return ids
    },
  }
}

async function* idsOf(source: SpanSource, limits: Limits | undefined): AsyncIterable<string> {
  for await (const batch of source.scan({ needs: [], columns: ['trace:id'] }, limits)) {
    yield* traceIdsOf(await batch.read(['trace:id']))
    batch.release()
  }
}

/** By trace its id; `trace:id` must have been read. */
export function traceIdsOf(columns: ColumnSet): string[] {
  return columns
    .get('trace:id')
    .flatMap(({ values }) =>
      'codes' in values ? Array.from(values.codes, code => values.dictionary[code] as string) : [],
    )
}
