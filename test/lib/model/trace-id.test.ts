import { expect, test } from 'vitest'
import { groupNeighbours, isNoSpanId, joinSpellings, spellingsOf, traceKey } from '../../../lib/model/trace-id.ts'
import { span } from '../../support/nasty.ts'

const short = '48485a3953bb6124'
const long = short.padStart(32, '0')

test.each([
  ['64 bits and the same padded to 128', long, short, true],
  ['any leading zeros', '00ab', 'ab', true],
  ['zeros of any length are one number', '00', '0'.repeat(32), true],
  ['the low 64 bits alone are another trace', `463ac35c9f6413ad${short}`, short, false],
  ['trailing zeros count', 'ab00', 'ab', false],
  ['the empty id is no number', '', '00', false],
])('identity: %s', (_, a, b, expected) => {
  expect(traceKey(a) === traceKey(b)).toBe(expected)
})

test('no id and the one of 8 zero bytes name no span; shorter ones of zeros do', () => {
  expect(['', '0'.repeat(16), '00', '01', '10'].map(isNoSpanId)).toEqual([true, true, false, false, false])
})

test('spellings are whole bytes, at most 128 bits', () => {
  expect(spellingsOf('00ab')).toHaveLength(16)
  expect(spellingsOf(short)).toHaveLength(9)
  expect(spellingsOf(short)).toContain(long)
  expect(spellingsOf('f'.repeat(32))).toEqual(['f'.repeat(32)])
  expect(spellingsOf('0000').at(-1)).toBe('00')
  expect(spellingsOf('')).toEqual([''])
})

test('neighbours of one id are one trace; empty ids are none', () => {
  const traces = [long, short, 'ff', long, '', ''].map(traceId => ({ traceId, spans: [span({})] }))
  const groups = groupNeighbours(traces)
  expect(groups.map(group => group.length)).toEqual([2, 1, 1, 1, 1])
  expect(joinSpellings(groups[0]!)).toEqual({ traceId: long, spans: [span({}), span({})] })
})
