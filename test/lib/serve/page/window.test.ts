import { expect, test } from 'vitest'
import {
  movedBy,
  type Window,
  whole,
  windowAfterKey,
  windowBetween,
  zoomedBy,
} from '../../../../lib/serve/page/window.ts'
import { drawsOf } from '../../../support/draws.ts'

const keys = [
  'ArrowLeft',
  'ArrowRight',
  'PageUp',
  'PageDown',
  '+',
  '-',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  '0',
  'q',
]
const pixel = 1e-9

test.each(Array.from({ length: 20 }, (_, seed) => seed))('no keys or drags lead out of the trace, seed %i', seed => {
  const draw = drawsOf(seed)
  let window = whole
  for (let i = 0; i < 300; i++) {
    const part = (['from', 'to', 'both'] as const)[Math.floor(draw() * 3)]!
    const key = keys[Math.floor(draw() * keys.length)]!
    window =
      draw() < 0.1
        ? windowBetween(draw() * 1.4 - 0.2, draw() * 1.4 - 0.2)
        : (windowAfterKey(window, part, key) ?? window)
    expect(window.from, `${i}: ${key} on ${part}`).toBeGreaterThanOrEqual(0)
    expect(window.to, `${i}: ${key} on ${part}`).toBeLessThanOrEqual(1 + pixel)
    expect(window.to - window.from, `${i}: ${key} on ${part}`).toBeGreaterThan(1e-6 - pixel)
  }
})

const middle: Window = { from: 0.4, to: 0.6 }

test.each<[string, Window | undefined, Window | undefined]>([
  ['stops at the end', movedBy(middle, 7), { from: 0.8, to: 1 }],
  ['stops at the start', movedBy(middle, -7), { from: 0, to: 0.2 }],
  ['widens around its middle', zoomedBy(middle, 2), { from: 0.3, to: 0.7 }],
  ['widens as far as there is room', zoomedBy({ from: 0, to: 0.5 }, 8), whole],
  ['is read in either direction', windowBetween(0.6, 0.4), middle],
  ['an end moves by a tenth', windowAfterKey(middle, 'to', 'ArrowRight'), { from: 0.4, to: 0.62 }],
  ['all of it moves by its width', windowAfterKey(middle, 'both', 'PageDown'), { from: 0.6, to: 0.8 }],
  ['an end goes to the end', windowAfterKey(middle, 'to', 'End'), { from: 0.4, to: 1 }],
  ['other keys are not its own', windowAfterKey(middle, 'both', 'q'), undefined],
])('a window %s', (_, found, expected) => {
  expect(found && [found.from, found.to].map(share => share.toFixed(9))).toEqual(
    expected && [expected.from, expected.to].map(share => share.toFixed(9)),
  )
})
