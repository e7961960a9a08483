import { expect, test } from 'vitest'
import { duration, millisOf } from '../../../harness/cli/time-options.ts'

test('a length of time below a millisecond is one, for a limit of 0 would end what it limits at once', () => {
  expect(['1ns', '999us', '1ms', '2s'].map(text => millisOf(duration('timeout')(text)!))).toEqual([1, 1, 1, 2_000])
})
