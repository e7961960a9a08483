import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checksum } from '../../../../lib/bytes/checksum.ts'
import { byteLengthOf, type Range } from '../../../../lib/bytes/range.ts'
import { encodeFrame, type Frame, SegmentReader } from '../../../../lib/serve/wal/frames.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { collect } from '../../../support/chunks.ts'
import { drawsOf } from '../../../support/draws.ts'
import { scanFrames } from '../../../support/log-frames.ts'

const segment = '20261128T201544123-00000000000000aa'
const seed = 20261128
const draw = drawsOf(seed)

const frames: Frame[] = Array.from({ length: 20 }, (_, i) => ({
  tenant: i % 3 === 0 ? 'single-tenant' : 'b',
  timeMillis: 1.8e12 + i,
  from: i % 5 === 4 ? '20261128T201500000-00000000000000ff' : undefined,
  payload: Buffer.from(Array.from({ length: Math.floor(draw() * 60) }, () => Math.floor(draw() * 256))),
}))

function encode(list: readonly Frame[], name = segment): Buffer {
  return Buffer.concat(list.flatMap(frame => encodeFrame(frame, name)))
}

test('the example of FORMAT.md', () => {
  const text = readFileSync('lib/serve/wal/FORMAT.md', 'utf8')
  const hex = /```\n([0-9a-f \n]+)```/.exec(text.slice(text.indexOf('## Worked example')))![1]!
  const frame = { tenant: 't', timeMillis: 1000, from: undefined, payload: Buffer.from([0x0a, 0]) }
  expect(encode([frame]).toString('hex')).toBe(hex.replaceAll(/\s/g, ''))
})

test('frames come back as they were', async () => {
  const bytes = encode(frames)
  expect(await scanFrames(bytes, segment)).toEqual({ frames, damaged: [], end: bytes.length })
})

test('of every prefix the whole frames are read, and a torn tail is no damage', async () => {
  const bytes = encode(frames.slice(0, 6))
  const ends = frames.slice(0, 6).map((_, i) => encode(frames.slice(0, i + 1)).length)
  for (let length = 0; length <= bytes.length; length++) {
    const count = ends.filter(end => end <= length).length
    const expected = { frames: frames.slice(0, count), damaged: [], end: ends[count - 1] ?? 0 }
    expect(await scanFrames(bytes.subarray(0, length), segment)).toEqual(expected)
  }
})

test(`any flipped byte costs its own frame and no other (seed ${seed})`, async () => {
  const bytes = encode(frames)
  const ends = [0, ...frames.map((_, i) => encode(frames.slice(0, i + 1)).length)]
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1 << Math.floor(draw() * 8)
    const hit = ends.findIndex(end => end > at) - 1
    const { frames: found, damaged, end } = await scanFrames(flipped, segment)
    expect(found).toEqual(frames.filter((_, i) => i !== hit))
    const isLast = hit === frames.length - 1
    expect(damaged).toEqual(isLast ? [] : [{ start: ends[hit], end: ends[hit + 1] }])
    expect(end).toBe(isLast ? ends[hit] : bytes.length)
  }
})

test('a frame within a payload, or of another segment, is none of this one', async () => {
  const foreign = encode(frames.slice(0, 3), '20261128T201544123-00000000000000bb')
  const outer: Frame = { tenant: 'a', timeMillis: 1, from: undefined, payload: foreign }
  const bytes = encode([outer, frames[0]!])
  expect((await scanFrames(bytes, segment)).frames).toEqual([outer, frames[0]])
  bytes[20]! ^= 1
  expect((await scanFrames(bytes, segment)).frames).toEqual([frames[0]])
})

describe('a segment of more bytes than are held at a time', () => {
  const window = 2 ** 20
  // To compare payloads themselves takes seconds each.
  const brief = (frame: Frame) => ({ ...frame, payload: `${frame.payload.length}: ${checksum(frame.payload)}` })
  const drawn = () => Buffer.alloc(Math.floor(draw() ** 4 * 2.5 * window), Math.floor(draw() * 256))
  // Payloads of many magics, and one that ends in the first bytes of one, where windows end.
  const magics = Buffer.alloc(window, 'TSLF')
  const payloads = [magics, Buffer.concat([magics.subarray(0, window - 150), Buffer.from('TS')]), ...Array(20).keys()]
  const large = payloads.map((payload, i) => ({
    ...frames[i % frames.length]!,
    payload: typeof payload === 'number' ? drawn() : payload,
  }))

  test(`gives its frames, whatever their lengths (seed ${seed})`, async () => {
    const bytes = encode(large)
    expect(bytes.length).toBeGreaterThan(4 * window)
    const found = await scanFrames(bytes, segment)
    expect(found.frames.map(brief)).toEqual(large.map(brief))
    expect(found).toMatchObject({ damaged: [], end: bytes.length })
  })

  test(`loses the frames that are damaged and no others, and holds no more than one at a time (seed ${seed})`, async () => {
    const ends = [0]
    for (const frame of large) ends.push(ends.at(-1)! + encode([frame]).length)
    const whole = encode(large)
    for (let round = 0; round < 12; round++) {
      const hits = large.flatMap((_, i) => (draw() < 0.3 ? i : []))
      const bytes = Buffer.from(whole)
      for (const i of hits) bytes[ends[i]! + Math.floor(draw() * (ends[i + 1]! - ends[i]!))]! ^= 1
      const read: number[] = []
      const file = openMemory(bytes)
      const counting = {
        byteLength: file.byteLength,
        read: (ranges: readonly Range[]) => {
          read.push(byteLengthOf(ranges))
          return file.read(ranges)
        },
      }
      const reader = new SegmentReader(counting, segment)
      expect((await collect(reader.frames())).map(brief)).toEqual(large.filter((_, i) => !hits.includes(i)).map(brief))
      const damagedBytes = byteLengthOf(reader.damaged) + bytes.length - reader.end
      expect(damagedBytes).toBe(hits.reduce((sum, i) => sum + ends[i + 1]! - ends[i]!, 0))
      expect(Math.max(...read)).toBeLessThan(3 * window)
    }
  })
})
