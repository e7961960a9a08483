import { naming } from '../../error.ts'
import { type Block, openVparquet } from '../../formats/vparquet/block.ts'
import { decodeTraces } from '../../formats/vparquet/reader.ts'
import { writeParts } from '../../formats/vparquet/writer/block.ts'
import { mergePieces } from '../../model/merge.ts'
import { startsOf } from '../../model/owners.ts'
import { type Trace, traceIdDigits } from '../../model/trace.ts'
import type { TraceGroups } from '../../shred/row-traces.ts'
import type { SpanRows } from '../../shred/rows.ts'
import type { BlobReader, BlobStore } from '../../storage/store.ts'
import { keyOf } from './blocks.ts'
import { type BlockMeta, dataNameOf, printTempoMeta } from './meta.ts'

type BlockPlace = Pick<BlockMeta, 'tenantID' | 'blockID'>

/** What is known of a block once its parts are written. */
type Written = Pick<BlockMeta, 'totalObjects' | 'totalSpans' | 'size' | 'parquet'>

/** Writes all parts of a block of Tempo but its `meta.json`; the traces come in the order of their ids. */
export async function writeTempoBlock(
  store: BlobStore,
  { tenantID, blockID }: BlockPlace,
  batches: AsyncIterable<readonly Trace[]>,
): Promise<Written> {
  const meta = await writeParts(batches, { store, tenantId: tenantID, blockId: blockID })
  return {
    totalObjects: meta.traceCount,
    totalSpans: meta.spanCount,
    size: meta.byteLength,
    parquet: { rowGroups: meta.rowGroupCount, footerBytes: meta.footerLength, shards: meta.bloomShardCount },
  }
}

/** Groups of rows in the order of the ids of their traces, as Tempo has them. */
export function byTraceId({ traceIds }: SpanRows, { traces, starts, order }: TraceGroups): TraceGroups {
  const ids = traces.map(trace => traceIds.hexOf(trace).padStart(traceIdDigits, '0'))
  const places = Array.from(ids.keys()).sort((a, b) => compare(ids[a]!, ids[b]!))
  const rowsAt = (place: number) => order.subarray(starts[place]!, starts[place + 1]!)
  const sorted = new Uint32Array(order.length)
  const sortedStarts = startsOf(places.map(place => rowsAt(place).length))
  for (const [i, place] of places.entries()) sorted.set(rowsAt(place), sortedStarts[i]!)
  return { traces: places.map(place => traces[place]!), starts: sortedStarts, order: sorted }
}

/** Opens a block of Tempo with what its meta says, and its filters when they are asked for. */
export async function openTempoBlock(
  store: BlobStore,
  meta: BlockMeta,
  file: Pick<BlobReader, 'byteLength' | 'read'>,
): Promise<Block> {
  return openVparquet(file, printTempoMeta(meta), {
    async withPart(name, use) {
      const part = await store.open(keyOf(meta, name)).catch(() => undefined)
      try {
        return part && (await use(part))
      } finally {
        await part?.close()
      }
    },
    // Answers only take longer.
    warn: () => {},
  })
}

/** Writes a block with the traces of several: one after the other by id, equal spans once. */
export async function compactTempoBlocks(
  store: BlobStore,
  inputs: readonly { readonly meta: BlockMeta; readonly file: Pick<BlobReader, 'byteLength' | 'read'> }[],
  place: BlockPlace,
): Promise<Written> {
  const streams: AsyncIterable<Trace>[] = []
  for (const { meta, file } of inputs) {
    const name = keyOf(meta, dataNameOf(meta))
    streams.push(decodeTraces(await naming(name, () => openTempoBlock(store, meta, file))))
  }
  return writeTempoBlock(store, place, ofOne(merged(streams)))
}

async function* ofOne(traces: AsyncIterable<Trace>): AsyncIterable<readonly Trace[]> {
  for await (const trace of traces) yield [trace]
}

/** Traces of several streams that are in the order of ids, in that order, those of one id joined. */
async function* merged(streams: readonly AsyncIterable<Trace>[]): AsyncIterable<Trace> {
  const iterators = streams.map(stream => stream[Symbol.asyncIterator]())
  const heads = await Promise.all(iterators.map(iterator => iterator.next()))
  for (;;) {
    const open = heads.flatMap((head, i) => (head.done ? [] : [{ i, trace: head.value }]))
    if (open.length === 0) return
    const first = open.reduce(
      (least, { trace }) => (trace.traceId < least ? trace.traceId : least),
      open[0]!.trace.traceId,
    )
    const own = open.filter(({ trace }) => trace.traceId === first)
    yield mergePieces(own.map(({ trace }) => trace)).trace
    for (const { i } of own) heads[i] = await iterators[i]!.next()
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
