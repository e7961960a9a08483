import { describe, expect, test } from 'vitest'
import { zstdCompressor, zstdContentSize, zstdDecompressor, zstdProvider } from '../../../lib/codecs/compress.ts'
import { labError } from '../../support/errors.ts'

const decompress = zstdDecompressor()

function sample(byteLength: number): Buffer {
  return Buffer.alloc(byteLength, 'span of a trace;')
}

/** A frame with these bytes after the magic number. */
function frameOf(...bytes: number[]): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes])
}

describe(`zstd (${zstdProvider()})`, () => {
  test.each([0, 1, 255, 256, 257, 65_535, 65_791, 65_792, 1_000_000])('%d bytes come back, declared', byteLength => {
    for (const level of [1, 3, 19]) {
      const frame = zstdCompressor(level)(sample(byteLength))
      expect(zstdContentSize(frame)).toBe(byteLength)
      expect(Buffer.compare(decompress(frame, byteLength), sample(byteLength))).toBe(0)
    }
  })

  test('one compressor serves many calls and gives the same bytes for the same content', () => {
    const compress = zstdCompressor(3)
    const [first, , second] = [sample(1000), sample(5000), sample(1000)].map(compress)
    expect(Buffer.compare(first, second)).toBe(0)
  })

  test('a dictionary helps, and its absence is refused or found', () => {
    const dictionary = Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * i * 31) >> 3))
    const content = dictionary.subarray(100, 3000)
    const frame = zstdCompressor(3, dictionary)(content)
    expect(frame.length).toBeLessThan(zstdCompressor(3)(content).length / 4)
    expect(Buffer.compare(zstdDecompressor(dictionary)(frame, content.length), content)).toBe(0)
    expect(labError(() => decompress(frame, content.length)).kind).toBe('corrupt')
  })
})

describe('the content size of a frame (RFC 8878, 3.1.1)', () => {
  test('in one, two, four and eight bytes, in a single segment', () => {
    expect(zstdContentSize(frameOf(0x20, 0x07))).toBe(7)
    expect(zstdContentSize(frameOf(0x60, 0x01, 0x02))).toBe(0x0201 + 256)
    expect(zstdContentSize(frameOf(0xa0, 1, 2, 3, 4))).toBe(0x04030201)
    expect(zstdContentSize(frameOf(0xe0, 1, 2, 3, 4, 5, 0, 0, 0))).toBe(0x0504030201)
  })

  test('behind a window descriptor and a dictionary id of each width', () => {
    expect(zstdContentSize(frameOf(0x40, 0x58, 0x01, 0x02))).toBe(0x0201 + 256)
    expect(zstdContentSize(frameOf(0x41, 0x58, 9, 0x01, 0x02))).toBe(0x0201 + 256)
    expect(zstdContentSize(frameOf(0x42, 0x58, 9, 9, 0x01, 0x02))).toBe(0x0201 + 256)
    expect(zstdContentSize(frameOf(0x83, 0x58, 9, 9, 9, 9, 1, 2, 3, 4))).toBe(0x04030201)
    expect(zstdContentSize(frameOf(0x21, 9, 0x07))).toBe(7)
  })

  test('unknown where none is declared, the frame ends, or it is none', () => {
    expect(zstdContentSize(frameOf(0x00, 0x58, 0, 0))).toBeUndefined()
    expect(zstdContentSize(frameOf(0xe0, 1, 2, 3))).toBeUndefined()
    expect(zstdContentSize(frameOf())).toBeUndefined()
    expect(zstdContentSize(Buffer.from('no frame at all'))).toBeUndefined()
    expect(zstdContentSize(new Uint8Array())).toBeUndefined()
  })

  test('of a view into a larger buffer', () => {
    const frame = Buffer.concat([Buffer.alloc(3, 0xff), frameOf(0x20, 0x07)])
    expect(zstdContentSize(frame.subarray(3))).toBe(7)
  })
})

describe('refusals', () => {
  const frame = zstdCompressor(3)(sample(1000))

  test.each([0, 999, 1001, 2 ** 31 - 1, 2 ** 52])('another size than the declared one: %d', byteLength =>
    expect(labError(() => decompress(frame, byteLength)).kind).toBe('corrupt'),
  )

  test('a frame that declares no size', () => {
    // A raw block of three bytes, the last one, behind a window descriptor.
    const unsized = frameOf(0x00, 0x58, 0x19, 0x00, 0x00, 0x61, 0x62, 0x63)
    expect(labError(() => decompress(unsized, 3)).message).toContain('declares no size')
  })

  test('a size of 2^52 that the page confirms and the frame does not hold, without asking for the memory', () => {
    const forged = frameOf(0xe0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x19, 0x00, 0x00, 0x61, 0x62, 0x63)
    expect(labError(() => decompress(forged, 2 ** 52)).kind).toBe('corrupt')
  })

  test('every prefix of a frame, and one with a byte changed in its head', () => {
    for (let length = 0; length < frame.length; length++)
      expect(labError(() => decompress(frame.subarray(0, length), 1000)).kind).toBe('corrupt')
    for (let at = 0; at < 4; at++) {
      const broken = Buffer.from(frame)
      broken[at] ^= 1
      expect(labError(() => decompress(broken, 1000)).kind).toBe('corrupt')
    }
  })
})
