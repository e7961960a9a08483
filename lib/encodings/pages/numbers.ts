import { floats } from '../../bytes/arena.ts'
import { extentOf } from '../extent.ts'
import { writeSigned } from '../texts.ts'
import { zigzag } from '../zigzag.ts'
import { clockUnits, encodings, flag, type Layout, layouts, limit, predictedHead } from './number-layouts.ts'
import { type PageCodec, PageWriter } from './page.ts'
import { type Contexts, findMisses, type Misses } from './predicted.ts'

/** Writes pages of whole numbers. */

/** One of this many rows may fail to divide. */
const rowsPerRemainder = 24
/** Fewer numbers are packed without trying other layouts. */
const minTried = 32
/** Of fewer numbers, differences are tried whatever their bits. */
const minEstimated = 256
/** The number of rows, from the middle, that are tried; of the quick. */
const sampleRows = 2048
const quickRows = 256

/** Contexts that miss a larger share of the sample are not tried, nor others where these miss fewer rows. */
const maxMisses = 0.5
const fewMisses = 16

/** How a column's numbers are laid out; chosen on one page, and good for those that follow. */
export interface NumberChoice {
  readonly layout: Exclude<Layout, 0>
  readonly isDelta: boolean
  /** The contexts that predict them; the layout is then that of what they do not predict. */
  readonly basis?: number
}

/** What the numbers of a column may be predicted by. */
export interface Bases {
  /** Those worth a try, by number. */
  readonly candidates: () => readonly number[]
  /** The contexts of the rows; undefined where there is no such basis. */
  readonly contexts: (basis: number) => Contexts | undefined
}

export const packed: NumberChoice = { layout: layouts.packed, isDelta: false }
export const splitDeltas: NumberChoice = { layout: layouts.split, isDelta: true }

/** Writes whole numbers. Without a choice the layouts that may be the shortest are tried; the one taken is returned. */
export function writeNumbers(
  writer: PageWriter,
  values: Float64Array,
  choice?: NumberChoice,
  bases?: Bases,
): NumberChoice {
  if (choice) {
    writeAs(writer, values, choice, bases)
    return choice
  }
  const best = chooseNumbers(values, writer.codec, bases)
  if (best.bytes) writer.out.raw(best.bytes)
  else writeAs(writer, values, best.choice, bases)
  return best.choice
}

function writeAs(writer: PageWriter, values: Float64Array, choice: NumberChoice, bases?: Bases): void {
  if (values.length === 0) return
  const contexts = choice.basis === undefined ? undefined : bases?.contexts(choice.basis)
  if (contexts) writeMisses(writer, divideMisses(findMisses(values, contexts)), choice.layout)
  else writeDivided(writer, divideBy(values, choice.isDelta), choice.layout)
}

/** What was tried; the bytes where these are all of the page. */
interface Tried {
  readonly choice: NumberChoice
  readonly bytes?: Uint8Array
}

/** Tries layouts on a sample, and takes the smallest. */
function chooseNumbers(values: Float64Array, codec: PageCodec, bases?: Bases): Tried {
  if (values.length < minTried)
    return { choice: { layout: codec.packsBits ? layouts.packed : layouts.planes, isDelta: false } }
  const rowCount = codec.isQuick ? quickRows : sampleRows
  const middle = Math.max(0, (values.length - rowCount) >> 1)
  const sample = values.subarray(middle, middle + rowCount)
  const layoutsTried = codec.packsBits ? [layouts.packed, layouts.planes, layouts.split] : [layouts.planes]
  const trial = new PageWriter(codec)
  let best: { choice: NumberChoice; bytes: Uint8Array } | undefined
  const tryOut = (choice: Omit<NumberChoice, 'layout'>, write: (layout: NumberChoice['layout']) => void) => {
    for (const layout of layoutsTried) {
      trial.out.clear()
      write(layout)
      if (!best || trial.out.length < best.bytes.length)
        best = { choice: { ...choice, layout }, bytes: trial.out.copy() }
    }
  }
  for (const isDelta of mayGainByDeltas(sample) ? [false, true] : [false]) {
    const divided = divideBy(sample, isDelta)
    tryOut({ isDelta }, layout => writeDivided(trial, divided, layout))
  }
  const predicted = bases && fewestMisses(sample, middle, bases)
  if (predicted) {
    const divided = divideMisses(predicted.misses)
    tryOut({ isDelta: false, basis: predicted.basis }, layout => writeMisses(trial, divided, layout))
  }
  const { choice, bytes } = best!
  return sample.length === values.length ? { choice, bytes } : { choice }
}

/** The contexts that predict most of a sample, where they predict enough of it. */
function fewestMisses(sample: Float64Array, start: number, bases: Bases) {
  let best: { basis: number; misses: Misses } | undefined
  let limit = sample.length * maxMisses + 1
  for (const basis of bases.candidates()) {
    const contexts = bases.contexts(basis)
    if (!contexts) continue
    const codes = contexts.codes.subarray(start, start + sample.length)
    const misses = findMisses(sample, { codes, size: contexts.size })
    if (misses.values.length >= limit) continue
    best = { basis, misses }
    limit = misses.values.length
    if (limit < fewMisses) break
  }
  return best
}

