import { floats } from '../bytes/arena.ts'
import { LabError } from '../error.ts'
import { BitWriter, bitWords, readBits } from './bits.ts'

/**
 * Whole numbers of any size split into what a general codec can compress and what is random. The class of a number, one
 * byte, is its bit length and the two bits after the leading one; the bits below are packed as they are.
 * Below 8 the class is the number itself; class c from 8 on is of (4 + c % 4) * 2^b and more, b = (c >> 2) - 1 bits.
 */
export interface Split {
  readonly classes: Uint8Array
  readonly bits: Uint8Array
}

const wordRange = 0x100000000

/** The largest class of a number below 2^53. */
const maxClass = 207
const classCount = maxClass + 1

/** 2^n, of which the operator would take ten times as long. */
const powers = Float64Array.from({ length: 53 }, (_, exponent) => 2 ** exponent)

/** By class the number of bits below it. */
const bitCounts = Uint8Array.from({ length: 256 }, (_, kind) => (kind < 8 ? 0 : (kind >> 2) - 1))

/** By class its least number. */
export const leastOf: Float64Array = Float64Array.from({ length: maxClass + 1 }, (_, kind) =>
  kind < 8 ? kind : (4 + (kind & 3)) * powers[bitCounts[kind]!]!,
)

/** By class its largest number. */
export const greatestOf: Float64Array = leastOf.map((least, kind) => least + powers[bitCounts[kind]!]! - 1)

/** The classes of whole numbers from 0 to 2^53 - 1. */
export function classesOf(values: Float64Array): Uint8Array {
  const classes = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < 8) classes[i] = value
    else if (value < 0x100000000) {
      const bitCount = 29 - Math.clz32(value)
      classes[i] = (bitCount << 2) + (value >>> bitCount)
    } else {
      const bitCount = 61 - Math.clz32(value / 0x100000000)
      classes[i] = (bitCount << 2) + Math.floor(value / powers[bitCount]!)
    }
  }
  return classes
}

/** What classes say of the numbers as a whole. */
export interface Measure {
  /** The bytes that the bits below the classes take. */
  readonly byteLength: number
  /** No number is larger. */
  readonly max: number
}

/** Refuses a class that does not exist. */
export function measureSplit(classes: Uint8Array): Measure {
  let [bitCount, most] = [0, 0]
  for (let row = 0; row < classes.length; row++) {
    const kind = classes[row]!
    bitCount += bitCounts[kind]!
    if (kind > most) most = kind
  }
  if (most > maxClass) throw new LabError('corrupt', `split: class ${most} at row ${classes.indexOf(most)}`)
  return { byteLength: Math.ceil(bitCount / 8), max: greatestOf[most]! }
}

/** Splits numbers, given their classes. */
export function encodeSplit(values: Float64Array, classes: Uint8Array): Split {
  const bits = new BitWriter(8 * measureSplit(classes).byteLength)
  for (let i = 0; i < values.length; i++) if (classes[i]! > 7) bits.write(values[i]!, (classes[i]! >> 2) - 1)
  return { classes, bits: bits.finish() }
}

/** What every number is above a base, and how much one more of it counts. */
export interface Scale {
  readonly base: number
  readonly unit: number
}

const plain: Scale = { base: 0, unit: 1 }

/** Joins split numbers of this measure: (base + number) * unit, which the caller knows to be exact. */
export function decodeSplit({ classes, bits }: Split, { max }: Measure, { base, unit }: Scale = plain): Float64Array {
  const values = floats(classes.length)
  const [words, starts] = [bitWords(bits), startsOf(base, unit)]
  if (max < wordRange) joinNarrow(words, classes, starts, unit, values)
  else
    for (let row = 0, at = 0; row < classes.length; row++) {
      const kind = classes[row]!
      const bitCount = bitCounts[kind]!
      values[row] = starts[kind]! + unit * bitsAt(words, at, bitCount)
      at += bitCount
    }
  return values
}

/** Numbers of 32 bits, which take a quarter of the time of those that may have more. */
function joinNarrow(
  words: Uint32Array,
  classes: Uint8Array,
  starts: Float64Array,
  unit: number,
  values: Float64Array,
): void {
  for (let row = 0, at = 0; row < classes.length; row++) {
    const kind = classes[row]!
    const bitCount = bitCounts[kind]!
    values[row] = starts[kind]! + unit * readBits(words, at, bitCount)
    at += bitCount
  }
}

/** The numbers of some rows, which ascend: of all others only the classes are looked at. */
export function decodeSplitAt(
  { classes, bits }: Split,
  rows: Uint32Array,
  { base, unit }: Scale = plain,
): Float64Array {
  const [words, starts] = [bitWords(bits), startsOf(base, unit)]
  const values = floats(rows.length)
  for (let i = 0, row = 0, at = 0; i < rows.length; i++) {
    for (; row < rows[i]!; row++) at += bitCounts[classes[row]!]!
    const kind = classes[row]!
    values[i] = starts[kind]! + unit * bitsAt(words, at, bitCounts[kind]!)
  }
  return values
}

/** By class what its least number stands for. */
function startsOf(base: number, unit: number): Float64Array {
  if (base === 0 && unit === 1) return leastOf
  const starts = floats(classCount)
  for (let kind = 0; kind < classCount; kind++) starts[kind] = (base + leastOf[kind]!) * unit
  return starts
}

function bitsAt(words: Uint32Array, at: number, bitCount: number): number {
  if (bitCount <= 32) return readBits(words, at, bitCount)
  return readBits(words, at + 32, bitCount - 32) * 0x100000000 + readBits(words, at, 32)
}
