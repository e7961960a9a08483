import { describe, expect, test } from 'vitest'
import { compressor, decompressor, type GeneralCodec, generalCodecs } from '../../../lib/codecs/compress.ts'
import { snappyContentSize } from '../../../lib/codecs/snappy.ts'
import { LabError } from '../../../lib/error.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

/** Content that breaks an assumption, and content as columns have it. */
function nastyContents(): [string, Buffer][] {
  const draw = drawsOf(6)
  const random = Buffer.from(Array.from({ length: 40_000 }, () => Math.floor(draw() * 256)))
  const skewed = Buffer.from(Array.from({ length: 30_000 }, () => Math.floor(draw() ** 8 * 256)))
  const far = Buffer.concat([random, Buffer.alloc(80_000), random])
  const offset = random.subarray(3, 1000)
  return [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.of(7)],
    ['five bytes', Buffer.of(1, 1, 1, 1, 1)],
    ['zeros', Buffer.alloc(1_000_000)],
    ['a short period', Buffer.alloc(30_001, 'abc')],
    ['random bytes', random],
    ['few bytes often', skewed],
    ['what is repeated beyond the reach of an offset', far],
    ['a view into a larger buffer', offset],
    ...[14, 15, 16, 59, 60, 61, 64, 65, 270, 271].map((length): [string, Buffer] => [
      `${length} different bytes`,
      random.subarray(0, length),
    ]),
  ]
}

const decompressors = Object.fromEntries(generalCodecs.map(codec => [codec, decompressor(codec)])) as Record<
  GeneralCodec,
  ReturnType<typeof decompressor>
>

/** What the decompressor gives, or undefined where it refuses with `corrupt`; any other error fails. */
function decoded(codec: GeneralCodec, stored: Uint8Array, byteLength: number): Uint8Array | undefined {
  try {
    return decompressors[codec](stored, byteLength)
  } catch (error) {
    if (!(error instanceof LabError && error.kind === 'corrupt')) throw error
    return undefined
  }
}

describe.each(generalCodecs)('%s', codec => {
  test.each(nastyContents())('%s: comes back, the same each time, from a plain Uint8Array as well', (_, content) => {
    const compress = compressor(codec, 3)
    const stored = compress(content)
    expect(Buffer.compare(compress(new Uint8Array(content)), stored)).toBe(0)
    expect(Buffer.compare(decompressor(codec)(stored, content.length), content)).toBe(0)
    const shifted = Buffer.concat([Buffer.of(9), stored, Buffer.of(9)]).subarray(1, stored.length + 1)
    expect(Buffer.compare(decompressor(codec)(shifted, content.length), content)).toBe(0)
  })

  test('another size than the one held is refused, without asking for its memory', () => {
    for (const [name, content] of nastyContents()) {
      const stored = compressor(codec, 3)(content)
      for (const byteLength of [-1, 1, 100, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52, Number.NaN].map(
        n => content.length + n,
      ))
        expect(decoded(codec, stored, byteLength), `${name}, ${byteLength} bytes`).toBeUndefined()
    }
  })

  test('every prefix is refused, and so are bytes behind the end', () => {
    const content = nastyContents()
      .find(([name]) => name === 'few bytes often')![1]
      .subarray(0, 3000)
    const stored = compressor(codec, 3)(content)
    for (let length = 0; length < stored.length; length++)
      expect(decoded(codec, stored.subarray(0, length), content.length), `${length} bytes`).toBeUndefined()
    if (codec !== 'zstd') expect(decoded(codec, Buffer.concat([stored, stored]), content.length)).toBeUndefined()
  })

  test.each([1, 2])('5,000 changed blocks are refused or give so many bytes (seed %d)', seed => {
    const draw = drawsOf(seed)
    const content = Buffer.from(Array.from({ length: 400 }, (_, i) => (draw() < 0.3 ? draw() * 256 : i % 7)))
    const stored = compressor(codec, 3)(content)
    for (let i = 0; i < 5000; i++) {
      const changed = Buffer.from(stored)
      for (let flips = 1 + draw() * 3; flips > 0; flips--) changed[Math.floor(draw() * stored.length)] = draw() * 256
      expect(decoded(codec, changed, content.length)?.length ?? content.length).toBe(content.length)
    }
  })

  test.each([3])('10,000 blocks of random bytes are refused or give so many bytes (seed %d)', seed => {
    const draw = drawsOf(seed)
    for (let i = 0; i < 10_000; i++) {
      const block = Buffer.from(Array.from({ length: draw() * 24 }, () => draw() * 256))
      const byteLength = Math.floor(draw() * 200)
      expect(decoded(codec, block, byteLength)?.length ?? byteLength).toBe(byteLength)
    }
  })
})

