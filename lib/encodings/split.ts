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

/** The largest class of a number below 2^53. */
const maxClass = 207
const classCount = maxClass + 1

/** 2^n, of which the operator would take ten times as long. */
const powers = Float64Array.from({ length: 53 }, (_, exponent) => 2 ** exponent)

/** By class the number of bits below it. */
const bitCounts = Uint8Array.from({ length: 256 }, (_, kind) => (kind < 8 ? 0 : (kind >> 2) - 1))

/** By class its least number. */
const leastOf = Float64Array.from({ length: maxClass + 1 }, (_, kind) =>
  kind < 8 ? kind : (4 + (kind & 3)) * powers[bitCounts[kind]!]!,
)

/** The largest number of a class. */
function greatestOf(kind: number): number {
  return leastOf[kind]! + powers[bitCounts[kind]!]! - 1
}

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

/** The bytes that the bits below these classes take. */
export function splitByteLength(classes: Uint8Array): number {
  let bitCount = 0
  for (let i = 0; i < classes.length; i++) bitCount += bitCounts[classes[i]!]!
  return Math.ceil(bitCount / 8)
}

/** Splits numbers, given their classes. */
export function encodeSplit(values: Float64Array, classes: Uint8Array): Split {
  const bits = new BitWriter(8 * splitByteLength(classes))
  for (let i = 0; i < values.length; i++) if (classes[i]! > 7) bits.write(values[i]!, (classes[i]! >> 2) - 1)
  return { classes, bits: bits.finish() }
}

/** What every number is above a base, and how much one more of it counts. */
export interface Scale {
  readonly base: number
  readonly unit: number
}

const plain: Scale = { base: 0, unit: 1 }

/**
 * Joins split numbers: (base + number) * unit, which the caller knows to be exact. The bits must be exactly those of the
 * classes.
 */
export function decodeSplit({ classes, bits }: Split, scale: Scale = plain): Float64Array {
  const [words, starts] = [bitWords(bits), startsOf(scale)]
  const { unit } = scale
  const values = floats(classes.length)
  for (let row = 0, at = 0; row < classes.length; row++) {
    const kind = classes[row]!
    if (kind > maxClass) failClass(kind, row)
    const bitCount = bitCounts[kind]!
    values[row] = starts[kind]! + unit * bitsAt(words, at, bitCount)
    at += bitCount
  }
  return values
}

/** The numbers of some rows, which ascend: of all others only the classes are looked at. */
export function decodeSplitAt({ classes, bits }: Split, rows: Uint32Array, scale: Scale = plain): Float64Array {
  const [words, starts] = [bitWords(bits), startsOf(scale)]
  const { unit } = scale
  const values = floats(rows.length)
  for (let i = 0, row = 0, at = 0; i < rows.length; i++) {
    for (; row < rows[i]!; row++) at += bitCounts[classes[row]!]!
    const kind = classes[row]!
    if (kind > maxClass) failClass(kind, row)
    values[i] = starts[kind]! + unit * bitsAt(words, at, bitCounts[kind]!)
  }
  return values
}

/** By class what its least number stands for. */
function startsOf({ base, unit }: Scale): Float64Array {
  if (base === 0 && unit === 1) return leastOf
  const starts = floats(classCount)
  for (let kind = 0; kind < classCount; kind++) starts[kind] = (base + leastOf[kind]!) * unit
  return starts
}

function bitsAt(words: Uint32Array, at: number, bitCount: number): number {
  if (bitCount <= 32) return readBits(words, at, bitCount)
  return readBits(words, at + 32, bitCount - 32) * 0x100000000 + readBits(words, at, 32)
}

/** The largest number that has one of the classes. */
export function largestOf(classes: Uint8Array): number {
  let most = 0
  for (let row = 0; row < classes.length; row++) if (classes[row]! > most) most = classes[row]!
  return most > maxClass ? Number.POSITIVE_INFINITY : greatestOf(most)
}

function failClass(kind: number, row: number): never {
  throw new LabError('corrupt', `split: class ${kind} at row ${row}`)
}
