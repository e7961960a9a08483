import type { ByteSink } from '../../bytes/range.ts'
import type { BlockpackConfig } from '../../formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../formats/blockpack/write/writer.ts'
import type { Trace } from '../../model/trace.ts'
import { joinHalves } from '../../shred/columns.ts'
import { type RowTrace, rowTraces } from '../../shred/row-traces.ts'
import { type SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import { countWrites } from '../../storage/counting.ts'
import type { BlobStore } from '../../storage/store.ts'
import { nextTurn } from '../../turns.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import { bySpanCount } from '../live/by-span-count.ts'
import type { PartView } from '../live/part.ts'
import { keyOf } from './blocks.ts'
import { type BlockFormat, type BlockMeta, dataName } from './meta.ts'
import { byTraceId, writeTempoBlock } from './tempo-block.ts'

/** Spans that are encoded before other work has its turn, and those that are looked at. */
const spansAtOnce = 512
const rowsAtOnce = 1 << 13

/** Which block is written. */
export interface BlockPlace {
  readonly tenantID: string
  readonly blockID: string
}

/** How blocks are encoded. */
export interface Encoding {
  readonly config: BlockpackConfig
  /** Blockpack where absent. */
  readonly format?: BlockFormat | undefined
  /** Threads that encode pages, or do a whole compaction. */
  readonly workers?: WorkerPool | undefined
}

/** Writes the data of a block with the traces of a view. It counts once what it returns is published. */
export async function writeBlock(
  store: BlobStore,
  { rows, groups }: PartView,
  place: BlockPlace,
  receivedMillis: number,
  { config, format = 'blockpack', workers }: Encoding,
): Promise<BlockMeta> {
  const [startTime, endTime] = await timesOf(rows, groups.order)
  const common = {
    ...{ format, blockID: place.blockID, tenantID: place.tenantID, startTime, endTime },
    ...{ receivedTime: new Date(receivedMillis).toISOString(), compactionLevel: 0, replaces: [] },
  }
  if (format !== 'blockpack') {
    const traces = Array.from(rowTraces(rows, byTraceId(rows, groups)))
    return { ...common, ...(await writeTempoBlock(store, place, inTurns(objectsOf(traces)))) }
  }
  const size = await writeData(store, place, sink =>
    encodeBlockpack(inTurns(bySpanCount(rowTraces(rows, groups), spansAtOnce)), sink, config, { workers }),
  )
  return { ...common, totalObjects: groups.traces.length, totalSpans: groups.order.length, size }
}

/** The traces as objects, which are not kept. */
function* objectsOf(traces: readonly RowTrace[]): Iterable<readonly Trace[]> {
  for (const batch of bySpanCount(traces, spansAtOnce)) yield batch.map(trace => trace.object())
}

/** Writes the data of a block; returns how many bytes it has. */
export async function writeData(
  store: BlobStore,
  place: BlockPlace,
  write: (sink: ByteSink) => Promise<void>,
): Promise<number> {
  let size = 0
  await store.put(keyOf(place, dataName), async sink => {
    const counting = countWrites(sink)
    await write(counting)
    size = counting.byteLength
  })
  return size
}

/** Batches, between which other work has its turn. */
async function* inTurns<T>(batches: Iterable<T>): AsyncIterable<T> {
  for (const batch of batches) {
    yield batch
    await nextTurn()
  }
}

/** When the first span starts and the last one ends. */
async function timesOf({ spans: { array } }: SpanRows, order: Uint32Array): Promise<[string, string]> {
  let [startHigh, startLow, endHigh, endLow] = [2 ** 32, 0, 0, 0]
  for (let i = 0; i < order.length; i++) {
    if (i % rowsAtOnce === rowsAtOnce - 1) await nextTurn()
    const at = order[i]! * spanWidth
    const [high, low] = [array[at + spanField.startHigh]!, array[at + spanField.startLow]!]
    if (high < startHigh || (high === startHigh && low < startLow)) [startHigh, startLow] = [high, low]
    const [lastHigh, lastLow] = [array[at + spanField.endHigh]!, array[at + spanField.endLow]!]
    if (lastHigh > endHigh || (lastHigh === endHigh && lastLow > endLow)) [endHigh, endLow] = [lastHigh, lastLow]
  }
  const [start, end] = [joinHalves(startHigh, startLow), joinHalves(endHigh, endLow)]
  return [isoTime(start), isoTime(end < start ? start : end)]
}

const latestMillis = 253_402_300_799_999

/** The millisecond of a time; what is after the year 9999 is its end. */
function isoTime(nanos: bigint): string {
  return new Date(Math.min(Number(nanos / 1_000_000n), latestMillis)).toISOString()
}