describe('the formats on disk are those of their descriptions', () => {
  const abc = Buffer.from('abcabcabcabcabcabcabc')

  test('LZ4: a token, literals, an offset back; no size in front', () => {
    // 3 literals and a match of 13 - 4 = 9 more bytes, 3 back; then the last 5 as literals.
    const block = Buffer.from([0x39, 0x61, 0x62, 0x63, 3, 0, 0x50, ...Buffer.from('bcabc')])
    expect(Buffer.from(decompressor('lz4')(block, 21)).equals(abc)).toBe(true)
    expect([...compressor('lz4', 1)(Buffer.alloc(0))]).toEqual([0])
    expect(compressor('lz4', 1)(Buffer.of(7))).toEqual(Buffer.of(0x10, 7))
  })

  test('LZ4: offsets of nothing and beyond the start are refused', () => {
    const block = (offset: number) => Buffer.from([0x39, 0x61, 0x62, 0x63, offset, 0, 0x50, ...Buffer.from('bcabc')])
    expect(labError(() => decompressor('lz4')(block(0), 21)).kind).toBe('corrupt')
    expect(labError(() => decompressor('lz4')(block(4), 21)).message).toMatch(/^lz4 block: /)
  })

  test('snappy: the size as a varint, literals, copies', () => {
    // Tag 0x08: 3 literals; tag 0x46: a copy of 18 bytes with an offset of two.
    const block = Buffer.from([21, 0x08, 0x61, 0x62, 0x63, 0x46, 3, 0])
    expect(Buffer.from(decompressor('snappy')(block, 21)).equals(abc)).toBe(true)
    expect([...compressor('snappy', 1)(Buffer.alloc(0))]).toEqual([0])
  })

  test('snappy: a size of more than 32 bits, or cut off, is none', () => {
    expect(snappyContentSize(Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f))).toBe(2 ** 32 - 1)
    expect(snappyContentSize(Buffer.of(0xff, 0xff, 0xff, 0xff, 0x1f))).toBeUndefined()
    expect(snappyContentSize(Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x01))).toBeUndefined()
    expect(snappyContentSize(Buffer.of(0x80))).toBeUndefined()
    expect(snappyContentSize(Buffer.alloc(0))).toBeUndefined()
  })

  test('snappy: a size that the page confirms and the block cannot reach is refused before the codec is called', () => {
    const block = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04, 0x08, 0x61, 0x62, 0x63])
    expect(labError(() => decompressor('snappy')(block, 2 ** 30)).message).toContain('9 bytes cannot hold 1073741824')
  })
})

test('only zstd heeds the level; its level 0 is its level 3', () => {
  const content = nastyContents().find(([name]) => name === 'few bytes often')![1]
  const sizes = (codec: GeneralCodec) => [0, 1, 3, 19].map(level => compressor(codec, level)(content).length)
  const [zero, one, three, nineteen] = sizes('zstd')
  expect(zero).toBe(three)
  expect(new Set([one, three, nineteen]).size).toBe(3)
  for (const codec of ['none', 'snappy', 'lz4'] as const) expect(new Set(sizes(codec)).size).toBe(1)
})
