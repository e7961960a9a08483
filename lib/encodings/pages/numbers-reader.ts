import { countUp, floats, words } from '../../bytes/arena.ts'
import { sumOf } from '../counts.ts'
import { numbersAt } from '../dictionary.ts'
import { decodeSplit, decodeSplitAt, greatestOf, leastOf, measureSplit } from '../split.ts'
import { readSigned } from '../texts.ts'
import { clockUnits, encodings, flag, type Layout, layouts, limit, predictedHead } from './number-layouts.ts'
import type { PageReader } from './page.ts'
import { type Contexts, checkGaps, fillPredicted, type Misses } from './predicted.ts'

/** Reads pages of whole numbers. */

/** What precedes the numbers of a page. */
interface Head {
  readonly code: number
  readonly layout: Layout
  readonly isDelta: boolean
  readonly isFolded: boolean
  readonly base: number
  readonly unit: number
  readonly patches: Patches | undefined
}

/** Remainders of the rows that are not multiples of the unit. */
interface Patches {
  readonly rows: Uint32Array
  readonly remainders: Float64Array
}

/** By the head of a page. */
const layoutNames = Array.from({ length: 32 }, (_, head) => {
  const name = Object.keys(layouts)[head & 3]!
  return `${name}${(head & flag.deltas) !== 0 ? ' deltas' : ''}${(head & flag.unit) !== 0 ? ' in steps' : ''}`
})

/** Reads `count` whole numbers; `contexts` are what they may be predicted by. */
export function readNumbers(reader: PageReader, count: number, contexts?: Contexts): Float64Array {
  return count === 0 ? new Float64Array(0) : readAfter(reader, reader.in.u8(), count, contexts)
}

/** Whether the page of this first byte has a class and bits for each number. */
function isSplit(code: number): boolean {
  return (code & ~(flag.folded | flag.unit)) === layouts.split
}

/** Reads `count` whole numbers, 1 or more, behind the first byte of their page. */
function readAfter(reader: PageReader, code: number, count: number, contexts: Contexts | undefined): Float64Array {
  if (code === predictedHead) {
    const { gaps, values, of } = readMisses(reader, count, contexts)
    const misses = fillPredicted(reader, of, gaps, countUp(values.length))
    const numbers = floats(count)
    for (let row = 0; row < count; row++) numbers[row] = values[misses[row]!]!
    return numbers
  }
  const head = readHead(reader, code, count)
  if (head.layout === layouts.split) return readSplit(reader, head, count)
  return finish(reader, head, readOffsets(reader, head, scratchOf(count)))
}

/** Numbers, or those of `rows`, by their classes and bits. */
function readSplit(reader: PageReader, head: Head, count: number, rows?: Uint32Array): Float64Array {
  const classes = reader.bytes(count)
  const measure = measureSplit(classes)
  const split = { classes, bits: reader.bytes(measure.byteLength) }
  // What stays exact for the largest of its classes is put over base and unit at once.
  const isScaled = !head.isFolded && reachOf(measure.max, head) <= Number.MAX_SAFE_INTEGER
  const scale = isScaled ? head : undefined
  const numbers = rows ? decodeSplitAt(split, rows, scale) : decodeSplit(split, measure, scale)
  if (isScaled) return settle(reader, head, numbers, rows)
  const isWords = measure.max < wordRange && reachOf(measure.max / 2, head) <= Number.MAX_SAFE_INTEGER
  if (!head.isFolded || !isWords) return finish(reader, head, numbers, rows)
  for (let i = 0; i < numbers.length; i++) numbers[i] = unfold(numbers[i]!) * head.unit
  return settle(reader, head, numbers, rows)
}

const wordRange = 0x100000000

/** 0, -1, 1, -2 and so on of 0, 1, 2, 3. */
function unfold(word: number): number {
  return (word >>> 1) ^ -(word & 1)
}

/** Reads some of `count` whole numbers, those of ascending rows; of a split page only their bits. */
export function readNumbersAt(reader: PageReader, count: number, rows: Uint32Array, contexts?: Contexts): Float64Array {
  if (count === 0) return new Float64Array(0)
  const code = reader.in.u8()
  if (!isSplit(code)) {
    const all = readAfter(reader, code, count, contexts)
    return numbersAt(rows, all)
  }
  return readSplit(reader, readHead(reader, code, count), count, rows)
}

/** What is known of numbers without their bits. */
export interface NumberBounds {
  /** By row. */
  readonly classes: Uint8Array
  /** By class: no number is below the first or above the second. */
  readonly least: Float64Array
  readonly largest: Float64Array
}

