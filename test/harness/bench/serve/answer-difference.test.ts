import { describe, expect, test } from 'vitest'
import { difference, type FoundAnswer } from '../../../../harness/bench/serve/answer-difference.ts'

const point = (service: string, value: number): NonNullable<FoundAnswer['series']>[number] => ({
  labels: [{ key: 'service', value: { stringValue: service } }],
  samples: [{ timestampMs: '60000', value }],
})

describe('an answer is wrong', () => {
  test.each<[string, FoundAnswer, FoundAnswer, string]>([
    ['that lacks a trace', { traces: [{ traceID: 'a' }] }, { traces: [] }, 'sent 1 point, found 0'],
    ['that has one more', { traces: [] }, { traces: [{ traceID: 'a' }] }, 'sent 0 points, found 1'],
    ['with another one', { traces: [{ traceID: 'a' }] }, { traces: [{ traceID: 'b' }] }, 'is missing'],
    ['with another value', { series: [point('x', 1)] }, { series: [point('x', 1.001)] }, 'sent 1, found 1.001'],
    ['with the value of another series', { series: [point('x', 1)] }, { series: [point('y', 1)] }, 'is missing'],
  ])('%s', (_, sent, found, problem) => expect(difference(sent, found)).toContain(problem))
})

test('the order of traces, series and sums does not matter, nor zeros before an id', () => {
  expect(
    difference({ traces: [{ traceID: '0a' }, { traceID: 'b' }] }, { traces: [{ traceID: 'b' }, { traceID: 'a' }] }),
  ).toBe(undefined)
  const [x, y] = [point('x', 0.1 + 0.2), point('y', 1)]
  expect(difference({ series: [x, y] }, { series: [y, point('x', 0.3)] })).toBe(undefined)
})
