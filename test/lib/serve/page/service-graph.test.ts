import { expect, test } from 'vitest'
import { boxHeight, boxWidth, type GraphFound, layOut } from '../../../../lib/serve/page/service-graph.ts'
import { clipped, percent, rate } from '../../../../lib/serve/page/text.ts'
import { drawsOf } from '../../../support/draws.ts'

function drawGraph(seed: number, serviceCount: number, callCount: number): GraphFound {
  const draw = drawsOf(seed)
  const services = Array.from({ length: serviceCount }, (_, i) => ({ service: i === 0 ? '' : `s${i}`, count: i + 1 }))
  const pairs = new Set<string>()
  while (pairs.size < callCount) {
    const [a, b] = [Math.floor(draw() * serviceCount), Math.floor(draw() * serviceCount)]
    if (a !== b) pairs.add(`${a} ${b}`)
  }
  const calls = [...pairs].map((pair, i) => {
    const [caller, service] = pair.split(' ').map(number => services[Number(number)]!.service)
    return { caller: caller!, service: service!, count: callCount - i, errorShare: draw() }
  })
  return { services, calls, metrics: {} }
}

test.each(['LR', 'TB'] as const)(
  'boxes do not overlap, nor leave the picture, circles among calls or not: %s',
  direction => {
    for (const seed of [1, 2, 3]) {
      const { width, height, boxes, lines } = layOut(drawGraph(seed, 15, 40), direction)
      expect(lines).toHaveLength(40)
      for (const [i, { left, top }] of boxes.entries()) {
        expect(left >= 0 && top >= 0 && left + boxWidth <= width && top + boxHeight <= height, `seed ${seed}`).toBe(
          true,
        )
        for (const other of boxes.slice(i + 1))
          expect(
            Math.abs(left - other.left) >= boxWidth || Math.abs(top - other.top) >= boxHeight,
            `seed ${seed}: boxes at ${left} ${top} and ${other.left} ${other.top}`,
          ).toBe(true)
      }
      for (const { path } of lines) expect(path).toMatch(/^M-?[\d.]+ -?[\d.]+(?:[LQ][-\d. ]+)+$/)
    }
  },
)

test('of many services and calls the commonest are drawn', () => {
  const { boxes, lines } = layOut(drawGraph(4, 300, 600), 'LR')
  expect(boxes).toHaveLength(60)
  expect(Math.min(...boxes.map(({ node }) => node.count!))).toBe(241)
  expect(lines.length).toBeLessThanOrEqual(100)
})

test('nothing to draw is a picture, too', () => {
  expect(layOut({ services: [], calls: [], metrics: {} }, 'LR')).toMatchObject({ boxes: [], lines: [] })
})

test('rates have the unit in which they are above one', () => {
  expect([0, 1_234.5, 1, 0.5, 0.01, 0.0001].map(rate)).toEqual(['0/s', '1,230/s', '1/s', '30/min', '36/h', '0.36/h'])
  expect([0, 0.0001, 0.1234, 1].map(percent)).toEqual(['0 %', '0.01 %', '12 %', '100 %'])
})

test('a clipped text is cut between letters', () => {
  expect([clipped('abc', 3), clipped('abcd', 3), clipped('😀😀😀😀', 3)]).toEqual(['abc', 'ab…', '😀😀…'])
})
