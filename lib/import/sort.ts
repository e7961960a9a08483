import { join } from 'node:path'
import { TraceReader, TraceWriter } from '../formats/cbor/trace.ts'
import { type Trace, traceIdDigits } from '../model/trace.ts'
import { makeWorkFolder, removeWorkFolder } from '../storage/work-folder.ts'
import { joinSpelled } from './group.ts'
import { merge, RecordFile } from './records.ts'

/** Spans held while traces are sorted. */
const defaultMaxSpans = 1 << 17

type Precedes = (a: Trace, b: Trace) => boolean

export interface SortOptions {
  /** Spans held in memory, above which they go to disk. */
  maxSpans?: number
  /** Where they go: a folder of its own is made in it and removed at the end. */
  directory?: string
}

/** The traces in the order of their ids, those of one id in several spellings joined: as blocks of Tempo hold them. */
export function joinById(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<readonly Trace[]> {
  return joinSpelled(sortByTraceId(batches))
}

/** The traces in the order of their ids, as numbers of 128 bits. */
export function sortByTraceId(
  batches: AsyncIterable<readonly Trace[]>,
  options: SortOptions = {},
): AsyncIterable<readonly Trace[]> {
  return sortTraces(batches, precedesById, options)
}

/**
 * Traces, or pieces of traces, in an order. Above `maxSpans` they go to disk, sorted so far, and the parts are merged:
 * memory is bounded by that and a buffer a part. It begins to give any when it has taken all.
 */
export async function* sortTraces(
  batches: AsyncIterable<readonly Trace[]>,
  precedes: Precedes,
  { maxSpans = defaultMaxSpans, directory }: SortOptions = {},
): AsyncIterable<readonly Trace[]> {
  const runs: RecordFile[] = []
  let held: Trace[] = []
  let spanCount = 0
  let folder: string | undefined
  try {
    for await (const batch of batches)
      for (const trace of batch) {
        held.push(trace)
        spanCount += trace.spans.length
        if (spanCount < maxSpans) continue
        folder ??= makeWorkFolder(directory)
        runs.push(await writeRun(join(folder, `run-${runs.length}`), sorted(held, precedes)))
        held = []
        spanCount = 0
      }
    if (runs.length === 0) return yield sorted(held, precedes)
    for await (const trace of merge([...runs.map(readRun), sorted(held, precedes)], precedes)) yield [trace]
  } finally {
    for (const run of runs) await run.close()
    if (folder) await removeWorkFolder(folder)
  }
}

function sorted(traces: Trace[], precedes: Precedes): Trace[] {
  return traces.sort((a, b) => (precedes(a, b) ? -1 : precedes(b, a) ? 1 : 0))
}

/** True where the id is less as a number of 128 bits, or as a text for the same number. */
function precedesById(a: Trace, b: Trace): boolean {
  const [one, other] = [a, b].map(({ traceId }) => traceId.padStart(traceIdDigits, '0')) as [string, string]
  return one === other ? a.traceId < b.traceId : one < other
}

/** Writes sorted traces to disk. */
async function writeRun(path: string, traces: readonly Trace[]): Promise<RecordFile> {
  const [run, writer] = [new RecordFile(path), new TraceWriter()]
  for (const trace of traces) await run.add(0, bytes => writer.write(bytes, trace))
  await run.flush()
  return run
}

async function* readRun(run: RecordFile): AsyncIterable<Trace> {
  const reader = new TraceReader()
  for await (const { body } of run.records()) yield* reader.read(body, 'sorted traces', 0)
}