/** Reads between which bounds each of `count` numbers is; undefined where that takes reading them. */
export function readBounds(reader: PageReader, count: number): NumberBounds | undefined {
  if (count === 0) return undefined
  const code = reader.in.u8()
  if (!isSplit(code)) return undefined
  const { isFolded, base, unit } = readHead(reader, code, count)
  // No class that does not exist bounds anything.
  const least = floats(256).fill(Number.NEGATIVE_INFINITY)
  const largest = floats(256).fill(Number.POSITIVE_INFINITY)
  for (let kind = 0; kind < leastOf.length; kind++) {
    const to = greatestOf[kind]!
    least[kind] = isFolded ? (-(to + 1) / 2) * unit : (base + leastOf[kind]!) * unit
    // A remainder may come to it.
    largest[kind] = isFolded ? (to / 2 + 1) * unit : (base + to + 1) * unit
  }
  return { classes: reader.bytes(count), least, largest }
}

/** Reads `count` whole numbers from 0 to `size` - 1, which is below 2^31. */
export function readSymbols(reader: PageReader, count: number, size: number, contexts?: Contexts): Uint32Array {
  if (count === 0) return new Uint32Array(0)
  const code = reader.in.u8()
  if (code === predictedHead) {
    const { gaps, values, of } = readMisses(reader, count, contexts)
    return fillPredicted(reader, of, gaps, symbolsOf(reader, values, size, gaps))
  }
  const head = readHead(reader, code, count)
  const offsets = readOffsets(reader, head, words(count))
  const { base } = head
  if (!(offsets instanceof Uint32Array) || head.code >= flag.deltas || base < 0 || base >= size)
    return symbolsOf(reader, finish(reader, head, offsets), size)
  reader.layout = layoutNames[head.code]!
  let most = 0
  for (let row = 0; row < count; row++) if (offsets[row]! > most) most = offsets[row]!
  if (base + most >= size) failSymbol(reader, offsets.indexOf(most), base + most, size)
  if (base > 0) for (let row = 0; row < count; row++) offsets[row]! += base
  return offsets
}

/** The numbers that their contexts do not predict, and the rows between them. */
function readMisses(reader: PageReader, count: number, of: Contexts | undefined): Misses & { of: Contexts } {
  if (of?.codes.length !== count)
    return reader.in.fail('corrupt', `predicted: ${count} rows by the contexts of ${of?.codes.length ?? 0}`)
  const missCount = reader.in.varint()
  if (missCount > count) reader.in.fail('corrupt', `predicted: ${missCount} misses in ${count} rows`)
  const gaps = readNumbers(reader, missCount)
  const values = readNumbers(reader, missCount)
  checkGaps(reader, gaps, count)
  reader.layout = 'predicted'
  return { gaps, values, of }
}

/** Numbers as symbols, of all rows or of misses with these gaps before them. */
function symbolsOf(reader: PageReader, numbers: Float64Array, size: number, gaps?: Float64Array): Uint32Array {
  for (let i = 0; i < numbers.length; i++)
    if (!(numbers[i]! >= 0 && numbers[i]! < size))
      failSymbol(reader, gaps ? sumOf(gaps.subarray(0, i + 1)) + i : i, numbers[i]!, size)
  return new Uint32Array(numbers)
}

function failSymbol(reader: PageReader, row: number, symbol: number, size: number): never {
  return reader.in.fail('corrupt', `symbol ${symbol} of ${size} at row ${row}`)
}

/** What precedes the numbers in their page, beyond the byte `code`. */
function readHead(reader: PageReader, code: number, count: number): Head {
  if (code >> 5 !== 0) reader.in.fail('unsupported', `numbers: a head of ${code}`)
  const layout = (code & 3) as Layout
  const isFolded = layout !== layouts.constant && (code & flag.folded) !== 0
  const { unit, patches } = (code & flag.unit) !== 0 ? readPatches(reader, count) : { unit: 1, patches: undefined }
  const base = isFolded ? 0 : readSigned(reader.in)
  return { code, layout, isDelta: (code & flag.deltas) !== 0, isFolded, base, unit, patches }
}

/** The numbers of their offsets, words of 32 bits or wider ones: these are overwritten. Of `rows` only, where given. */
function finish(reader: PageReader, head: Head, offsets: Uint32Array | Float64Array, rows?: Uint32Array): Float64Array {
  checkReach(reader, head, offsets)
  const values = offsets instanceof Float64Array ? placeWide(offsets, head) : placeWords(offsets, head)
  return settle(reader, head, values, rows)
}

