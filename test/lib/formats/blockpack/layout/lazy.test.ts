import { expect, test, vi } from 'vitest'
import { lazy, lazyBy } from '../../../../../lib/formats/blockpack/layout/lazy.ts'

test('a value is made once, also one that is undefined', () => {
  const make = vi.fn(() => undefined)
  const value = lazy(make)
  expect(make).not.toHaveBeenCalled()
  expect([value(), value()]).toEqual([undefined, undefined])
  expect(make).toHaveBeenCalledTimes(1)
})

test('a failure is not kept: what failed is made again', () => {
  let isBroken = true
  const value = lazy(() => (isBroken ? expect.fail('broken') : 1))
  expect(value).toThrow('broken')
  isBroken = false
  expect(value()).toBe(1)
})

test('there is one value per key', () => {
  const make = vi.fn((key: string) => ({ key }))
  const ofKey = lazyBy(make)
  expect(ofKey('a')).toBe(ofKey('a'))
  expect(ofKey('b')).toEqual({ key: 'b' })
  expect(make).toHaveBeenCalledTimes(2)
})
