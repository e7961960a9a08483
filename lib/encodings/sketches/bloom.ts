import { firstWhere } from '../../bytes/search.ts'
import { LabError } from '../../error.ts'

/**
 * Filters that say of a key that it is surely not among those they were built from, or that it may be: Bloom filters of
 * blocks of 64 bytes (Putze, Sanders and Singler, "Cache-, hash- and space-efficient Bloom filters", 2007). All bits of
 * a key are in one block, so a reader fetches that alone. At 1 % of false hits a key takes 9.9 bits, at 0.1 % 15.5.
 *
 * Keys are 64-bit hashes of lib/bytes/hash.ts, as two words: the upper one chooses the block, the lower one the bits.
 * How they do is part of the formats that hold filters.
 */

export const blockByteLength = 64
const blockBits = blockByteLength * 8
const probeFactor = 0x9e3779b1
const maxProbeCount = 16

export const falsePositiveRates = { min: 1e-6, max: 0.5 } as const

/** No filter has more blocks: 128 MiB, and what keeps the choice of a block exact. */
export const maxBlockCount: number = 2 ** 21

/** What a reader must know of a filter. */
export interface BloomShape {
  blockCount: number
  /** Bits that are set for each key, some of which may be the same. */
  probeCount: number
}

interface Density {
  keysPerBlock: number
  probeCount: number
}

const densities = new Map<number, Density>()

/** The smallest filter for so many distinct keys that says maybe to `rate` of all others; of no keys, no blocks. */
export function bloomShape(keyCount: number, rate: number): BloomShape {
  const { keysPerBlock, probeCount } = densityOf(rate)
  const blockCount = Math.ceil(keyCount / keysPerBlock)
  if (blockCount <= maxBlockCount) return { blockCount, probeCount }
  throw new LabError(
    'unsupported',
    `bloom filter: ${keyCount} keys, at most ${Math.floor(maxBlockCount * keysPerBlock)}`,
  )
}

/** A filter of the keys, two words each, the lower one first. */
export function buildBloom(keys: Uint32Array, { blockCount, probeCount }: BloomShape): Uint8Array {
  const filter = new Uint8Array(blockCount * blockByteLength)
  for (let i = 0; i < keys.length; i += 2) {
    const start = blockOf(keys[i + 1], blockCount) * blockByteLength
    for (let probe = 0, state = keys[i]; probe < probeCount; probe++) {
      state = Math.imul(state, probeFactor)
      filter[start + (state >>> 26)] |= 1 << ((state >>> 23) & 7)
    }
  }
  return filter
}

/** The block in which a key with this upper word has its bits. */
export function blockOf(high: number, blockCount: number): number {
  return Math.floor((high * blockCount) / 2 ** 32)
}

/** Whether the block that begins at `start` may have the key with this lower word, given that it is the key's block. */
export function blockMayHave(bytes: Uint8Array, low: number, probeCount: number, start = 0): boolean {
  for (let probe = 0, state = low; probe < probeCount; probe++) {
    state = Math.imul(state, probeFactor)
    if (((bytes[start + (state >>> 26)] >> ((state >>> 23) & 7)) & 1) === 0) return false
  }
  return true
}

/** A shape as a file states it, refused where no filter of so many bytes has it. */
export function checkBloomShape({ blockCount, probeCount }: BloomShape, byteLength: number): BloomShape {
  if (blockCount * blockByteLength !== byteLength || blockCount > maxBlockCount)
    throw new LabError('corrupt', `bloom filter: ${blockCount} blocks in ${byteLength} bytes`)
  if (!(probeCount >= 1 && probeCount <= maxProbeCount))
    throw new LabError('corrupt', `bloom filter: ${probeCount} bits a key, needs 1 to ${maxProbeCount}`)
  return { blockCount, probeCount }
}

/** The most keys a block on average, and the bits for each, with which no more than `rate` of other keys hit. */
function densityOf(rate: number): Density {
  const known = densities.get(rate)
  if (known) return known
  const { min, max } = falsePositiveRates
  if (!(rate >= min && rate <= max))
    throw new LabError('invalid', `bloom filter: a false positive rate of ${rate}, needs ${min} to ${max}`)
  let best: Density = { keysPerBlock: 0, probeCount: 0 }
  for (let probeCount = 1; probeCount <= maxProbeCount; probeCount++) {
    const keysPerBlock = densest(probeCount, rate)
    if (keysPerBlock > best.keysPerBlock) best = { keysPerBlock, probeCount }
  }
  densities.set(rate, best)
  return best
}

/** The largest mean number of keys per block at which `expectedRate` is at most `rate`, to a hundredth. */
function densest(probeCount: number, rate: number): number {
  const first = firstWhere(blockBits * 100, keys => keys > 0 && expectedRate(keys / 100, probeCount) > rate)
  return (first - 1) / 100
}

/**
 * The share of keys that hit by chance. Blocks have different numbers of keys (a Poisson distribution), and full ones
 * err more than empty ones err less. Only basic arithmetic, so that all machines choose the same shape.
 */
export function expectedRate(keysPerBlock: number, probeCount: number): number {
  const staysZero = power(1 - 1 / blockBits, probeCount)
  let [weight, weights, hits, isZero] = [1, 0, 0, 1]
  for (let keys = 0; keys < keysPerBlock || weight > weights * 1e-12; keys++) {
    weights += weight
    hits += weight * power(1 - isZero, probeCount)
    weight *= keysPerBlock / (keys + 1)
    isZero *= staysZero
  }
  return hits / weights
}

function power(base: number, exponent: number): number {
  let result = 1
  for (let i = 0; i < exponent; i++) result *= base
  return result
}
