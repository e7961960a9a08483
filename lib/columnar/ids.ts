import { spanIdDigits, traceIdDigits } from '../model/trace.ts'
import { readCodes, writeCodes } from './codes.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { Prediction } from './prediction.ts'
import { readStrings, writeStrings } from './strings.ts'
import { readText, writeText } from './texts.ts'

const wordDigits = 8

/** A prediction from nothing, for columns that hold chance. */
function blind(rowCount: number): Prediction {
  const nothing = new Uint32Array(rowCount)
  return new Prediction({ chains: [[{ known: nothing, history: 1 }]], known: [nothing] })
}

/** How a trace id stands. */
export const traceKind = { whole: 0, padded: 1, odd: 2 } as const

/**
 * Trace ids: their four words of 32 bits as columns of numbers, so that one that counts, or stands still, is seen. Ids
 * of 64 bits behind zeros are told apart; ids of another length stand as texts.
 */
export function writeTraceIds(writer: ColumnWriter, ids: readonly string[]): void {
  const kinds = Uint32Array.from(ids, traceKindOf)
  writeCodes(writer, kinds, 3, blind(ids.length))
  const whole = ids.filter((_, row) => kinds[row] === traceKind.whole)
  const even = ids.filter((_, row) => kinds[row] !== traceKind.odd)
  for (const [word, of] of [whole, whole, even, even].entries())
    writeNumbers(writer, wordsOf(of, word), blind(of.length))
  for (const [row, id] of ids.entries()) if (kinds[row] === traceKind.odd) writeText(writer, id)
}

export function readTraceIds(reader: ColumnReader, count: number): string[] {
  const kinds = readCodes(reader, 'trace.id kind', count, 3, blind(count))
  const isWhole = (kind: number) => kind === traceKind.whole
  const wholeCount = kinds.reduce((sum, kind) => sum + (isWhole(kind) ? 1 : 0), 0)
  const evenCount = kinds.reduce((sum, kind) => sum + (kind === traceKind.odd ? 0 : 1), 0)
  const words = [wholeCount, wholeCount, evenCount, evenCount].map((rows, word) =>
    readNumbers(reader, `trace.id word ${word}`, rows, blind(rows)),
  )
  let [whole, even] = [0, 0]
  const ids = Array.from(kinds, kind => {
    if (kind === traceKind.odd) return readText(reader)
    const high = isWhole(kind)
      ? hex(reader, words[0]![whole]!) + hex(reader, words[1]![whole++]!)
      : '0'.repeat(spanIdDigits)
    return high + hex(reader, words[2]![even]!) + hex(reader, words[3]![even++]!)
  })
  checkIds(reader, 'trace.id', ids, traceIdDigits)
  return ids
}

export function traceKindOf(id: string): number {
  if (id.length !== traceIdDigits) return traceKind.odd
  return id.startsWith('0000000000000000') ? traceKind.padded : traceKind.whole
}

function wordsOf(ids: readonly string[], word: number): Float64Array {
  return Float64Array.from(ids, id => Number.parseInt(id.slice(word * wordDigits, (word + 1) * wordDigits), 16))
}

function hex(reader: ColumnReader, word: number): string {
  if (word !== word >>> 0) reader.head.fail('corrupt', `trace.id: a word of ${word}`)
  return word.toString(16).padStart(wordDigits, '0')
}

/** Refuses ids that are no lower-case hex of whole bytes, at most `maxDigits` of it. */
export function checkIds(reader: ColumnReader, name: string, ids: readonly string[], maxDigits: number): void {
  const at = ids.findIndex(id => !isId(id, maxDigits))
  if (at >= 0) reader.head.fail('corrupt', `${name}: row ${at} is no id`)
}

/** True for lower-case hex of whole bytes, at most `maxDigits` of it. */
export function isId(id: string, maxDigits: number): boolean {
  if (id.length > maxDigits || id.length % 2 === 1) return false
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false
  }
  return true
}

/** How the id of a span stands, its own or its parent's. */
const spanKind = { random: 0, tail: 1, repeated: 2, odd: 3 } as const

/** What is known of ids by row, in the order of the rows. */
export interface IdRows {
  /** The id of the span's trace. */
  readonly traceIds: (row: number) => string
  readonly prediction: Prediction
  /** By row: where it changes, an id may come again. */
  readonly groups: Uint32Array
}

