import {
  countSpanIdKinds,
  countTraceIdKinds,
  type IdRows,
  joinSpanIds,
  joinTraceIds,
  spanKind,
  splitSpanIds,
  traceKind,
  traceKindOf,
} from '../../encodings/ids.ts'
import { rowsOf } from '../../shred/parents.ts'
import { readCodes, writeCodes } from './codes.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { Prediction } from './prediction.ts'
import { readStrings, writeStrings } from './strings.ts'
import { readText, writeText } from './texts.ts'

const wordDigits = 8

/** No prediction: for columns of random values. */
function noPrediction(rowCount: number): Prediction {
  const nothing = new Uint32Array(rowCount)
  return new Prediction({ chains: [[{ known: nothing, history: 1 }]], known: [nothing] })
}

/**
 * Trace ids: their four words of 32 bits as columns of numbers, so that one that counts up, or is constant, is recognised.
 * Ids of 64 bits padded with zeros are separate; ids of another length are texts.
 */
export function writeTraceIds(writer: ColumnWriter, ids: readonly string[]): void {
  const kinds = Uint32Array.from(ids, traceKindOf)
  writeCodes(writer, kinds, 3, noPrediction(ids.length))
  const whole = ids.filter((_, row) => kinds[row] === traceKind.whole)
  const even = ids.filter((_, row) => kinds[row] !== traceKind.odd)
  for (const [word, of] of [whole, whole, even, even].entries())
    writeNumbers(writer, wordsOf(of, word), noPrediction(of.length))
  for (const [row, id] of ids.entries()) if (kinds[row] === traceKind.odd) writeText(writer, id)
}

export function readTraceIds(reader: ColumnReader, count: number): string[] {
  const kinds = readCodes(reader, 'trace.id kind', count, 3, noPrediction(count))
  const { whole, even } = countTraceIdKinds(kinds)
  const words = [whole, whole, even, even].map((rows, word) =>
    readNumbers(reader, `trace.id word ${word}`, rows, noPrediction(rows)),
  )
  const half = (first: number) => (i: number) => hex(reader, words[first]![i]!) + hex(reader, words[first + 1]![i]!)
  const next = { high: half(0), low: half(2), odd: () => readText(reader) }
  return joinTraceIds(kinds, next, reader.failing('trace.id'))
}

function wordsOf(ids: readonly string[], word: number): Float64Array {
  return Float64Array.from(ids, id => Number.parseInt(id.slice(word * wordDigits, (word + 1) * wordDigits), 16))
}

function hex(reader: ColumnReader, word: number): string {
  if (word !== word >>> 0) reader.head.fail('corrupt', `trace.id: a word of ${word}`)
  return word.toString(16).padStart(wordDigits, '0')
}

/** The same, and what predicts them. */
export interface PredictedIdRows extends IdRows {
  readonly prediction: Prediction
}

/** Ids that are derived and not written. */
export interface Derivation {
  /** The id at a row. */
  readonly idAt: (row: number) => string
  /** Whether the id is another one's already: then the row keeps its own. */
  readonly isTaken: (id: string) => boolean
}

/** Writes the ids of spans that are derived; returns by row whether it is. */
export function writeDerivedIds(
  writer: ColumnWriter,
  ids: readonly string[],
  rows: PredictedIdRows,
  { idAt, isTaken }: Derivation,
): boolean[] {
  const isOdd = (row: number) => isTaken(idAt(row)) || rows.traceIds(row).endsWith(idAt(row))
  const { kinds, distances, odd } = splitSpanIds(ids, rows, true, isOdd)
  writeCodes(writer, kinds, 4, rows.prediction)
  writeNumbers(writer, distances, noPrediction(distances.length))
  for (const id of odd) writeText(writer, id)
  return Array.from(kinds, kind => kind === spanKind.random)
}

/** Writes span ids: what follows from the trace, then the digits that vary; ids of another length as texts. */
export function writeSpanIds(writer: ColumnWriter, ids: readonly string[], rows: PredictedIdRows): void {
  const { kinds, distances, random, odd } = splitSpanIds(ids, rows)
  writeCodes(writer, kinds, 4, rows.prediction)
  writeNumbers(writer, distances, noPrediction(distances.length))
  writeStrings(writer, random, noPrediction(random.length))
  for (const id of odd) writeText(writer, id)
}

/** Reads span ids; where they are derived, by `idAt`. */
export function readSpanIds(
  reader: ColumnReader,
  name: string,
  count: number,
  rows: PredictedIdRows,
  idAt?: Derivation['idAt'],
): string[] {
  const kinds = readCodes(reader, `${name} kind`, count, 4, rows.prediction)
  const counts = countSpanIdKinds(kinds)
  const distances = readNumbers(reader, `${name} repeats`, counts.repeated, noPrediction(counts.repeated))
  const random = idAt
    ? Array.from(rowsOf(kinds, spanKind.random), idAt)
    : readStrings(reader, name, counts.random, noPrediction(counts.random)).values
  const odd = Array.from({ length: counts.odd }, () => readText(reader))
  return joinSpanIds({ kinds, distances, random, odd }, rows, reader.failing(name))
}
