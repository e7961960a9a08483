import { describe, expect, test } from 'vitest'
import { zstdCompressor, zstdContentSize } from '../../../lib/codecs/compress.ts'
import { decodeZstdFrames, encodeZstdFrames } from '../../../lib/codecs/zstd-frames.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { chunked, collectBytes, streamOf } from '../../support/chunks.ts'
import { labRejection } from '../../support/errors.ts'

async function encode(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeZstdFrames(chunks, sink, 1)
  return sink.bytes()
}

function decode(bytes: Uint8Array): Promise<Buffer> {
  return collectBytes(decodeZstdFrames(openMemory(bytes)))
}

test.each([0, 1, 1000, 16 << 20, (16 << 20) + 1, 40_000_000])('%d bytes come back', async byteLength => {
  const content = Buffer.alloc(byteLength, 'a line of a trace\n')
  const bytes = await encode(chunked(content, 7_000_000))
  expect(Buffer.compare(await decode(bytes), content)).toBe(0)
  expect(zstdContentSize(bytes)).toBe(Math.min(byteLength, 16 << 20))
})

test('no content is one empty frame, and no frame is no content', async () => {
  const bytes = await encode(streamOf([]))
  expect(zstdContentSize(bytes)).toBe(0)
  expect(await decode(new Uint8Array())).toHaveLength(0)
})

test('frames larger than the piece that is read at once come back', async () => {
  let state = 1
  const noise = Buffer.from(
    Uint32Array.from({ length: 2_500_000 }, () => (state = Math.imul(state, 1664525) + 1013904223)).buffer,
  )
  expect(Buffer.compare(await decode(await encode([noise])), noise)).toBe(0)
})

describe('refusals', () => {
  const frame = zstdCompressor(1)(Buffer.alloc(3000, 'abc'))
  const file = Buffer.concat([frame, frame])

  test('every prefix that ends within a frame', async () => {
    for (let length = 1; length < file.length; length++) {
      if (length === frame.length) continue
      const { kind } = await labRejection(decode(file.subarray(0, length)))
      expect(['truncated', 'corrupt']).toContain(kind)
    }
  })

  test('bytes after the last frame', async () =>
    expect((await labRejection(decode(Buffer.concat([file, Buffer.from('garbage')])))).kind).toBe('corrupt'))

  test('a frame of unknown size, and one that is too large', async () => {
    const unsized = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x19, 0x00, 0x00, 0x61, 0x62, 0x63])
    expect((await labRejection(decode(unsized))).kind).toBe('corrupt')
    const large = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0x01, 0x00, 0x00, 0x08, 0x09, 0x00, 0x00, 0x61])
    expect((await labRejection(decode(large))).message).toContain('at most 134217728 are read')
  })
})
