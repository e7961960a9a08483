import { mix32 } from '../../bytes/hash.ts'

/**
 * Signatures of sets, from which one estimates how similar two sets are (Jaccard: what both have by what either has).
 *
 * Under a random order of all features, two sets have the same first one as often as they are similar; a signature has
 * the first of each of many orders (Broder, "On the resemblance and containment of documents", 1997). Of each, one bit
 * is kept, and the half of the hits that is chance is taken off (Li and König, "b-Bit Minwise Hashing", 2010, at b = 1,
 * the best for its bytes where similar sets are sought). 128 orders take 16 bytes and err by 0.05 to 0.09.
 *
 * The orders and their constants are part of the formats that hold signatures.
 */

const saltStep = 0x9e3779b9
const factorStart = 0x6a09e667
const mixFactor = 0x846ca68b
/** Stands for the first feature of a set that has none. */
const noFeature = 0xffffffff

/** Bytes of a signature. */
export function signatureByteLength(permutations: number): number {
  return (permutations + 7) >> 3
}

/**
 * One bit for each of `permutations` orders, the first in the lowest bit of the first byte, zeros after the last, of a
 * set of distinct 32-bit hashes, in any order. All bits of a set without features are alike.
 */
export function signatureOf(features: Uint32Array, permutations: number): Uint8Array {
  const signature = new Uint8Array(signatureByteLength(permutations))
  for (let i = 0; i < permutations; i++) signature[i >> 3] |= (mix32(leastOf(features, i)) >>> 31) << (i & 7)
  return signature
}

/** The least place of a feature in an order: a permutation of the 32-bit numbers, by a salt and a factor of its own. */
function leastOf(features: Uint32Array, order: number): number {
  const salt = mix32(Math.imul(order + 1, saltStep))
  const factor = mix32(salt ^ factorStart) | 1
  let least = noFeature
  for (let i = 0; i < features.length; i++) {
    const product = Math.imul(features[i] ^ salt, factor)
    const place = Math.imul(product ^ (product >>> 16), mixFactor) >>> 0
    if (place < least) least = place
  }
  return least
}

/** The similarity of two sets, 0 to 1, from their signatures of the same number of orders: 1 for equal sets. */
export function estimateJaccard(a: Uint8Array, b: Uint8Array, permutations: number): number {
  let different = 0
  for (let i = 0; i < a.length; i++) for (let bits = a[i] ^ b[i]; bits !== 0; bits &= bits - 1) different++
  return Math.max(0, 1 - (2 * different) / permutations)
}

/** Bands of a signature. */
export function bandCountOf(permutations: number): number {
  return Math.max(1, permutations >> 4)
}

/**
 * The bands of a signature: its 16-bit words, little-endian, without a last one that is not full unless it is the only
 * one. Two sets that are s similar share a band at its place with probability ((1 + s) / 2)^16, so of eight bands one
 * or more with 0.08 at s = 0.5, 0.81 at 0.8, 0.99 at 0.9: what shares one is worth an estimate.
 */
export function bandsOf(signature: Uint8Array, permutations: number): Uint16Array {
  return Uint16Array.from(
    { length: bandCountOf(permutations) },
    (_, i) => signature[2 * i] | (signature[2 * i + 1] << 8),
  )
}
