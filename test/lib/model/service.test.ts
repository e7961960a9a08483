import { expect, test } from 'vitest'
import { serviceOf } from '../../../lib/model/service.ts'
import type { Value } from '../../../lib/model/trace.ts'
import { attributes } from '../../support/nasty.ts'

test.each([
  ['none', [], ''],
  ['one', ['a'], 'a'],
  ['the first of two', ['a', 'b'], 'a'],
  ['the first that is a string', [7n, 'a', 'b'], 'a'],
  ['no other type counts', [7n, ['a']], ''],
  ['the empty one is a string', ['', 'a'], ''],
] as [string, Value[], string][])('the service: %s', (_, values, expected) => {
  const own = attributes(...values.map(value => ['service.name', value] as const))
  expect(serviceOf({ attributes: own, droppedAttributesCount: 0, schemaUrl: '' })).toBe(expected)
})

test('no resource has no service', () => {
  expect(serviceOf(null)).toBe('')
})
