import { ByteWriter } from '../../../bytes/writer.ts'
import { compressor } from '../../../codecs/compress.ts'
import { PageWriter } from '../../../encodings/pages/page.ts'
import { writeStrings } from '../../../encodings/pages/strings.ts'
import { type Similarity, SimilarityWriter } from '../indexes/similarity.ts'
import { bandCount } from '../layout/columns.ts'
import { writePageGroupEntries } from '../layout/directory.ts'
import { FieldTable, writeFields } from '../layout/fields.ts'
import type { DictionaryPage, RowGroup } from '../layout/root.ts'
import { type StoredPiece, storePiece } from '../layout/stored.ts'
import type { BlockpackConfig } from './config.ts'
import { PageEncoder } from './page-encoder.ts'
import { encodePageGroup } from './page-group-encoder.ts'
import { closePageGroups, type EncodedPageGroup, type OpenPageGroup } from './page-groups.ts'
import type { SegmentColumns } from './segment-columns.ts'

/** Characters of a page of a dictionary. */
const dictionaryPageLength = 2 ** 14

/** A row group as it is written, and what the root says of it. */
export interface EncodedRowGroup {
  readonly bytes: readonly Uint8Array[]
  readonly rowGroup: RowGroup
}

/** What follows the page groups: the rest of them, and what they share. */
export interface DataEnd {
  readonly last: EncodedRowGroup | undefined
  readonly dictionaries: readonly (StoredPiece & DictionaryPage)[]
  readonly fields: StoredPiece
  readonly openColumns: readonly number[]
  readonly rareFields: readonly number[]
  readonly similarity: Similarity | undefined
}

/** Encodes the page groups of a file, one after the other: how each is encoded depends on those before it. */
export class DataEncoder {
  readonly #config: BlockpackConfig
  readonly #encoder: PageEncoder
  readonly #fields = new FieldTable()
  readonly #similarity: SimilarityWriter | undefined
  #waiting: OpenPageGroup[] = []
  #waitingBytes = 0

  constructor(config: BlockpackConfig) {
    this.#config = config
    this.#similarity = config.enableMinhash ? new SimilarityWriter(config.minhashPermutations) : undefined
    this.#encoder = new PageEncoder({
      compress:
        config.compressionCodec === 'none' ? undefined : compressor(config.compressionCodec, config.compressionLevel),
      packsBits: config.enableBitPacking,
      isQuick: config.compressionCodec === 'zstd' && config.compressionLevel === 1,
      usesDictionaries: config.enableDictionary,
      maxDictionaryBytes: config.dictionaryMaxSize,
    })
  }

  /** Returns the row group that this page group completes. */
  add(columns: SegmentColumns): EncodedRowGroup | undefined {
    this.#similarity?.add(columns)
    const pageGroup = encodePageGroup(columns, this.#encoder, this.#fields)
    this.#waiting.push(pageGroup)
    this.#waitingBytes += pageGroup.byteLength
    return this.#waitingBytes >= this.#config.writeBufferSize ? this.#endRowGroup() : undefined
  }

  finish(): DataEnd {
    const last = this.#waiting.length > 0 ? this.#endRowGroup() : undefined
    return {
      last,
      dictionaries: dictionaryPages(this.#encoder),
      fields: storePiece(write(out => writeFields(out, this.#fields.fields))),
      openColumns: ascending(this.#encoder.openColumns),
      rareFields: ascending(this.#fields.rare),
      similarity: this.#similarity?.finish(),
    }
  }

  #endRowGroup(): EncodedRowGroup {
    const pageGroups = closePageGroups(this.#waiting, this.#encoder)
    const bands = Array.from({ length: bandCount }, (_, band) => pageGroups.flatMap(({ bands }) => bands[band]!))
    const directory = storePiece(write(out => writeDirectory(out, pageGroups)))
    const { plans, bytes } = this.#encoder.blooms.finish()
    this.#encoder.forgetChoices()
    this.#similarity?.endRowGroup(pageGroups.reduce((sum, { traceCount }) => sum + traceCount, 0))
    this.#waiting = []
    this.#waitingBytes = 0
    const rowGroup: RowGroup = {
      blooms: plans,
      directory: { storedLength: directory.storedLength, rawLength: directory.rawLength },
      pageGroups: pageGroups.map(({ traceCount, spanCount, bands, minStart, maxStart }) => ({
        ...{ traceCount, spanCount, minStart, maxStart },
        bandLengths: bands.map(byteLengthOf),
      })),
    }
    return { bytes: [...bands.map(pages => Buffer.concat(pages)), directory.bytes, bytes], rowGroup }
  }
}

function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b)
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
