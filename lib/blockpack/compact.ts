import type { ByteSink, RangeReader } from '../bytes/range.ts'
import { mergePieces } from '../dataset/merge.ts'
import { withSubject } from '../error.ts'
import type { Trace } from '../model/trace.ts'
import type { BlockpackConfig } from './config.ts'
import { TraceIndexKeys } from './indexes/trace-index.ts'
import { PageGroupCache } from './page-group-cache.ts'
import { BlockpackReader } from './reader.ts'
import { encodeBlockpack } from './writer.ts'

/** A file to be merged; the name is for messages. */
export interface CompactInput {
  readonly name: string
  readonly file: RangeReader
}

/** What a compaction has done. */
export interface Compacted {
  traceCount: number
  spanCount: number
  /** Traces whose spans lay in several files. */
  joinedCount: number
  /** Spans left out since another file has their equal. */
  droppedCount: number
}

/**
 * Writes the traces of several files as one: those of the first, then those of each other one that are new. A trace
 * whose spans lie in several files becomes one, equal spans once. The files are read page group by page group, and held
 * are the page groups of traces that were looked up last, and 8 bytes a trace of all files but the first.
 */
export async function compactBlockpack(
  inputs: readonly CompactInput[],
  sink: ByteSink,
  config: BlockpackConfig,
): Promise<Compacted> {
  const done: Compacted = { traceCount: 0, spanCount: 0, joinedCount: 0, droppedCount: 0 }
  await encodeBlockpack(mergedTraces(inputs, done), sink, config)
  return done
}

/** A file that is being merged. */
interface Member {
  readonly name: string
  readonly reader: BlockpackReader
  /** Absent of the first file: nobody looks there. */
  readonly index: TraceIndexKeys | undefined
  /** By position: true where the trace has been joined with that of an earlier file. */
  readonly isTaken: Uint8Array
}

async function* mergedTraces(inputs: readonly CompactInput[], done: Compacted): AsyncIterable<readonly Trace[]> {
  const members: Member[] = []
  for (const [i, input] of inputs.entries()) members.push(await named(input.name, () => openMember(input, i > 0)))
  const cache = new PageGroupCache()
  for (const [i, { name, reader, isTaken }] of members.entries())
    for (const pageGroup of reader.block.pageGroups) {
      const traces = await named(name, () => reader.readPageGroup(pageGroup))
      const merged: Trace[] = []
      for (const [place, trace] of traces.entries())
        if (isTaken[pageGroup.firstTrace + place] === 0)
          merged.push(await mergeWith(members.slice(i + 1), trace, cache, done))
      yield merged
    }
}

async function openMember({ name, file }: CompactInput, isLookedUp: boolean): Promise<Member> {
  const reader = await BlockpackReader.open(file)
  const { root, traceCount, indexRange } = reader.block
  const isTaken = new Uint8Array(traceCount)
  if (!isLookedUp) return { name, reader, index: undefined, isTaken }
  const [stored] = await file.read([indexRange])
  return { name, reader, index: new TraceIndexKeys(stored!, root.traceIndex, traceCount, indexRange.start), isTaken }
}

/** A trace with its spans in other files, which are taken there. */
async function mergeWith(
  others: readonly Member[],
  trace: Trace,
  cache: PageGroupCache,
  done: Compacted,
): Promise<Trace> {
  const pieces = [trace]
  for (const { name, reader, index, isTaken } of others)
    for (const position of index!.positionsOf(trace.traceId)) {
      const found = await named(name, () => cache.traceAt(reader, position))
      if (found.traceId !== trace.traceId) continue
      isTaken[position] = 1
      pieces.push(found)
    }
  const merged = mergePieces(pieces)
  done.traceCount++
  done.spanCount += merged.trace.spans.length
  done.droppedCount += merged.droppedCount
  if (pieces.length > 1) done.joinedCount++
  return merged.trace
}

async function named<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw withSubject(name, error)
  }
}
