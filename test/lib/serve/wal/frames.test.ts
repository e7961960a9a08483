import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encodeFrame, type Frame, scanFrames } from '../../../../lib/serve/wal/frames.ts'
import { drawsOf } from '../../../support/draws.ts'

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

test('frames come back as they were', () => {
  const bytes = encode(frames)
  expect(scanFrames(bytes, segment)).toEqual({ frames, damaged: [], end: bytes.length })
})

test('of every prefix the whole frames are read, and a torn tail is no damage', () => {
  const bytes = encode(frames.slice(0, 6))
  const ends = frames.slice(0, 6).map((_, i) => encode(frames.slice(0, i + 1)).length)
  for (let length = 0; length <= bytes.length; length++) {
    const count = ends.filter(end => end <= length).length
    const expected = { frames: frames.slice(0, count), damaged: [], end: ends[count - 1] ?? 0 }
    expect(scanFrames(bytes.subarray(0, length), segment)).toEqual(expected)
  }
})

test(`any flipped byte costs its own frame and no other (seed ${seed})`, () => {
  const bytes = encode(frames)
  const ends = [0, ...frames.map((_, i) => encode(frames.slice(0, i + 1)).length)]
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1 << Math.floor(draw() * 8)
    const hit = ends.findIndex(end => end > at) - 1
    const { frames: found, damaged, end } = scanFrames(flipped, segment)
    expect(found).toEqual(frames.filter((_, i) => i !== hit))
    const isLast = hit === frames.length - 1
    expect(damaged).toEqual(isLast ? [] : [{ start: ends[hit], end: ends[hit + 1] }])
    expect(end).toBe(isLast ? ends[hit] : bytes.length)
  }
})

test('a frame within a payload, or of another segment, is none of this one', () => {
  const foreign = encode(frames.slice(0, 3), '20261128T201544123-00000000000000bb')
  const outer: Frame = { tenant: 'a', timeMillis: 1, from: undefined, payload: foreign }
  const bytes = encode([outer, frames[0]!])
  expect(scanFrames(bytes, segment).frames).toEqual([outer, frames[0]])
  bytes[20]! ^= 1
  expect(scanFrames(bytes, segment).frames).toEqual([frames[0]])
})
