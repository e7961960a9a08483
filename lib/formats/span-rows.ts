import type { ByteSink } from '../bytes/range.ts'
import { withSubject } from '../error.ts'
import { inBatches } from '../model/batches.ts'
import type { Span, Trace } from '../model/trace.ts'
import type { ParquetFile } from '../parquet/read/footer.ts'
import { RowGroupColumns } from '../parquet/read/row-group-columns.ts'
import type { GroupNode } from '../parquet/schema.ts'
import type { Columns } from '../parquet/write/columns.ts'
import { ParquetFileWriter } from '../parquet/write/file.ts'

/** Tables in Parquet that have a row a span. */

/** Of a page before compression. */
const pageBytes = 1 << 20
/** Rows of a row group. */
const rowGroupSpans = 1 << 17

/** Adds a span as a row. */
export type AddSpan = (traceId: string, span: Span) => void

/** Writes the spans of pieces of traces, in their order; an error names trace and span. */
export async function writeSpanRows(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  { schema, zstdLevel }: { schema: GroupNode; zstdLevel?: number | undefined },
  adderOf: (columns: Columns) => AddSpan,
): Promise<void> {
  const file = new ParquetFileWriter(schema, sink, { zstdLevel, pageBytes })
  const add = adderOf(file.columns)
  let rowCount = 0
  for await (const batch of batches)
    for (const { traceId, spans } of batch)
      for (const span of spans) {
        addNamed(add, traceId, span)
        if (++rowCount < rowGroupSpans) continue
        await file.endRowGroup(rowCount)
        rowCount = 0
      }
  await file.endRowGroup(rowCount)
  await file.finish()
}

function addNamed(add: AddSpan, traceId: string, span: Span): void {
  try {
    add(traceId, span)
  } catch (error) {
    throw withSubject(`trace ${traceId}, span ${span.spanId}`, error)
  }
}

/** The spans of a table, in the order of its rows, as pieces of one span each. All columns are read. */
export function readSpanRows(
  file: ParquetFile,
  readerOf: (columns: RowGroupColumns) => (row: number) => Trace,
): AsyncIterable<readonly Trace[]> {
  return inBatches(piecesOf(file, readerOf))
}

async function* piecesOf(
  file: ParquetFile,
  readerOf: (columns: RowGroupColumns) => (row: number) => Trace,
): AsyncIterable<readonly Trace[]> {
  for (let number = 0; number < file.footer.rowGroups.length; number++) {
    const { rowCount, read } = await openRows(file, number, readerOf)
    for (let row = 0; row < rowCount; row++) yield [read(row)]
  }
}

/** The spans of one row group, as pieces of one span each. */
export async function readSpanRowGroup(
  file: ParquetFile,
  number: number,
  readerOf: (columns: RowGroupColumns) => (row: number) => Trace,
): Promise<Trace[]> {
  const { rowCount, read } = await openRows(file, number, readerOf)
  return Array.from({ length: rowCount }, (_, row) => read(row))
}

async function openRows(
  file: ParquetFile,
  number: number,
  readerOf: (columns: RowGroupColumns) => (row: number) => Trace,
): Promise<{ rowCount: number; read: (row: number) => Trace }> {
  const columns = new RowGroupColumns(file, number)
  await columns.load([...file.footer.leaves.keys()])
  const read = columns.named(() => readerOf(columns))
  return { rowCount: columns.rowCount, read: row => columns.named(() => read(row)) }
}
