import { LabError } from '../error.ts'

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

/** 2^n, of which the operator would take ten times as long. */
const powers = Float64Array.from({ length: 53 }, (_, exponent) => 2 ** exponent)
/** The lowest n bits of a word. */
const masks = Uint32Array.from({ length: 33 }, (_, bitCount) => 2 ** bitCount - 1)

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
  for (let i = 0; i < classes.length; i++) if (classes[i]! > 7) bitCount += (classes[i]! >> 2) - 1
  return Math.ceil(bitCount / 8)
}

/** Splits numbers, given their classes. */
export function encodeSplit(values: Float64Array, classes: Uint8Array): Split {
  const byteLength = splitByteLength(classes)
  const words = new Uint32Array((byteLength >> 2) + 3)
  let at = 0
  const put = (value: number, bitCount: number) => {
    const word = at >>> 5
    const shift = at & 31
    words[word]! |= value << shift
    if (shift + bitCount > 32) words[word + 1] = value >>> (32 - shift)
    at += bitCount
  }
  for (let i = 0; i < values.length; i++) {
    const bitCount = (classes[i]! >> 2) - 1
    if (bitCount < 1) continue
    const value = values[i]!
    const low = value >>> 0
    if (bitCount < 32) put(low & masks[bitCount]!, bitCount)
    else {
      put(low, 32)
      if (bitCount > 32) put(Math.floor(value / 0x100000000) & masks[bitCount - 32]!, bitCount - 32)
    }
  }
  return { classes, bits: new Uint8Array(words.buffer, 0, byteLength) }
}

/** Joins split numbers. The bits must be exactly those of the classes. */
export function decodeSplit({ classes, bits }: Split): Float64Array {
  const words = wordsWith(bits)
  const values = new Float64Array(classes.length)
  let at = 0
  for (let i = 0; i < classes.length; i++) {
    const kind = classes[i]!
    if (kind < 8) {
      values[i] = kind
      continue
    }
    if (kind > maxClass) throw new LabError('corrupt', `split: class ${kind} at row ${i}`)
    let bitCount = (kind >> 2) - 1
    const top = (4 + (kind & 3)) * powers[bitCount]!
    let low = 0
    if (bitCount > 31) {
      low = wordAt(words, at)
      at += 32
      bitCount -= 32
      values[i] = top + low + (wordAt(words, at) & masks[bitCount]!) * 0x100000000
    } else values[i] = top + ((wordAt(words, at) & masks[bitCount]!) >>> 0)
    at += bitCount
  }
  return values
}

let scratch = new Uint32Array(1 << 12)

/** The bytes as words, followed by two that count for nothing; good until the next call. */
function wordsWith(bytes: Uint8Array): Uint32Array {
  const count = (bytes.length >> 2) + 3
  if (scratch.length < count) scratch = new Uint32Array(count * 2)
  new Uint8Array(scratch.buffer).set(bytes)
  return scratch
}

function wordAt(words: Uint32Array, at: number): number {
  const word = at >>> 5
  const shift = at & 31
  return shift === 0 ? words[word]! : ((words[word]! >>> shift) | (words[word + 1]! << (32 - shift))) >>> 0
}
