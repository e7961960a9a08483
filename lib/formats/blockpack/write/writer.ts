import { allocatingIn, borrowArena, returnArena } from '../../../bytes/arena.ts'
import type { ByteSink } from '../../../bytes/range.ts'
import { ByteWriter } from '../../../bytes/writer.ts'
import { spanCountOf, type Trace } from '../../../model/trace.ts'
import { traceKey } from '../../../model/trace-id.ts'
import { addTrace } from '../../../shred/add-trace.ts'
import { Segment } from '../../../shred/shred.ts'
import type { WorkerPool } from '../../../workers/pool.ts'
import { TraceIndexWriter } from '../indexes/trace-index.ts'
import { printFooter, printHeader } from '../layout/footer.ts'
import { type Root, type RowGroup, writeRoot } from '../layout/root.ts'
import { storePiece } from '../layout/stored.ts'
import type { BlockpackConfig } from './config.ts'
import type { DataEnd, EncodedRowGroup } from './data-encoder.ts'
import { encodeRowGroups } from './encode-row-groups.ts'
import { columnsOf, type SegmentColumns } from './segment-columns.ts'

/** A page group ends with the trace by which it has the min of spans and one more per so many bytes of a page. */
const bytesPerSpan = 32
const spanLimits = { min: 2_000, max: 8_000 }
/** Characters of strings and items (spans, events, links, values) in a page group: it ends after the trace that exceeds them. */
const maxTextLength = 2 ** 22
const maxItems = 2 ** 19

export interface WriteOptions {
  /** A page group ends with the trace by which it has so many spans. */
  readonly spansPerPageGroup?: number | undefined
  /** Large files are encoded in a thread of their own where the pool is of several; their bytes are the same. */
  readonly workers?: WorkerPool | undefined
}

/** Writes traces as a blockpack file (FORMAT.md); each trace id comes once, its spellings next to each other. */
export async function encodeBlockpack(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  config: BlockpackConfig,
  { spansPerPageGroup = spansPerPageGroupOf(config), workers }: WriteOptions = {},
): Promise<void> {
  const shredder = new PageGroupShredder(spansPerPageGroup)
  const file = new FileWriter(sink, config, shredder.traceIndex)
  const rowGroups = encodeRowGroups(shredder.pageGroups(batches), config, workers)
  let next = await rowGroups.next()
  for (; !next.done; next = await rowGroups.next()) await file.writeRowGroup(next.value)
  await file.finish(next.value)
}

function spansPerPageGroupOf({ columnBlockSize }: BlockpackConfig): number {
  return Math.min(spanLimits.max, spanLimits.min + Math.floor(columnBlockSize / bytesPerSpan))
}

/** Cuts traces into page groups, and collects their ids for the index. */
class PageGroupShredder {
  readonly traceIndex = new TraceIndexWriter()
  readonly #spansPerPageGroup: number
  #segment = new Segment()

  constructor(spansPerPageGroup: number) {
    this.#spansPerPageGroup = spansPerPageGroup
  }

  /** The page groups, each to be used before the next is asked for. */
  async *pageGroups(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<SegmentColumns> {
    const arena = borrowArena()
    for await (const batch of batches)
      for (const trace of batch) {
        if (this.#endsBefore(trace)) {
          yield this.#end()
          arena.clear()
        }
        this.traceIndex.add(trace.traceId)
        allocatingIn(arena, () => addTrace(this.#segment, trace))
      }
    if (this.#segment.spanCount > 0) yield this.#end()
    returnArena(arena)
  }

  /** Spellings of one id stay in one page group. */
  #endsBefore(other: Trace): boolean {
    const { spanCount, trace } = this.#segment
    if (spanCount === 0) return false
    if (spanCount + spanCountOf(other) <= spanLimits.max && !this.#isFull()) return false
    return traceKey(trace.ids.at(-1)!) !== traceKey(other.traceId)
  }

  #isFull(): boolean {
    const { spanCount, textLength, itemCount } = this.#segment
    return spanCount >= this.#spansPerPageGroup || textLength > maxTextLength || itemCount > maxItems
  }

  #end(): SegmentColumns {
    const segment = this.#segment
    this.#segment = new Segment()
    return columnsOf(segment)
  }
}

/** Places what was encoded, and writes the indexes and the table of contents. */
class FileWriter {
  readonly #sink: ByteSink
  readonly #config: BlockpackConfig
  readonly #traceIndex: TraceIndexWriter
  readonly #rowGroups: RowGroup[] = []
  #offset = 0

  constructor(sink: ByteSink, config: BlockpackConfig, traceIndex: TraceIndexWriter) {
    this.#sink = sink
    this.#config = config
    this.#traceIndex = traceIndex
  }

  async writeRowGroup({ bytes, rowGroup }: EncodedRowGroup): Promise<void> {
    if (this.#offset === 0) await this.#write(printHeader())
    for (const part of bytes) await this.#write(part)
    this.#rowGroups.push(rowGroup)
  }

  /** Writes the dictionaries, the indexes and the table of contents. */
  async finish({ dictionaries, fields, openColumns, rareFields, similarity }: DataEnd): Promise<void> {
    if (this.#offset === 0) await this.#write(printHeader())
    for (const { bytes } of dictionaries) await this.#write(bytes)
    const traceIndex = await this.#traceIndex.finish()
    await this.#write(traceIndex.bytes)
    if (similarity) await this.#write(similarity.bytes)
    const fieldsOffset = this.#offset
    await this.#write(fields.bytes)
    const { compressionCodec: codec, compressionLevel: level } = this.#config
    const root: Root = {
      ...{ codec, level, dictionaries, fields, openColumns, rareFields },
      rowGroups: this.#rowGroups,
      traceIndex: traceIndex.plan,
      similarity: similarity?.plan,
    }
    const out = new ByteWriter(1 << 12)
    writeRoot(out, root)
    const stored = storePiece(out.take())
    const footer = printFooter({ ...stored, fieldsOffset })
    await this.#write(stored.bytes)
    await this.#write(footer)
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    this.#offset += bytes.length
    await this.#sink.write(bytes)
  }
}
