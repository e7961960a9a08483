import { expect, test } from 'vitest'
import { kernelTable, measureKernels } from '../../../harness/bench/kernels.ts'

test('every kernel of the bench gives its column back, and has a line', async () => {
  const names: string[] = []
  const results = await measureKernels(name => names.push(name), 1)
  expect(new Set(names).size).toBe(names.length)
  expect(results.filter(({ encodeRate, decodeRate }) => !(encodeRate! > 0 && decodeRate! > 0))).toEqual([])
  expect(kernelTable(results).rows.map(row => row[0])).toEqual(names)
})