/** Adds remainders and differences to multiples of the unit. */
function settle(reader: PageReader, head: Head, values: Float64Array, rows?: Uint32Array): Float64Array {
  if (head.patches) patch(values, head.patches, rows)
  reader.layout = layoutNames[head.code]!
  return head.isDelta ? sums(reader, values) : values
}

/** Refuses numbers that are not exact. */
function checkReach(reader: PageReader, head: Head, offsets: Uint32Array | Float64Array): void {
  const { isFolded, base, unit } = head
  if (head.layout === layouts.constant && Math.abs(base * unit) >= limit)
    reader.in.fail('corrupt', `numbers: ${base * unit}`)
  if (offsets instanceof Uint32Array && reachOf(0xffffffff, head) <= Number.MAX_SAFE_INTEGER) return
  const max = largest(offsets) / (isFolded ? 2 : 1)
  if (reachOf(max, head) > Number.MAX_SAFE_INTEGER)
    reader.in.fail('corrupt', `numbers: ${max} above ${base} in steps of ${unit} exceed 2^53`)
}

function reachOf(max: number, { base, unit }: Head): number {
  return Math.max(Math.abs(base), Math.abs(base + max)) * unit
}

function placeWords(offsets: Uint32Array, { isFolded, base, unit }: Head): Float64Array {
  const values = floats(offsets.length)
  if (isFolded) for (let i = 0; i < offsets.length; i++) values[i] = unfold(offsets[i]!) * unit
  else for (let i = 0; i < offsets.length; i++) values[i] = (offsets[i]! + base) * unit
  return values
}

function placeWide(values: Float64Array, { isFolded, base, unit }: Head): Float64Array {
  if (isFolded)
    for (let i = 0; i < values.length; i++) {
      const half = Math.floor(values[i]! / 2)
      const isOdd = values[i]! - half * 2
      values[i] = (half - isOdd * (2 * half + 1)) * unit
    }
  else if (base !== 0 || unit !== 1) for (let i = 0; i < values.length; i++) values[i] = (values[i]! + base) * unit
  return values
}

/** Words being decoded; valid until the next page. */
let scratch = new Uint32Array(1 << 13)

function scratchOf(count: number): Uint32Array {
  if (scratch.length < count) scratch = new Uint32Array(count)
  return scratch.subarray(0, count)
}

/** The stored offsets: in `to` if 32 bits hold all. */
function readOffsets(reader: PageReader, { layout }: Head, to: Uint32Array): Uint32Array | Float64Array {
  return layout === layouts.constant ? to.fill(0) : encodings[layout].decode(reader, to)
}

function readPatches(reader: PageReader, count: number): { unit: number; patches: Patches } {
  const unit = clockUnits[reader.in.u8()] ?? reader.in.fail('unsupported', 'numbers: a unit')
  const patchCount = reader.in.count(2)
  const rows = new Uint32Array(patchCount)
  const remainders = new Float64Array(patchCount)
  for (let i = 0, row = 0; i < patchCount; i++) {
    row += reader.in.varint()
    remainders[i] = reader.in.varint()
    if (row >= count || remainders[i]! >= unit)
      reader.in.fail('corrupt', `numbers: remainder ${remainders[i]} at row ${row} of ${count}`)
    rows[i] = row
  }
  return { unit, patches: { rows, remainders } }
}

/** Adds the remainders; the values are those of `own` rows, ascending, or of all. */
function patch(values: Float64Array, { rows, remainders }: Patches, own?: Uint32Array): void {
  for (let i = 0, at = 0; i < rows.length; i++) {
    if (own) while (at < own.length && own[at]! < rows[i]!) at++
    else at = rows[i]!
    if (!own || own[at] === rows[i]) values[at]! += remainders[i]!
  }
}

function sums(reader: PageReader, deltas: Float64Array): Float64Array {
  let sum = 0
  for (let i = 0; i < deltas.length; i++) {
    sum += deltas[i]!
    deltas[i] = sum
    if (sum >= limit || sum <= -limit) reader.in.fail('corrupt', `numbers: the differences lead to ${sum}`)
  }
  return deltas
}

function largest(values: Uint32Array | Float64Array): number {
  let max = 0
  for (let i = 0; i < values.length; i++) if (values[i]! > max) max = values[i]!
  return max
}
