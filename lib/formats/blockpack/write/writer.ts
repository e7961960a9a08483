import { Arena, allocatingIn } from '../../../bytes/arena.ts'
import type { ByteSink } from '../../../bytes/range.ts'
import { ByteWriter } from '../../../bytes/writer.ts'
import { compressor } from '../../../codecs/compress.ts'
import { PageWriter } from '../../../encodings/pages/page.ts'
import { writeStrings } from '../../../encodings/pages/strings.ts'
import { spanCountOf, type Trace } from '../../../model/trace.ts'
import { traceKey } from '../../../model/trace-id.ts'
import { addTrace } from '../../../shred/add-trace.ts'
import { Segment } from '../../../shred/shred.ts'
import { SimilarityWriter } from '../indexes/similarity.ts'
import { TraceIndexWriter } from '../indexes/trace-index.ts'
import { bandCount } from '../layout/columns.ts'
import { writePageGroupEntries } from '../layout/directory.ts'
import { FieldTable, writeFields } from '../layout/fields.ts'
import { printFooter, printHeader } from '../layout/footer.ts'
import { type DictionaryPage, type Root, type RowGroup, writeRoot } from '../layout/root.ts'
import { type StoredPiece, storePiece } from '../layout/stored.ts'
import type { BlockpackConfig } from './config.ts'
import { PageEncoder } from './page-encoder.ts'
import { encodePageGroup } from './page-group-encoder.ts'
import { closePageGroups, type EncodedPageGroup, type OpenPageGroup } from './page-groups.ts'

/** A page group ends with the trace by which it has the min of spans and one more per so many bytes of a page. */
const bytesPerSpan = 32
const spanLimits = { min: 2_000, max: 8_000 }
/** Characters of strings and items (spans, events, links, values) in a page group: it ends after the trace that exceeds them. */
const maxTextLength = 2 ** 22
const maxItems = 2 ** 19
/** Characters of a page of a dictionary. */
const dictionaryPageLength = 2 ** 14

/** Writes traces as a blockpack file (FORMAT.md). A page group ends with the trace by which it has so many spans. */
export async function encodeBlockpack(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  config: BlockpackConfig,
  spansPerPageGroup: number = spansPerPageGroupOf(config),
): Promise<void> {
  const writer = new BlockpackWriter(sink, config, spansPerPageGroup)
  for await (const batch of batches) await writer.add(batch)
  await writer.finish()
}

function spansPerPageGroupOf({ columnBlockSize }: BlockpackConfig): number {
  return Math.min(spanLimits.max, spanLimits.min + Math.floor(columnBlockSize / bytesPerSpan))
}

/** Takes traces in batches; each trace id comes once, its spellings next to each other. */
export class BlockpackWriter {
  readonly #sink: ByteSink
  readonly #config: BlockpackConfig
  readonly #encoder: PageEncoder
  readonly #fields = new FieldTable()
  readonly #traceIndex = new TraceIndexWriter()
  readonly #similarity: SimilarityWriter | undefined
  readonly #rowGroups: RowGroup[] = []
  readonly #spansPerPageGroup: number
  #segment = new Segment()
  /** The memory of the segment. */
  readonly #arena = new Arena()
  #waiting: OpenPageGroup[] = []
  #waitingBytes = 0
  #offset = 0