/** Span ids taken apart. */
export interface SpanIdParts {
  /** By row: 0 stands in `random`, 1 the last 16 digits of its trace's id, 2 as an earlier row, 3 stands in `odd`. */
  readonly kinds: Uint32Array
  /** How many rows before, of kind 2. */
  readonly distances: Float64Array
  readonly random: readonly string[]
  readonly odd: readonly string[]
}

/**
 * Tells apart ids that end the trace's id, those that stand before in the same trace, and those of another length.
 * `mayRepeat` is false where none stands twice in a trace.
 */
export function splitSpanIds(ids: readonly string[], rows: Omit<IdRows, 'prediction'>, mayRepeat = true): SpanIdParts {
  const kinds = new Uint32Array(ids.length)
  const distances: number[] = []
  const random: string[] = []
  const odd: string[] = []
  const before = new Map<string, number>()
  for (const [row, id] of ids.entries()) {
    let earlier: number | undefined
    if (mayRepeat) {
      if (row > 0 && rows.groups[row] !== rows.groups[row - 1]) before.clear()
      earlier = before.get(id)
      if (earlier === undefined) before.set(id, row)
      else distances.push(row - earlier)
    }
    const kind = kindOf(id, rows.traceIds(row), earlier !== undefined)
    kinds[row] = kind
    if (kind === spanKind.random) random.push(id)
    else if (kind === spanKind.odd) odd.push(id)
  }
  return { kinds, distances: Float64Array.from(distances), random, odd }
}

/** How many ids stand in each of the parts. */
export function countSpanIdKinds(kinds: Uint32Array): { random: number; repeated: number; odd: number } {
  const counts = [0, 0, 0, 0]
  for (const kind of kinds) counts[kind]!++
  return { random: counts[spanKind.random]!, repeated: counts[spanKind.repeated]!, odd: counts[spanKind.odd]! }
}

/** The ids that were taken apart; `fail` is told of a row that repeats none. */
export function joinSpanIds(
  { kinds, distances, random, odd }: SpanIdParts,
  rows: Omit<IdRows, 'prediction'>,
  fail: (row: number) => never,
): string[] {
  let [repeat, next, nextOdd] = [0, 0, 0]
  const ids = new Array<string>(kinds.length)
  for (let row = 0; row < kinds.length; row++) {
    const kind = kinds[row]!
    if (kind === spanKind.random) ids[row] = random[next++]!
    else if (kind === spanKind.tail) ids[row] = rows.traceIds(row).slice(spanIdDigits)
    else if (kind === spanKind.odd) ids[row] = odd[nextOdd++]!
    else {
      const from = row - distances[repeat++]!
      const id = from < row ? ids[from] : undefined
      ids[row] = id === undefined || rows.groups[from] !== rows.groups[row] ? fail(row) : id
    }
  }
  return ids
}

/** Writes span ids: what is told by the trace, then the digits that vary; ids of another length as texts. */
export function writeSpanIds(writer: ColumnWriter, ids: readonly string[], rows: IdRows): void {
  const { kinds, distances, random, odd } = splitSpanIds(ids, rows)
  writeCodes(writer, kinds, 4, rows.prediction)
  writeNumbers(writer, distances, blind(distances.length))
  writeStrings(writer, random, blind(random.length))
  for (const id of odd) writeText(writer, id)
}

export function readSpanIds(reader: ColumnReader, name: string, count: number, rows: IdRows): string[] {
  const kinds = readCodes(reader, `${name} kind`, count, 4, rows.prediction)
  const counts = countSpanIdKinds(kinds)
  const distances = readNumbers(reader, `${name} repeats`, counts.repeated, blind(counts.repeated))
  const random = readStrings(reader, name, counts.random, blind(counts.random)).values
  const odd = Array.from({ length: counts.odd }, () => readText(reader))
  const ids = joinSpanIds({ kinds, distances, random, odd }, rows, row =>
    reader.head.fail('corrupt', `${name}: row ${row} repeats a row that is not there`),
  )
  checkIds(reader, name, ids, spanIdDigits)
  return ids
}

function kindOf(id: string, traceId: string, isRepeated: boolean): number {
  if (isRepeated) return spanKind.repeated
  if (id.length !== spanIdDigits) return spanKind.odd
  return traceId.length === traceIdDigits && traceId.endsWith(id) ? spanKind.tail : spanKind.random
}
