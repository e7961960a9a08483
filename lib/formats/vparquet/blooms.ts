import { fnv1 } from '../../bytes/hash.ts'
import type { RangeReader } from '../../bytes/range.ts'

/**
 * Filters of trace ids as Tempo writes them: bit for bit those of its Go packages (a Bloom filter in shards, probes from
 * four 64-bit halves of MurmurHash3 x64 128 over the id and over the id and a one). Ids are 16 bytes.
 */

const shardHeadBytes = 24
const maxShards = 1000

/** The rate of false hits, and the bytes of a shard's bits, of Tempo's configuration. */
export const bloomDefaults = { rate: 0.01, shardBytes: 100 << 10 } as const

/** How filters are laid out. */
interface Shape {
  readonly shardCount: number
  readonly probeCount: number
  readonly shardBits: number
}

function shapeOf(idCount: number, { rate, shardBytes }: { rate: number; shardBytes: number }): Shape {
  const bitCount = Math.ceil((-idCount * Math.log(rate)) / Math.LN2 ** 2)
  const shardBits = shardBytes * 8
  return {
    shardCount: Math.min(maxShards, Math.max(1, Math.ceil(bitCount / shardBits))),
    probeCount: Math.max(1, Math.ceil((Math.LN2 * bitCount) / idCount)),
    shardBits,
  }
}

/** The shards of the filter of some distinct ids, at least one. */
export function writeBlooms(
  ids: readonly Uint8Array[],
  settings = bloomDefaults as { rate: number; shardBytes: number },
): Buffer[] {
  const shape = shapeOf(ids.length, settings)
  const shards = Array.from({ length: shape.shardCount }, () => newShard(shape))
  for (const id of ids) {
    const shard = shards[shardOf(id, shape.shardCount)]!
    for (const bit of probesOf(id, shape.probeCount, shape.shardBits))
      shard[wordAt(bit) + byteInWord(bit)]! |= 1 << (bit & 7)
  }
  return shards
}

function newShard({ shardBits, probeCount }: Shape): Buffer {
  const shard = Buffer.alloc(shardHeadBytes + shardBits / 8)
  shard.writeUIntBE(shardBits, 2, 6)
  shard.writeUIntBE(probeCount, 10, 6)
  shard.writeUIntBE(shardBits, 18, 6)
  return shard
}

/** Which of the shards would hold an id. */
export function shardOf(id: Uint8Array, shardCount: number): number {
  return fnv1(id) % shardCount
}

/** At most so many probes are read together with the head of a shard; Tempo makes 7 at its rate of false hits. */
const readProbes = 16

/** False where a shard says that the id is not there; undefined where the file is no shard. Its head and some words are read. */
export async function mayHold(shard: RangeReader, id: Uint8Array): Promise<boolean | undefined> {
  const bitCount = (shard.byteLength - shardHeadBytes) * 8
  if (!(bitCount > 0 && bitCount % 64 === 0)) return undefined
  const bits = probesOf(id, readProbes, bitCount)
  const [head, ...words] = await shard.read([
    { start: 0, end: shardHeadBytes },
    ...bits.map(bit => ({ start: wordAt(bit), end: wordAt(bit) + 8 })),
  ])
  const view = new DataView(head!.buffer, head!.byteOffset, shardHeadBytes)
  const [told, probeCount, length] = [0, 8, 16].map(at => view.getBigUint64(at))
  if (told !== BigInt(bitCount) || length !== told || probeCount === 0n) return undefined
  const probes = Math.min(readProbes, Number(probeCount))
  return bits.slice(0, probes).every((bit, i) => ((words[i]![byteInWord(bit)]! >>> (bit & 7)) & 1) === 1)
}

/** Where the word of a bit stands, and in it its byte: words are big-endian. */
function wordAt(bit: number): number {
  return shardHeadBytes + (bit >>> 6) * 8
}

function byteInWord(bit: number): number {
  return 7 - ((bit & 63) >>> 3)
}

function probesOf(id: Uint8Array, probeCount: number, bitCount: number): number[] {
  const hashes = [...murmur128(id), ...murmur128(Uint8Array.of(...id, 1))]
  return Array.from({ length: probeCount }, (_, i) => {
    const step = hashes[2 + Math.floor(((i + (i % 2)) % 4) / 2)]!
    return Number(BigInt.asUintN(64, hashes[i % 2]! + BigInt(i) * step) % BigInt(bitCount))
  })
}

const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn]

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

function rotate(value: bigint, count: bigint): bigint {
  return wrap(value << count) | (value >> (64n - count))
}

function finish(value: bigint): bigint {
  let mixed = wrap((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn)
  mixed = wrap((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n)
  return mixed ^ (mixed >> 33n)
}

/** MurmurHash3 x64 128 (Appleby), seed 0. */
function murmur128(bytes: Uint8Array): [bigint, bigint] {
  const buffer = Buffer.from(bytes)
  let [h1, h2] = [0n, 0n]
  let at = 0
  for (; at + 16 <= buffer.length; at += 16) {
    h1 ^= mixLow(buffer.readBigUInt64LE(at))
    h1 = wrap((rotate(h1, 27n) + h2) * 5n + 0x52dce729n)
    h2 ^= mixHigh(buffer.readBigUInt64LE(at + 8))
    h2 = wrap((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n)
  }
  const tail = Buffer.alloc(16)
  buffer.copy(tail, 0, at)
  h2 ^= mixHigh(tail.readBigUInt64LE(8))
  h1 ^= mixLow(tail.readBigUInt64LE(0))
  h1 ^= BigInt(buffer.length)
  h2 ^= BigInt(buffer.length)
  h1 = wrap(h1 + h2)
  h2 = wrap(h2 + h1)
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = wrap(h1 + h2)
  return [h1, wrap(h2 + h1)]
}

function mixLow(word: bigint): bigint {
  return wrap(rotate(wrap(word * c1), 31n) * c2)
}

function mixHigh(word: bigint): bigint {
  return wrap(rotate(wrap(word * c2), 33n) * c1)
}