  constructor(sink: ByteSink, config: BlockpackConfig, spansPerPageGroup: number = spansPerPageGroupOf(config)) {
    this.#sink = sink
    this.#config = config
    this.#encoder = new PageEncoder({
      compress:
        config.compressionCodec === 'none' ? undefined : compressor(config.compressionCodec, config.compressionLevel),
      packsBits: config.enableBitPacking,
      isQuick: config.compressionCodec === 'zstd' && config.compressionLevel === 1,
      usesDictionaries: config.enableDictionary,
      maxDictionaryBytes: config.dictionaryMaxSize,
    })
    this.#similarity = config.enableMinhash ? new SimilarityWriter(config.minhashPermutations) : undefined
    this.#spansPerPageGroup = spansPerPageGroup
  }

  async add(traces: readonly Trace[]): Promise<void> {
    for (const trace of traces) {
      if (this.#endsBefore(trace)) await this.#endPageGroup()
      this.#traceIndex.add(trace.traceId)
      allocatingIn(this.#arena, () => addTrace(this.#segment, trace))
    }
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

  /** Writes what is waiting, the dictionaries, the indexes and the table of contents. */
  async finish(): Promise<void> {
    if (this.#segment.spanCount > 0) await this.#endPageGroup()
    await this.#endRowGroup()
    if (this.#offset === 0) await this.#write(printHeader())
    const dictionaries = dictionaryPages(this.#encoder)
    for (const { bytes } of dictionaries) await this.#write(bytes)
    const traceIndex = this.#traceIndex.finish()
    await this.#write(traceIndex.bytes)
    const similarity = this.#similarity?.finish()
    if (similarity) await this.#write(similarity.bytes)
    const fields = storePiece(write(out => writeFields(out, this.#fields.fields)))
    const fieldsOffset = this.#offset
    await this.#write(fields.bytes)
    const root: Root = {
      codec: this.#config.compressionCodec,
      level: this.#config.compressionLevel,
      rowGroups: this.#rowGroups,
      dictionaries,
      traceIndex: traceIndex.plan,
      similarity: similarity?.plan,
      fields,
      openColumns: [...this.#encoder.openColumns].sort((a, b) => a - b),
      rareFields: [...this.#fields.rare].sort((a, b) => a - b),
    }
    const stored = storePiece(write(out => writeRoot(out, root)))
    const footer = printFooter({ ...stored, fieldsOffset })
    await this.#write(stored.bytes)
    await this.#write(footer)
  }

  async #endPageGroup(): Promise<void> {
    const segment = this.#segment
    this.#segment = new Segment()
    this.#similarity?.add(segment)
    const pageGroup = encodePageGroup(segment, this.#encoder, this.#fields)
    this.#arena.clear()
    this.#waiting.push(pageGroup)
    this.#waitingBytes += pageGroup.byteLength
    if (this.#waitingBytes >= this.#config.writeBufferSize) await this.#endRowGroup()
  }

  async #endRowGroup(): Promise<void> {
    if (this.#waiting.length === 0) return
    const pageGroups = closePageGroups(this.#waiting, this.#encoder)
    if (this.#offset === 0) await this.#write(printHeader())
    for (let band = 0; band < bandCount; band++)
      await this.#write(Buffer.concat(pageGroups.flatMap(({ bands }) => bands[band]!)))
    const directory = storePiece(write(out => writeDirectory(out, pageGroups)))
    await this.#write(directory.bytes)
    const { plans, bytes } = this.#encoder.blooms.finish()
    await this.#write(bytes)
    this.#rowGroups.push({
      blooms: plans,
      directory: { storedLength: directory.storedLength, rawLength: directory.rawLength },
      pageGroups: pageGroups.map(({ traceCount, spanCount, bands, minStart, maxStart }) => ({
        ...{ traceCount, spanCount, minStart, maxStart },
        bandLengths: bands.map(byteLengthOf),
      })),
    })
    this.#similarity?.endRowGroup()
    this.#encoder.forgetChoices()
    this.#waiting = []
    this.#waitingBytes = 0
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    this.#offset += bytes.length
    await this.#sink.write(bytes)
  }
}

function writeDirectory(out: ByteWriter, pageGroups: readonly EncodedPageGroup[]): void {
  for (const { base, pages } of pageGroups) writePageGroupEntries(out, base, pages)
}

function byteLengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0)
}

/** The dictionaries as pieces: short ones share a piece, long ones take several. */
function dictionaryPages(encoder: PageEncoder): (StoredPiece & DictionaryPage)[] {
  const pages: (StoredPiece & DictionaryPage)[] = []
  let writer = new PageWriter({ packsBits: true })
  let runs: { column: number; entryCount: number }[] = []
  let length = 0
  const flush = () => {
    if (runs.length > 0) pages.push({ ...storePiece(writer.out.view()), runs })
    writer = new PageWriter({ packsBits: true })
    runs = []
    length = 0
  }
  const sorted = [...encoder.dictionaries].sort((a, b) => a[1].byteLength - b[1].byteLength || a[0] - b[0])
  for (const [column, { entries, isBinary, byteLength }] of sorted) {
    // A dictionary that fits a piece is read as one.
    if (length + byteLength > dictionaryPageLength) flush()
    for (let start = 0; start < entries.length; ) {
      let end = start
      for (; end < entries.length && length < dictionaryPageLength; end++) length += entries[end]!.length + 1
      writeStrings(writer, entries.slice(start, end), isBinary)
      runs.push({ column, entryCount: end - start })
      start = end
      if (length >= dictionaryPageLength) flush()
    }
  }
  flush()
  return pages
}

function write(fill: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter(1 << 12)
  fill(out)
  return out.take()
}
