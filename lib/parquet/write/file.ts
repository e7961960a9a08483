import type { ByteSink } from '../../bytes/range.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import type { GroupNode } from '../schema.ts'
import { ChunkWriter, type FileOptions, type WrittenChunk } from './chunk.ts'
import { Columns } from './columns.ts'
import { type IndexPlace, printColumnIndex, printFooter, printOffsetIndex, type WrittenRowGroup } from './footer.ts'

const magic = Buffer.from('PAR1')

/** What a finished file is like. */
export interface WrittenFile {
  readonly byteLength: number
  /** Of the metadata at the end, without its length and the magic. */
  readonly footerLength: number
  readonly rowGroupCount: number
}

/**
 * Writes a Parquet file row group by row group: rows go into `columns`, until `endRowGroup` writes and forgets them.
 * Pages carry checksums and bounds; the indexes of pages stand in front of the footer.
 */
export class ParquetFileWriter {
  readonly columns: Columns
  readonly #schema: GroupNode
  readonly #sink: ByteSink
  readonly #chunks: ChunkWriter
  readonly #out = new ByteWriter(1 << 20)
  readonly #rowGroups: { rowCount: number; chunks: WrittenChunk[] }[] = []
  #offset = 0

  constructor(schema: GroupNode, sink: ByteSink, options: FileOptions) {
    this.#schema = schema
    this.#sink = sink
    this.#chunks = new ChunkWriter(options)
    this.columns = new Columns(schema)
    this.#out.raw(magic)
  }

  async endRowGroup(rowCount: number): Promise<void> {
    if (rowCount === 0) return
    const chunks: WrittenChunk[] = []
    for (const column of this.columns.all) {
      chunks.push(this.#chunks.write(this.#out, this.#offset, column))
      await this.#flush()
    }
    this.#rowGroups.push({ rowCount, chunks })
    this.columns.clear()
  }

  async finish(): Promise<WrittenFile> {
    const columnIndexes = this.#indexes(printColumnIndex)
    const offsetIndexes = this.#indexes(printOffsetIndex)
    const rowGroups = this.#rowGroups.map((group, i): WrittenRowGroup => {
      return { ...group, columnIndexes: columnIndexes[i]!, offsetIndexes: offsetIndexes[i] as IndexPlace[] }
    })
    const footer = printFooter(this.#schema, rowGroups)
    this.#out.raw(footer)
    this.#out.u32(footer.length)
    this.#out.raw(magic)
    await this.#flush()
    return { byteLength: this.#offset, footerLength: footer.length, rowGroupCount: rowGroups.length }
  }

  /** Appends an index of each chunk that has one. */
  #indexes(print: (chunk: WrittenChunk) => Buffer | undefined): (IndexPlace | undefined)[][] {
    return this.#rowGroups.map(({ chunks }) =>
      chunks.map(chunk => {
        const bytes = print(chunk)
        const offset = this.#offset + this.#out.length
        if (bytes) this.#out.raw(bytes)
        return bytes && { offset, byteLength: bytes.length }
      }),
    )
  }

  /** Hands on what is written. */
  async #flush(): Promise<void> {
    const bytes = this.#out.take()
    this.#offset += bytes.length
    await this.#sink.write(bytes)
  }
}