/** Whether differences may take fewer bits: by the bits of all, which misjudged 69 of 170,000 bytes of eight captures. */
function mayGainByDeltas(values: Float64Array): boolean {
  if (values.length < minEstimated) return true
  const { min } = extentOf(values)
  let [bits, deltaBits] = [0, Math.log2(Math.abs(values[0]!) + 1)]
  for (let i = 0; i < values.length; i++) {
    bits += Math.log2(values[i]! - min + 1)
    if (i > 0) deltaBits += Math.log2(Math.abs(values[i]! - values[i - 1]!) + 1)
  }
  return deltaBits <= bits
}

/** Numbers or their differences as multiples of a unit, and what is left of those that are not. */
interface Divided {
  readonly isDelta: boolean
  readonly unit: number
  readonly quotients: Float64Array
  readonly rows: readonly number[]
  readonly remainders: readonly number[]
  /** Of the quotients. */
  readonly min: number
  readonly max: number
}

function divideBy(values: Float64Array, isDelta: boolean): Divided {
  const column = isDelta ? differences(values) : values
  const extent = extentOf(column)
  const unit = findUnit(column, Math.max(extent.max, -extent.min))
  const divided = divide(column, unit)
  return { isDelta: column !== values, unit, ...divided, ...(unit > 1 ? extentOf(divided.quotients) : extent) }
}

interface DividedMisses {
  readonly count: number
  readonly gaps: Divided
  readonly values: Divided
}

function divideMisses({ gaps, values }: Misses): DividedMisses {
  return { count: values.length, gaps: divideBy(gaps, false), values: divideBy(values, false) }
}

function writeMisses(writer: PageWriter, { count, gaps, values }: DividedMisses, layout: NumberChoice['layout']): void {
  writer.out.u8(predictedHead)
  writer.out.varint(count)
  if (count === 0) return
  writeDivided(writer, gaps, writer.codec.packsBits ? layouts.split : layouts.planes)
  writeDivided(writer, values, layout)
}

function writeDivided(
  writer: PageWriter,
  { isDelta, unit, quotients, rows, remainders, min, max }: Divided,
  chosen: NumberChoice['layout'],
): void {
  const { out } = writer
  const isFolded = isDelta || chosen === layouts.split ? min < 0 : false
  const base = isFolded ? 0 : min
  const isConstant = min === max && !isDelta
  const layout = isConstant ? layouts.constant : chosen
  const flags = (isDelta ? flag.deltas : 0) | (isFolded && !isConstant ? flag.folded : 0) | (unit > 1 ? flag.unit : 0)
  out.u8(layout | flags)
  if (unit > 1) {
    out.u8(clockUnits.indexOf(unit))
    out.varint(rows.length)
    rows.forEach((row, i) => {
      out.varint(row - (i > 0 ? rows[i - 1]! : 0))
      out.varint(remainders[i]!)
    })
  }
  if (isConstant) return writeSigned(out, min)
  if (!isFolded) writeSigned(out, base)
  const offsets = isFolded ? fold(quotients) : base === 0 ? quotients : above(quotients, base)
  encodings[chosen].encode(writer, offsets, isFolded ? Math.max(2 * max, -2 * min - 1) : max - base)
}

/** Differences where all stay below the limit, else the column itself. */
function differences(values: Float64Array): Float64Array {
  const deltas = floats(values.length)
  let before = 0
  for (let i = 0; i < values.length; i++) {
    const delta = values[i]! - before
    if (delta >= limit || delta <= -limit) return values
    deltas[i] = delta
    before = values[i]!
  }
  return deltas
}

/** The largest unit that divides nearly all numbers, of which `max` is the largest magnitude. */
function findUnit(values: Float64Array, max: number): number {
  const most = values.length / rowsPerRemainder
  for (const unit of clockUnits) {
    if (unit > max) continue
    let misses = 0
    let zeros = 0
    for (let i = 0; i < values.length && misses <= most; i++) {
      const value = values[i]!
      if (value === 0) zeros++
      else if (value !== Math.floor(value / unit) * unit) misses++
    }
    if (misses <= most && zeros + misses * 2 < values.length) return unit
  }
  return 1
}

function divide(values: Float64Array, unit: number) {
  const rows: number[] = []
  const remainders: number[] = []
  if (unit === 1) return { quotients: values, rows, remainders }
  const quotients = floats(values.length)
  for (let i = 0; i < values.length; i++) {
    const quotient = Math.floor(values[i]! / unit)
    const remainder = values[i]! - quotient * unit
    quotients[i] = quotient
    if (remainder === 0) continue
    rows.push(i)
    remainders.push(remainder)
  }
  return { quotients, rows, remainders }
}

function fold(values: Float64Array): Float64Array {
  const folded = floats(values.length)
  for (let i = 0; i < values.length; i++) folded[i] = zigzag(values[i]!)
  return folded
}

function above(values: Float64Array, base: number): Float64Array {
  const offsets = floats(values.length)
  for (let i = 0; i < values.length; i++) offsets[i] = values[i]! - base
  return offsets
}
