import { RangeDecoder, RangeEncoder } from '../../encodings/entropy.ts'
import { NumberModels, TreeModels } from '../../encodings/entropy-symbols.ts'
import { LabError } from '../../error.ts'

/** Contexts of trees are hashed into so many: more would not learn. */
const contextBits = 8
const rateLimit = 9

function contextOf(known: Uint32Array, row: number): number {
  return Math.imul(known[row]!, 0x9e3779b1) >>> (32 - contextBits)
}

/** The bits of a symbol of `size` codes. */
export function symbolBitsOf(size: number): number {
  return Math.max(1, 32 - Math.clz32(size - 1))
}

/** Codes below `size` (at most 2^12), each as a symbol whose probabilities its context has learned. */
export function encodeSymbols(codes: Uint32Array, size: number, known: Uint32Array): Buffer {
  const encoder = new RangeEncoder(codes.length >> 2)
  const models = new TreeModels(1 << contextBits, symbolBitsOf(size), rateLimit)
  for (let row = 0; row < codes.length; row++) models.encode(encoder, contextOf(known, row), codes[row]!)
  return encoder.finish()
}

export function decodeSymbols(bytes: Uint8Array, count: number, size: number, known: Uint32Array): Uint32Array {
  const decoder = new RangeDecoder(bytes)
  decoder.checkCount(count)
  const models = new TreeModels(1 << contextBits, symbolBitsOf(size), rateLimit)
  const codes = new Uint32Array(count)
  for (let row = 0; row < count; row++) {
    const code = models.decode(decoder, contextOf(known, row))
    if (code >= size) throw new LabError('corrupt', `row ${row}: code ${code} of a dictionary of ${size}`)
    codes[row] = code
  }
  decoder.end()
  return codes
}

/** How whole numbers are coded: see `encodeNumbers`. */
export interface NumberShape {
  /** Clock steps, largest first, ending with 1: a number is encoded as a multiple of the first that divides it. */
  readonly units: readonly number[]
  /** True where numbers below 0 occur. */
  readonly isSigned: boolean
  /** Bits below the leading one that are modelled. */
  readonly modelledBits: number
}

/**
 * Whole numbers (below 2^53 in magnitude), each by its unit, its sign, its bit length and its first bits, all learned
 * under the row's context, and its other bits as they are.
 */
export function encodeNumbers(values: Float64Array, known: Uint32Array, shape: NumberShape): Buffer {
  const encoder = new RangeEncoder(values.length)
  const models = new NumberCoder(shape)
  for (let row = 0; row < values.length; row++) models.encode(encoder, contextOf(known, row), values[row]!)
  return encoder.finish()
}

export function decodeNumbers(bytes: Uint8Array, count: number, known: Uint32Array, shape: NumberShape): Float64Array {
  const decoder = new RangeDecoder(bytes)
  decoder.checkCount(count)
  const models = new NumberCoder(shape)
  const values = new Float64Array(count)
  for (let row = 0; row < count; row++) values[row] = models.decode(decoder, contextOf(known, row))
  decoder.end()
  return values
}

class NumberCoder {
  readonly #shape: NumberShape
  readonly #units: TreeModels
  readonly #unitBits: number
  readonly #signs: TreeModels
  readonly #numbers: NumberModels[]

  constructor(shape: NumberShape) {
    this.#shape = shape
    this.#unitBits = shape.units.length > 1 ? symbolBitsOf(shape.units.length) : 0
    this.#units = new TreeModels(1 << contextBits, Math.max(1, this.#unitBits), rateLimit)
    this.#signs = new TreeModels(1 << contextBits, 1, rateLimit)
    this.#numbers = shape.units.map(() => new NumberModels(1 << contextBits, shape.modelledBits, rateLimit))
  }

  encode(encoder: RangeEncoder, context: number, value: number): void {
    const { units, isSigned } = this.#shape
    const magnitude = Math.abs(value)
    let unit = 0
    while (magnitude % units[unit]! !== 0) unit++
    if (this.#unitBits > 0) this.#units.encode(encoder, context, unit)
    if (isSigned) this.#signs.encode(encoder, context, value < 0 ? 1 : 0)
    const quotient = magnitude / units[unit]!
    this.#numbers[unit]!.encode(encoder, context, quotient >>> 0, Math.floor(quotient / 2 ** 32))
  }

  decode(decoder: RangeDecoder, context: number): number {
    const { units, isSigned } = this.#shape
    const unit = this.#unitBits > 0 ? this.#units.decode(decoder, context) : 0
    const numbers = this.#numbers[unit]
    if (!numbers) throw new LabError('corrupt', `unit ${unit} of ${units.length}`)
    const isNegative = isSigned && this.#signs.decode(decoder, context) === 1
    const low = numbers.decode(decoder, context)
    const magnitude = (numbers.high * 2 ** 32 + low) * units[unit]!
    if (magnitude > Number.MAX_SAFE_INTEGER) throw new LabError('corrupt', `a number of ${magnitude}`)
    return isNegative ? 0 - magnitude : magnitude
  }
}

/** Numbers below `total` (at most 2^32), all equally likely: log2(total) bits each. */
export function encodeUniform(values: Float64Array, total: number): Buffer {
  const encoder = new RangeEncoder(values.length * 4)
  for (const value of values) encoder.uniform(value, total)
  return encoder.finish()
}

export function decodeUniform(bytes: Uint8Array, count: number, total: number): Float64Array {
  const decoder = new RangeDecoder(bytes)
  checkUniform(bytes, count, Math.log2(total))
  const values = new Float64Array(count)
  for (let row = 0; row < count; row++) values[row] = decoder.uniform(total)
  decoder.end()
  return values
}

/** Fails if the bytes cannot hold `count` values of `bitsEach` bits. */
export function checkUniform(bytes: Uint8Array, count: number, bitsEach: number): void {
  if (count * bitsEach > (bytes.length + 5) * 8)
    throw new LabError(
      'truncated',
      `expected ${count} values of ${bitsEach.toFixed(1)} bits, found ${bytes.length} bytes`,
    )
}
