import { borrowArena, returnArena } from '../../bytes/arena.ts'
import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { naming } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import { mergePieces } from '../../model/merge.ts'
import { spanCountOf, type Trace } from '../../model/trace.ts'
import { groupNeighbours, spellingsOf } from '../../model/trace-id.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import { TraceIndexKeys } from './indexes/trace-index.ts'
import { PageGroupCache } from './read/page-group-cache.ts'
import { BlockpackReader } from './read/reader.ts'
import type { BlockpackConfig } from './write/config.ts'
import { encodeBlockpack } from './write/writer.ts'

/** A file to be merged; the name is for messages. */
export interface CompactInput {
  readonly name: string
  readonly file: RangeReader
}

/** What a compaction has done. */
export interface Compacted {
  traceCount: number
  spanCount: number
  /** Traces with spans in several files. */
  joinedCount: number
  /** Spans left out since another file has their equal. */
  droppedCount: number
}

/**
 * Writes the traces of several files as one: those of the first, then those of each other one that are new. A trace
 * with spans in several files becomes one, equal spans once. The files are read page group by page group, and held
 * are the page groups of traces that were looked up last, and 8 bytes a trace of all files but the first.
 */
export async function compactBlockpack(
  inputs: readonly CompactInput[],
  sink: ByteSink,
  config: BlockpackConfig,
  workers?: WorkerPool,
): Promise<Compacted> {
  const done: Compacted = { traceCount: 0, spanCount: 0, joinedCount: 0, droppedCount: 0 }
  await encodeBlockpack(mergedTraces(inputs, done), sink, config, { workers })
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

/** The traces, in batches; each is to be used before the next is asked for. */
async function* mergedTraces(inputs: readonly CompactInput[], done: Compacted): AsyncIterable<readonly Trace[]> {
  const members: Member[] = []
  for (const [i, input] of inputs.entries()) members.push(await naming(input.name, () => openMember(input, i > 0)))
  const cache = new PageGroupCache()
  const arena = borrowArena()
  for (const [i, { name, reader, isTaken }] of members.entries())
    for (const pageGroup of reader.block.toc.pageGroups) {
      const traces = await naming(name, () => reader.readColumns(pageGroup, arena))
      const merged: Trace[] = []
      const own = traces.filter((_, place) => isTaken[pageGroup.firstTrace + place] === 0)
      for (const spellings of groupNeighbours(own))
        merged.push(...(await mergeWith(members.slice(i + 1), spellings, cache, done)))
      yield merged
      arena.clear()
    }
  returnArena(arena)
}

async function openMember({ name, file }: CompactInput, isLookedUp: boolean): Promise<Member> {
  const reader = await BlockpackReader.open(file)
  const { root, traceCount, sections } = reader.block.toc
  const indexRange = sections['trace index']
  const isTaken = new Uint8Array(traceCount)
  if (!isLookedUp) return { name, reader, index: undefined, isTaken }
  const [stored] = await file.read([indexRange])
  return { name, reader, index: new TraceIndexKeys(stored!, root.traceIndex, traceCount, indexRange.start), isTaken }
}

/** A trace, by spelling of its id, with its spans in other files, which are taken there. */
async function mergeWith(
  others: readonly Member[],
  traces: readonly Trace[],
  cache: PageGroupCache,
  done: Compacted,
): Promise<Trace[]> {
  const pieces = new Map<string, Trace[]>()
  const add = (trace: Trace) => getOrInsert(pieces, trace.traceId, () => []).push(trace)
  traces.forEach(add)
  const before = traces.length
  let found = before
  for (const member of others)
    for (const id of spellingsOf(traces[0]!.traceId))
      for (const trace of await takeFrom(member, id, cache)) {
        found++
        add(trace)
      }
  const merged = Array.from(pieces.values(), own => mergePieces(own))
  for (const { trace, droppedCount } of merged) {
    done.traceCount++
    done.spanCount += spanCountOf(trace)
    done.droppedCount += droppedCount
  }
  if (found > before) done.joinedCount++
  return merged.map(({ trace }) => trace)
}

/** The traces of a file that have an id, which are taken there. */
async function takeFrom({ name, reader, index, isTaken }: Member, id: string, cache: PageGroupCache): Promise<Trace[]> {
  const traces: Trace[] = []
  for (const position of index!.positionsOf(id)) {
    const found = await naming(name, () => cache.traceAt(reader, position))
    if (found.traceId !== id) continue
    isTaken[position] = 1
    traces.push(found)
  }
  return traces
}
