import { expect, test } from 'vitest'
import {
  adjustedCount,
  explicitRandomness,
  parseThreshold,
  thresholdEnd,
  thresholdOf,
  withoutSampling,
  withThreshold,
} from '../../../lib/sampling/threshold.ts'

test('probabilities are thresholds: all, a half, a hundredth, none', () => {
  expect([1, 0.5, 0, 2, -1].map(thresholdOf)).toEqual([0n, 1n << 55n, thresholdEnd, 0n, thresholdEnd])
  expect(adjustedCount(thresholdOf(0.01))).toBeCloseTo(100, 9)
})

test.each([
  ['', 'ot=th:8'],
  ['  ', 'ot=th:8'],
  ['a=1', 'ot=th:8,a=1'],
  ['ot=th:c', 'ot=th:8'],
  ['ot=', 'ot=th:8'],
  ['a=1, ot=rv:9b8233f7e3a151;th:c;p:8 ,b=2', 'a=1, ot=th:8;rv:9b8233f7e3a151;p:8,b=2'],
  ['oth=1,b=ot=2', 'ot=th:8,oth=1,b=ot=2'],
])('a threshold is written into %j, and all else stays', (before, after) => {
  expect(withThreshold(before, 1n << 55n)).toBe(after)
  expect(explicitRandomness(after)).toBe(explicitRandomness(before))
})

test('zeros at the end of a threshold are cut, but for the only digit, and it is read back', () => {
  expect(withThreshold('', 0n)).toBe('ot=th:0')
  expect(withThreshold('', 1n)).toBe('ot=th:00000000000001')
  for (const threshold of [0n, 1n, 1n << 55n, thresholdEnd - 1n, thresholdOf(0.001)])
    expect(parseThreshold(withThreshold('a=1', threshold))).toBe(threshold)
})

test.each([
  ['', ''],
  ['a=1,b=th:8', 'a=1,b=th:8'],
  ['ot=th:8', ''],
  ['a=1, ot=rv:9b8233f7e3a151;th:c;p:8 ,b=2', 'a=1, ot=p:8 ,b=2'],
  ['ot=th:8;rv:9b8233f7e3a151,a=1', 'a=1'],
])('%j without what tells of sampling is %j', (before, after) => {
  expect(withoutSampling(before)).toBe(after)
})
