import { LabError } from '../error.ts'

/** Below this the range takes in another byte. */
const minRange = 1 << 24

/** Bits of the number of bits seen, below the 22 bits of the probability. */
const countBits = 10
const countMask = (1 << countBits) - 1

/** No probability leaves [1/8192, 1 - 1/8192]: a bit that never changes costs 0.00018 bits, one that does at last 13. */
const margin = 1 << 9
const surelyZero = (1 << 22) - 1 - margin
const surelyOne = margin

/** What the n-th bit moves of the error: 1/(n + 1.5), in units that fit the products below into 31 bits. */
const rates = Int32Array.from({ length: countMask + 1 }, (_, seen) => Math.round(8192 / (seen + 1.5)))

/** Bytes past the end that the decoder takes as zeros: as many as it looks ahead. */
const lookahead = 4

/** Bits that one byte may hold at most, all of them as expected: what a count of symbols is checked against. */
const maxBitsPerByte = Math.floor(8 / -Math.log2(1 - 1 / 8192))

/**
 * `count` adaptive bits. Each begins at one half and moves by 1/1.5, 1/2.5, … of its error down to 1/2^rateLimit:
 * fast at first (Krichevsky and Trofimov's estimate), then forgetful. Stationary data want 8 to 10, changing data 5.
 */
export class BitModels {
  /** A bit each: 22 bits of the probability of a zero, 10 bits of the number of bits seen. For the coders alone. */
  states: Int32Array
  readonly countLimit: number
  #length: number

  /** `rateLimit` is 1 to 10. */
  constructor(count: number, rateLimit = 7) {
    if (!(rateLimit >= 1 && rateLimit <= countBits)) throw new LabError('invalid', `rate limit ${rateLimit} of 1 to 10`)
    this.states = new Int32Array(count).fill(1 << 31)
    this.countLimit = 2 ** rateLimit - 1
    this.#length = count
  }

