import { ColumnReader, ColumnWriter } from '../../../../lib/formats/columnar/columns.ts'
import { Prediction } from '../../../../lib/formats/columnar/prediction.ts'

/** A prediction of `rowCount` rows from a row's remainder by 3. */
export function byThirds(rowCount: number): Prediction {
  const nothing = new Uint32Array(rowCount)
  const thirds = Uint32Array.from({ length: rowCount }, (_, row) => row % 3)
  const chain = [
    { known: thirds, history: 1 },
    { known: nothing, history: 1 },
  ]
  return new Prediction({ chains: [chain], known: [nothing, thirds] })
}

/** Writes a column into a segment of its own, and reads it back to its end. */
export function roundTrip<T>(write: (writer: ColumnWriter) => unknown, read: (reader: ColumnReader) => T): T {
  const writer = new ColumnWriter(1)
  write(writer)
  return readBack(writer, read)
}

/** Reads what stands in a writer, whoever put it there. */
export function readBack<T>(writer: ColumnWriter, read: (reader: ColumnReader) => T): T {
  const reader = new ColumnReader(writer.finish(0), 'segment', 0)
  const found = reader.naming(() => read(reader))
  reader.end()
  return found
}

/** The first byte of the head: the encoding that a column chose. */
export function encodingOf(write: (writer: ColumnWriter) => unknown): number {
  const writer = new ColumnWriter(1)
  write(writer)
  return writer.head.view()[0]!
}
