import { expect, test } from 'vitest'
import type { Value } from '../../../lib/model/trace.ts'
import { passes, type ValueTest } from '../../../lib/model/value-test.ts'

const testOf = (relation: ValueTest['relation'], operands: ValueTest['operands'], isNegated = false): ValueTest => ({
  relation,
  operands,
  isNegated,
  comparesIds: false,
})

const cases: [string, ValueTest, Value[], Value[]][] = [
  ['a string', testOf('=', ['a']), ['a', ['b', 'a']], ['b', '', 1n, true, null, ['b'], []]],
  ['one of several', testOf('=', ['a', 2n]), ['a', 2n, 2], ['b', 3n, true]],
  ['neither of several', testOf('=', ['a', 2n], true), ['b', 3n, 2.5, ['b'], []], ['a', 2n, 2, true, ['b', 'a']]],
  ['an order', testOf('<', [2.5]), [2n, 2.4, -Infinity, [9n, 1n]], [3n, 2.5, Number.NaN, '1']],
  ['ints that no double tells apart', testOf('>', [2n ** 53n]), [2n ** 53n + 1n], [2n ** 53n, 2 ** 53]],
  ['a regex, of the whole string', testOf('=~', ['a.c']), ['abc'], ['xabc', 'ac', 1n]],
  ['no match of a regex', testOf('=~', ['a.c'], true), ['xabc', ''], ['abc', 1n]],
  ['a bool', testOf('=', [true]), [true], [false, 1n, 'true']],
  ['ids, as numbers', { ...testOf('=', ['00ab']), comparesIds: true }, ['ab', '000ab'], ['abc', '']],
]

test.each(cases)('%s', (_, one, met, unmet) => {
  for (const value of met) expect(passes(one, value), String(value)).toBe(true)
  for (const value of unmet) expect(passes(one, value), String(value)).toBe(false)
})

test('a test is data: it crosses processes', () => {
  const crossed = structuredClone(testOf('=~', ['a.*'], true))
  expect([passes(crossed, 'b'), passes(crossed, 'ab')]).toEqual([true, false])
})