  /** Adds `count` bits and returns the index of the first. */
  add(count: number): number {
    const start = this.#length
    this.#length += count
    if (this.#length > this.states.length) {
      const grown = new Int32Array(Math.max(this.#length, this.states.length * 2, 64)).fill(1 << 31)
      grown.set(this.states)
      this.states = grown
    }
    return start
  }
}

/**
 * A binary arithmetic coder with a range of 32 bits (G. Nigel N. Martin, 1979); a carry runs back through the bytes that
 * are out already. Its output ends where the decoder can take what is missing as zeros.
 */
export class RangeEncoder {
  #bytes: Uint8Array
  #length = 0
  #low = 0
  #range = -1

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(Math.max(capacity, 16))
  }

  /** Codes `bit` (0 or 1) by model `index`, which must be there, and adapts the model. */
  bit(models: BitModels, index: number, bit: number): void {
    const { states } = models
    const state = states[index]!
    const seen = state & countMask
    const range = this.#range
    const probability = state >>> 16
    const bound = (Math.imul(range >>> 16, probability) + (Math.imul(range & 0xffff, probability) >>> 16)) | 0
    let error = -(state >>> countBits)
    if (bit === 0) {
      this.#range = bound
      error += surelyZero
    } else {
      this.#range = (range - bound) | 0
      this.#raise(bound)
      error += surelyOne
    }
    const step = (Math.imul(error >> 3, rates[seen]!) + 512) & ~countMask
    states[index] = state + step + (seen < models.countLimit ? 1 : 0)
    if (this.#range >>> 0 < minRange) this.#shift()
  }

  /** Codes the low `bitCount` bits (at most 32) of `value` at a bit each. */
  direct(value: number, bitCount: number): void {
    if (bitCount > 16) {
      this.#bits(value >>> 16, bitCount - 16)
      this.#bits(value, 16)
    } else this.#bits(value, bitCount)
  }

  /** Codes a whole number below `total` (1 to 2^32) at log2(total) bits. */
  uniform(value: number, total: number): void {
    const low = lowBitsOf(total)
    this.#part(value >>> low, partsOf(total, low))
    if (low > 0) this.#bits(value, low)
  }

  /** A copy of all bytes. Nothing may be coded afterwards. */
  finish(): Buffer {
    const end = endOf(this.#low, this.#range)
    if (end === 0) {
      if (this.#low !== 0) this.#carry()
    } else this.#put(end)
    return Buffer.from(this.#bytes.subarray(0, this.#length))
  }

  #bits(value: number, bitCount: number): void {
    const range = this.#range >>> bitCount
    this.#range = range | 0
    this.#raise(Math.imul(range, value & ((1 << bitCount) - 1)))
    if (range < minRange) this.#shift()
  }

  #part(index: number, total: number): void {
    const range = ((this.#range >>> 0) / total) >>> 0
    this.#range = range | 0
    this.#raise(Math.imul(range, index))
    if (range < minRange) this.#shift()
  }

  #raise(by: number): void {
    const low = (this.#low + by) | 0
    this.#low = low
    if (low >>> 0 < by >>> 0) this.#carry()
  }

  #carry(): void {
    const bytes = this.#bytes
    let at = this.#length - 1
    while (bytes[at] === 0xff) bytes[at--] = 0
    bytes[at]!++
  }

  #shift(): void {
    do {
      this.#put(this.#low >>> 24)
      this.#low <<= 8
      this.#range <<= 8
    } while (this.#range >>> 0 < minRange)
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[this.#length++] = byte
  }
}

/** Reads what a RangeEncoder wrote, with the same calls on models of the same history. */
export class RangeDecoder {
  readonly #bytes: Uint8Array
  #position = 0
  #code = 0
  #range = -1

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    for (let i = 0; i < lookahead; i++) this.#code = (this.#code << 8) | this.#next()
    if (this.#code === -1) throw corrupt('begins outside its range')
  }

  /** The next bit by model `index`, which must be there and adapts. */
  bit(models: BitModels, index: number): 0 | 1 {
    const { states } = models
    const state = states[index]!
    const seen = state & countMask
    const range = this.#range
    const probability = state >>> 16
    const bound = (Math.imul(range >>> 16, probability) + (Math.imul(range & 0xffff, probability) >>> 16)) | 0
    const code = this.#code
    let error = -(state >>> countBits)
    let bit: 0 | 1 = 0
    if (code >>> 0 < bound >>> 0) {
      this.#range = bound
      error += surelyZero
    } else {
      this.#range = (range - bound) | 0
      this.#code = (code - bound) | 0
      error += surelyOne
      bit = 1
    }
    const step = (Math.imul(error >> 3, rates[seen]!) + 512) & ~countMask
    states[index] = state + step + (seen < models.countLimit ? 1 : 0)
    if (this.#range >>> 0 < minRange) this.#shift()
    return bit
  }

  /** The next `bitCount` bits (at most 32) as an unsigned number. */
  direct(bitCount: number): number {
    if (bitCount <= 16) return this.#bits(bitCount)
    const high = this.#bits(bitCount - 16)
    return ((high << 16) | this.#bits(16)) >>> 0
  }

  /** The next number below `total` (1 to 2^32). */
  uniform(total: number): number {
    const low = lowBitsOf(total)
    const high = this.#part(partsOf(total, low))
    const value = low > 0 ? ((high << low) | this.#bits(low)) >>> 0 : high
    if (value >= total) throw corrupt(`holds ${value} where less than ${total} is due`)
    return value
  }

  /** Fails unless the bytes are exactly those that the encoder would have ended with here. */
  end(): void {
    const coded = this.#position - lookahead
    let tail = 0
    for (let i = 0; i < lookahead; i++) tail = (tail << 8) | (this.#bytes[coded + i] ?? 0)
    const end = endOf((tail - this.#code) | 0, this.#range)
    const byteLength = coded + (end === 0 ? 0 : 1)
    if (this.#bytes.length !== byteLength || tail >>> 24 !== end)
      throw corrupt(`should end at byte ${byteLength}, has ${this.#bytes.length}`)
  }

  /** Fails if the bytes cannot hold this many modelled bits: called before memory is allocated for a count. */
  checkCount(bitCount: number): void {
    const most = (this.#bytes.length + lookahead) * maxBitsPerByte
    if (!(bitCount <= most))
      throw new LabError('truncated', `entropy: expected ${bitCount} bits, the bytes hold at most ${most}`)
  }

  #bits(bitCount: number): number {
    const range = this.#range >>> bitCount
    const value = this.#take(range)
    if (value >>> bitCount > 0) throw corrupt('leaves its range')
    return value
  }

  #part(total: number): number {
    const value = this.#take(((this.#range >>> 0) / total) >>> 0)
    if (value >= total) throw corrupt('leaves its range')
    return value
  }

  #take(range: number): number {
    const code = this.#code >>> 0
    const value = (code / range) >>> 0
    this.#code = (code - Math.imul(value, range)) | 0
    this.#range = range | 0
    if (range < minRange) this.#shift()
    return value
  }

  #shift(): void {
    do {
      this.#code = (this.#code << 8) | this.#next()
      this.#range <<= 8
    } while (this.#range >>> 0 < minRange)
  }

  #next(): number {
    const at = this.#position++
    if (at < this.#bytes.length) return this.#bytes[at]!
    if (at >= this.#bytes.length + lookahead)
      throw new LabError('truncated', `entropy: needs byte ${at - lookahead}, has ${this.#bytes.length}`)
    return 0
  }
}

/** The one byte that ends the coder's number within its range, or 0 where none is needed. */
function endOf(low: number, range: number): number {
  if (low === 0 || (low >>> 0) + (range >>> 0) > 2 ** 32) return 0
  return (low + (minRange - 1)) >>> 24
}

/** Bits of a number below `total` that are coded apart, so that the rest is below 2^16. */
function lowBitsOf(total: number): number {
  return total > 0x10000 ? 16 - Math.clz32(total - 1) : 0
}

function partsOf(total: number, lowBits: number): number {
  return ((total - 1) >>> lowBits) + 1
}

function corrupt(message: string): LabError {
  return new LabError('corrupt', `entropy: ${message}`)
}
