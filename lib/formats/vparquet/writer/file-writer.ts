import type { ColumnChunk, RowGroup, SchemaElement } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js'
import { writeColumn } from 'hyparquet-writer/src/column.js'
import { writeIndexes } from 'hyparquet-writer/src/indexes.js'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'
import type { ByteSink } from '../../../bytes/range.ts'
import { compressor } from '../../../codecs/compress.ts'
import { magic } from '../footer.ts'
import { schemaElements, traceNode } from './block-schema.ts'
import type { ColumnEntries } from './shred.ts'

/** Bytes of values of a page, as Tempo's writer has them. */
const pageBytes = 1 << 18
const createdBy = 'trace-storage-lab'

/** Writes a Parquet file row group by row group; hyparquet-writer makes pages and footer. */
export class BlockFileWriter {
  readonly #sink: ByteSink
  readonly #compressors = { SNAPPY: compressor('snappy', 0) }
  readonly #writer = new ByteWriter(1 << 20)
  readonly #schema = schemaElements(traceNode)
  readonly #rowGroups: RowGroup[] = []
  readonly #indexes: Parameters<typeof writeIndexes>[1] = []

  constructor(sink: ByteSink) {
    this.#sink = sink
    this.#writer.appendUint32(magic)
  }

  async rowGroup(rowCount: number, columns: readonly ColumnEntries[]): Promise<void> {
    const chunks: ColumnChunk[] = []
    for (const column of columns) {
      const written = this.#column(column)
      chunks.push(written.chunk)
      this.#indexes.push(written)
      await this.#flush()
    }
    const sum = (size: 'total_uncompressed_size' | 'total_compressed_size') =>
      chunks.reduce((total, { meta_data }) => total + meta_data![size], 0n)
    this.#rowGroups.push({
      columns: chunks,
      num_rows: BigInt(rowCount),
      total_byte_size: sum('total_uncompressed_size'),
      total_compressed_size: sum('total_compressed_size'),
    })
  }

  #column(column: ColumnEntries): ReturnType<typeof writeColumn> {
    const { node, path, maxRepetition, maxDefinition, values } = column
    // hyparquet-writer reads levels by index and slice alone.
    const [definitions, repetitions] = [column.definitions, column.repetitions] as unknown as [number[], number[]]
    const written = writeColumn({
      writer: this.#writer,
      column: {
        columnName: path.join('.'),
        element: elementAt(this.#schema, path).at(-1)!,
        schemaPath: elementAt(this.#schema, path),
        codec: node.codec,
        compressors: this.#compressors,
        stats: true,
        pageSize: pageBytes,
        columnIndex: true,
        offsetIndex: true,
        encoding: node.encoding,
      },
      pageData: {
        values,
        definitionLevels: maxDefinition === 0 ? [] : definitions,
        repetitionLevels: maxRepetition === 0 ? [] : repetitions,
        maxDefinitionLevel: maxDefinition,
      },
    })
    written.chunk.meta_data!.size_statistics = {
      repetition_level_histogram: histogram(repetitions, maxRepetition),
      definition_level_histogram: histogram(definitions, maxDefinition),
    }
    return written
  }

  async finish(rowCount: number): Promise<void> {
    writeIndexes(this.#writer, this.#indexes)
    await this.#flush()
    writeMetadata(this.#writer, {
      version: 2,
      created_by: createdBy,
      schema: this.#schema,
      num_rows: BigInt(rowCount),
      row_groups: this.#rowGroups,
      metadata_length: 0,
    })
    this.#writer.appendUint32(magic)
    await this.#flush()
  }

  /** Hands on what is written, and goes on at the beginning of the buffer. */
  async #flush(): Promise<void> {
    await this.#sink.write(this.#writer.getBytes().slice())
    this.#writer.index = 0
  }
}

/** The elements from the root to a leaf. */
function elementAt(schema: readonly SchemaElement[], path: readonly string[]): SchemaElement[] {
  const found = [schema[0]!]
  let at = 1
  for (const name of path) {
    while (schema[at]!.name !== name) at += subtreeLength(schema, at)
    found.push(schema[at++]!)
  }
  return found
}

function subtreeLength(schema: readonly SchemaElement[], at: number): number {
  let length = 1
  for (let child = 0; child < (schema[at]!.num_children ?? 0); child++) length += subtreeLength(schema, at + length)
  return length
}

function histogram(levels: readonly number[], max: number): bigint[] {
  const counts = new Array<number>(max + 1).fill(0)
  for (let i = 0; i < levels.length; i++) counts[levels[i]!]++
  return counts.map(BigInt)
}
