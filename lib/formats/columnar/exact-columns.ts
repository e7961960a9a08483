import { type ExactNumbers, type ReadNumbers, readExceptions, writeExceptions } from '../../encodings/exact-numbers.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { type Estimate, readNumbers, writeNumbers } from './numbers.ts'
import type { Prediction } from './prediction.ts'

/** Writes numbers and, in the head, the exact values of those that are not safe. */
export function writeExact(
  writer: ColumnWriter,
  numbers: ExactNumbers,
  prediction: Prediction,
  estimate?: Estimate,
): void {
  const { head } = writer
  writeExceptions(head, numbers.exceptions)
  writeNumbers(writer, Float64Array.from(numbers.values), prediction, estimate)
}

export function readExact(
  reader: ColumnReader,
  name: string,
  count: number,
  prediction: Prediction,
  rowCount = count,
): ReadNumbers {
  const { head } = reader
  reader.column = name
  const exceptions = readExceptions(head, rowCount, `${name}: `)
  return { values: readNumbers(reader, name, count, prediction), exceptions }
}
