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
/** The number of rows, from the middle, that are tried. */
const sampleRows = 2048

/** Contexts that miss a larger share of the sample are not tried, nor others where these leave less. */
const maxMisses = 0.5
const smallPage = 64

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

/** Writes whole numbers. Without a choice every layout is tried; the one taken is returned. */
export function writeNumbers(
  writer: PageWriter,
  values: Float64Array,
  choice?: NumberChoice,
  bases?: Bases,
): NumberChoice {
  const taken = choice ?? chooseNumbers(values, writer.codec, bases)
  if (values.length === 0) return taken
  const contexts = taken.basis === undefined ? undefined : bases?.contexts(taken.basis)
  if (contexts) writeMisses(writer, findMisses(values, contexts), taken)
  else writeAs(writer, values, taken)
  return taken
}

/** Tries the layouts and takes the smallest. */
function chooseNumbers(values: Float64Array, codec: PageCodec, bases?: Bases): NumberChoice {
  const plain: NumberChoice = { layout: codec.packsBits ? layouts.packed : layouts.planes, isDelta: false }
  if (values.length < minTried) return plain
  const middle = Math.max(0, (values.length - sampleRows) >> 1)
  const sample = values.subarray(middle, middle + sampleRows)
  const layoutsTried = codec.packsBits ? [layouts.packed, layouts.planes, layouts.split] : [layouts.planes]
  const candidates: NumberChoice[] = [false, true].flatMap(isDelta => layoutsTried.map(layout => ({ layout, isDelta })))
  const sizes = candidates.map(candidate => sizeOf(codec, trial => writeAs(trial, sample, candidate)))
  for (const basis of bases?.candidates() ?? []) {
    const contexts = bases!.contexts(basis)
    if (!contexts) continue
    const codes = contexts.codes.subarray(middle, middle + sampleRows)
    const misses = findMisses(sample, { codes, size: contexts.size })
    if (misses.values.length > sample.length * maxMisses) continue
    for (const layout of layoutsTried) {
      const candidate = { layout, isDelta: false, basis }
      candidates.push(candidate)
      sizes.push(sizeOf(codec, trial => writeMisses(trial, misses, candidate)))
    }
    if (sizes.at(-1)! < smallPage) break
  }
  return candidates[sizes.indexOf(Math.min(...sizes))]!
}

function sizeOf(codec: PageCodec, write: (writer: PageWriter) => void): number {
  const trial = new PageWriter(codec)
  write(trial)
  return trial.out.length
}

function writeMisses(writer: PageWriter, { gaps, values: missed }: Misses, choice: NumberChoice): void {
  writer.out.u8(predictedHead)
  writer.out.varint(missed.length)
  if (missed.length === 0) return
  writeAs(writer, gaps, { ...choice, layout: writer.codec.packsBits ? layouts.split : layouts.planes })
  writeAs(writer, missed, choice)
}

function writeAs(writer: PageWriter, values: Float64Array, choice: NumberChoice): void {
  const { out } = writer
  const column = choice.isDelta ? differences(values) : values
  const isDelta = column !== values
  const unit = findUnit(column)
  const { quotients, rows, remainders } = divide(column, unit)
  const { min, max } = extentOf(quotients)
  const isFolded = isDelta || choice.layout === layouts.split ? min < 0 : false
  const base = isFolded ? 0 : min
  const isConstant = min === max && !isDelta
  const layout = isConstant ? layouts.constant : choice.layout
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
  encodings[choice.layout].encode(writer, offsets, isFolded ? Math.max(2 * max, -2 * min - 1) : max - base)
}

/** Differences where all stay below the limit, else the column itself. */
function differences(values: Float64Array): Float64Array {
  const deltas = new Float64Array(values.length)
  let before = 0
  for (let i = 0; i < values.length; i++) {
    const delta = values[i]! - before
    if (delta >= limit || delta <= -limit) return values
    deltas[i] = delta
    before = values[i]!
  }
  return deltas
}

function findUnit(values: Float64Array): number {
  const most = values.length / rowsPerRemainder
  for (const unit of clockUnits) {
    let misses = 0
    let zeros = 0
    for (let i = 0; i < values.length && misses <= most; i++) {
      if (values[i] === 0) zeros++
      else if (values[i]! % unit !== 0) misses++
    }
    if (misses <= most && zeros + misses * 2 < values.length) return unit
  }
  return 1
}

function divide(values: Float64Array, unit: number) {
  const rows: number[] = []
  const remainders: number[] = []
  if (unit === 1) return { quotients: values, rows, remainders }
  const quotients = new Float64Array(values.length)
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
  const folded = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) folded[i] = zigzag(values[i]!)
  return folded
}

function above(values: Float64Array, base: number): Float64Array {
  const offsets = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) offsets[i] = values[i]! - base
  return offsets
}
