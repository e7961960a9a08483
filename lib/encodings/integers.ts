import { words } from '../bytes/arena.ts'
import { packBits, packedByteLength, unpackBits } from './bitpack.ts'
import { decodePlanes, encodePlane, planeCountOf } from './planes.ts'
import { classesOf, decodeSplit, encodeSplit, measureSplit } from './split.ts'

/** Where an encoding writes its parts; the format decides how each is stored. */
export interface PartSink {
  number(value: number): void
  /** Bytes that a general codec may shorten. */
  bytes(bytes: Uint8Array): void
  /** Bytes that look random: not worth a general codec. */
  randomBytes(bytes: Uint8Array): void
}

/** The parts of a PartSink, in the same order. */
export interface PartSource {
  /** A number from 0 to `max`. */
  number(max: number, what: string): number
  bytes(byteLength: number): Uint8Array
}

/** One way to lay out whole numbers from 0 below 2^53. The reader knows how many there are. */
export interface IntegerEncoding {
  readonly name: string
  /** The data for which it is the shortest. */
  readonly suits: string
  /** Writes the numbers, of which `max` is the largest. */
  encode(to: PartSink, values: Float64Array, max: number): void
  /** Returns as many numbers as `words` has room for: in `words` where all have at most 32 bits. */
  decode(from: PartSource, words: Uint32Array): Uint32Array | Float64Array
}

const wordRange = 0x100000000

const packed: IntegerEncoding = {
  name: 'packed',
  suits: 'numbers that are evenly spread: as many bits for each as the largest takes',
  encode(to, values, max) {
    const bitWidth = bitWidthOf(max)
    to.number(bitWidth)
    to.bytes(packBits(wordsAbove(values, 1), Math.min(bitWidth, 32)))
    if (bitWidth > 32) to.bytes(packBits(wordsAbove(values, wordRange), bitWidth - 32))
  },
  decode(from, words) {
    const bitWidth = from.number(53, 'bits')
    const lowWidth = Math.min(bitWidth, 32)
    const count = words.length
    unpackBits(from.bytes(packedByteLength(lowWidth, count)), lowWidth, count, words)
    if (bitWidth <= 32) return words
    const high = unpackBits(from.bytes(packedByteLength(bitWidth - 32, count)), bitWidth - 32, count)
    const values = new Float64Array(words)
    for (let i = 0; i < count; i++) values[i]! += high[i]! * wordRange
    return values
  },
}

const planes: IntegerEncoding = {
  name: 'planes',
  suits: 'numbers whose bytes of one significance repeat: a general codec finds them side by side',
  encode(to, values, max) {
    const planeCount = planeCountOf(max)
    to.number(planeCount)
    for (let plane = 0; plane < planeCount; plane++) to.bytes(encodePlane(values, plane))
  },
  decode(from, words) {
    const planeCount = from.number(7, 'planes')
    return decodePlanes(planeCount, () => from.bytes(words.length), words)
  },
}

const split: IntegerEncoding = {
  name: 'split',
  suits: 'numbers of very different sizes: their sizes repeat, the bits below do not',
  encode(to, values) {
    const { classes, bits } = encodeSplit(values, classesOf(values))
    to.bytes(classes)
    to.randomBytes(bits)
  },
  decode(from, words) {
    const classes = from.bytes(words.length)
    const measure = measureSplit(classes)
    return decodeSplit({ classes, bits: from.bytes(measure.byteLength) }, measure)
  },
}

const rows: IntegerEncoding = {
  name: 'rows',
  suits: 'numbers that repeat whole: all bytes of each together',
  encode(to, values, max) {
    const width = Math.max(1, planeCountOf(max))
    const bytes = new Uint8Array(values.length * width)
    for (let plane = 0; plane < width; plane++) {
      const column = encodePlane(values, plane)
      for (let i = 0; i < column.length; i++) bytes[i * width + plane] = column[i]!
    }
    to.number(width)
    to.bytes(bytes)
  },
  decode(from, words) {
    const width = from.number(7, 'bytes')
    const bytes = from.bytes(words.length * width)
    const values = new Float64Array(words.length)
    for (let i = 0; i < values.length; i++) {
      let value = 0
      for (let byte = width - 1; byte >= 0; byte--) value = value * 256 + bytes[i * width + byte]!
      values[i] = value
    }
    return values
  },
}

/** Every encoding of whole numbers. Which of them a format uses, and under which code, its FORMAT.md says. */
export const integerEncodings = { packed, planes, split, rows } as const satisfies Record<string, IntegerEncoding>

/** The 32 bits of whole numbers from the one on that `unit` is the value of. */
function wordsAbove(values: Float64Array, unit: number): Uint32Array {
  const above = words(values.length)
  if (unit === 1) for (let i = 0; i < values.length; i++) above[i] = values[i]!
  else for (let i = 0; i < values.length; i++) above[i] = values[i]! / unit
  return above
}

function bitWidthOf(max: number): number {
  return max < wordRange ? 32 - Math.clz32(max) : 64 - Math.clz32(max / wordRange)
}
