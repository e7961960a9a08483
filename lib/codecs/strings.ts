import { StringCache } from '../bytes/string-cache.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { decodeWtf8, encodeWtf8 } from '../bytes/wtf8.ts'
import { LabError } from '../error.ts'
import { checkEqual } from './counts.ts'

/** A column of strings as byte lengths and their bytes one behind the other: UTF-8, of lone surrogates WTF-8. */
export interface PackedStrings {
  lengths: Uint32Array
  bytes: Uint8Array
}

/** Sorted strings: the bytes each shares with the one before it, the bytes it adds. */
export interface FrontCoded extends PackedStrings {
  shared: Uint32Array
}

/** Any strings of JavaScript. */
export function packStrings(strings: readonly string[]): PackedStrings {
  const lengths = new Uint32Array(strings.length)
  const writer = new ByteWriter(strings.length * 8)
  for (let i = 0; i < strings.length; i++) {
    const start = writer.length
    if (strings[i]!.isWellFormed()) writer.utf8(strings[i]!)
    else writer.raw(encodeWtf8(strings[i]!))
    lengths[i] = writer.length - start
  }
  return { lengths, bytes: writer.view() }
}

/** The strings of packStrings. The lengths must add up to the bytes. */
export function unpackStrings({ lengths, bytes }: PackedStrings): string[] {
  checkEqual('strings', 'bytes', sumOf(lengths), bytes.length)
  const buffer = bufferOf(bytes)
  const decode = decoderOf(buffer, lengths.length)
  const strings = new Array<string>(lengths.length)
  for (let i = 0, start = 0; i < lengths.length; start += lengths[i++])
    strings[i] = decode(buffer, start, start + lengths[i])
  return strings
}

/** Front coding; it comes back from any order, and is small where neighbours begin alike. */
export function encodeFront(strings: readonly string[]): FrontCoded {
  const { lengths, bytes } = packStrings(strings)
  const shared = new Uint32Array(lengths.length)
  const kept = Buffer.allocUnsafe(bytes.length)
  let keptLength = 0
  for (let i = 0, start = 0; i < lengths.length; i++) {
    if (i > 0) shared[i] = sharedBytes(bytes, start - lengths[i - 1], start, Math.min(lengths[i - 1], lengths[i]))
    copy(bytes, start + shared[i], kept, keptLength, lengths[i] - shared[i])
    keptLength += lengths[i] - shared[i]
    start += lengths[i]
  }
  return { shared, lengths: lengths.map((length, i) => length - shared[i]), bytes: kept.subarray(0, keptLength) }
}

/**
 * The strings of encodeFront. What they take in all is bounded by `maxByteLength`, as repeats of a long first string
 * could claim far more than the bytes that stand for them.
 */
export function decodeFront({ shared, lengths, bytes }: FrontCoded, maxByteLength = 1 << 28): string[] {
  checkEqual('front coding', 'lengths', shared.length, lengths.length)
  checkEqual('front coding', 'bytes', sumOf(lengths), bytes.length)
  const byteLength = sumOf(shared) + bytes.length
  if (byteLength > maxByteLength)
    throw new LabError('corrupt', `front coding: ${byteLength} bytes of strings, at most ${maxByteLength} are read`)
  const all = Buffer.allocUnsafe(byteLength)
  const whole = new Uint32Array(lengths.length)
  for (let i = 0, from = 0, to = 0; i < lengths.length; from += lengths[i++]) {
    const before = i > 0 ? whole[i - 1] : 0
    if (shared[i] > before)
      throw new LabError('corrupt', `front coding: string ${i} shares ${shared[i]} of ${before} bytes`)
    copy(all, to - before, all, to, shared[i])
    copy(bytes, from, all, to + shared[i], lengths[i])
    whole[i] = shared[i] + lengths[i]
    to += whole[i]
  }
  return unpackStrings({ lengths: whole, bytes: all })
}

/** Most pieces are a few bytes: for those a loop is several times faster than a view and its copy. */
function copy(from: Uint8Array, start: number, to: Uint8Array, at: number, byteLength: number): void {
  if (byteLength > 64) to.set(from.subarray(start, start + byteLength), at)
  else for (let i = 0; i < byteLength; i++) to[at + i] = from[start + i]!
}

function sharedBytes(bytes: Uint8Array, a: number, b: number, most: number): number {
  let count = 0
  while (count < most && bytes[a + count] === bytes[b + count]) count++
  return count
}

function sumOf(lengths: Uint32Array): number {
  let sum = 0
  for (let i = 0; i < lengths.length; i++) sum += lengths[i]
  return sum
}

type Decode = (bytes: Buffer, start: number, end: number) => string

/** Surrogates begin with 0xed and 0xa0 or more, which UTF-8 never has: without them the quick way will do. */
function decoderOf(bytes: Buffer, count: number): Decode {
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1))
    if (bytes[at + 1]! >= 0xa0) return (all, start, end) => decodeWtf8(all.subarray(start, end))
  // As many slots as strings: a cache for thousands would take longer to make than a few strings to read.
  const cache = new StringCache(Math.min(8192, 2 ** Math.ceil(Math.log2(count + 1))))
  return (all, start, end) => cache.get(all, start, end)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
