import { bufferOf } from '../bytes/buffer.ts'
import { StringCache } from '../bytes/string-cache.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { decodeWtf8, encodeWtf8, hasSurrogates } from '../bytes/wtf8.ts'
import { checkEqual, sumOf } from './counts.ts'

/** A column of strings as byte lengths and concatenated bytes: UTF-8, or WTF-8 for lone surrogates. */
export interface PackedStrings {
  lengths: Uint32Array
  bytes: Uint8Array
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

type Decode = (bytes: Buffer, start: number, end: number) => string

/** Without surrogates the quick way will do. */
function decoderOf(bytes: Buffer, count: number): Decode {
  if (hasSurrogates(bytes)) return (all, start, end) => decodeWtf8(all.subarray(start, end))
  // As many slots as strings: a cache for thousands would take longer to make than a few strings to read.
  const cache = new StringCache(Math.min(8192, 2 ** Math.ceil(Math.log2(count + 1))))
  return (all, start, end) => cache.get(all, start, end)
}
