import { expect } from 'vitest'
import { compressor, decompressor, type GeneralCodec, generalCodecs } from '../../../../lib/codecs/compress.ts'
import { type PageCodec, PageReader, PageWriter } from '../../../../lib/encodings/pages/page.ts'
import { LabError } from '../../../../lib/error.ts'

/** A codec of pages by name, with what undoes it. */
export interface NamedCodec {
  readonly name: string
  readonly codec: GeneralCodec
  readonly page: PageCodec
}

/** Every general codec, with bits packed and in whole bytes. */
export const codecs: readonly NamedCodec[] = generalCodecs.flatMap(codec =>
  [true, false].map(packsBits => ({
    name: `${codec}, ${packsBits ? 'bits' : 'bytes'}`,
    codec,
    page: { packsBits, compress: codec === 'none' ? undefined : compressor(codec, 1) },
  })),
)

export const plainCodec: NamedCodec = codecs[0]!

/** The bytes of one page. */
export function pageOf({ page }: NamedCodec, write: (writer: PageWriter) => unknown): Buffer {
  const writer = new PageWriter(page)
  write(writer)
  return writer.out.take()
}

/** Reads a page to its end; it begins at byte 1000 of some file. */
export function readPage<T>({ codec }: NamedCodec, bytes: Uint8Array, read: (reader: PageReader) => T): T {
  const reader = new PageReader(bytes, 'page', 1000, decompressor(codec))
  const found = read(reader)
  reader.in.end()
  return found
}

/** What comes back of a page. */
export function roundTrip<T>(
  codec: NamedCodec,
  write: (writer: PageWriter) => unknown,
  read: (reader: PageReader) => T,
): T {
  return readPage(codec, pageOf(codec, write), read)
}

/** Every page that ends too early is an error of the lab: what is missing shows, as the reader knows the count. */
export function expectPrefixesRefused(
  codec: NamedCodec,
  bytes: Uint8Array,
  read: (reader: PageReader) => unknown,
): void {
  for (let length = 0; length < bytes.length; length++) {
    const outcome = outcomeOf(codec, bytes.subarray(0, length), read)
    expect(outcome, `${length} of ${bytes.length} bytes, ${codec.name}`).toBeInstanceOf(LabError)
  }
}

/** A page in which bits are changed ends in an error of the lab, or in so many values: no checksum stands here. */
export function expectFlipsCaught(
  codec: NamedCodec,
  bytes: Uint8Array,
  read: (reader: PageReader) => { readonly length: number },
  { count, draw, length }: { count: number; draw: () => number; length: number },
): void {
  for (let i = 0; i < count; i++) {
    const broken = Uint8Array.from(bytes)
    const [at, bit] = [Math.floor(draw() * bytes.length), Math.floor(draw() * 8)]
    broken[at] ^= 1 << bit
    const outcome = outcomeOf(codec, broken, read)
    if (!(outcome instanceof LabError)) expect(outcome, `bit ${bit} of byte ${at}, ${codec.name}`).toHaveLength(length)
  }
}

function outcomeOf<T>(codec: NamedCodec, bytes: Uint8Array, read: (reader: PageReader) => T): T | LabError {
  try {
    return readPage(codec, bytes, read)
  } catch (error) {
    if (error instanceof LabError) return error
    throw error
  }
}
