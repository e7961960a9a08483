import { expect, test } from 'vitest'
import { partsOf } from '../../../../lib/storage/s3/upload.ts'

const gibibyte = 2 ** 30

test.each([
  [17 * 2 ** 20, 2],
  [17 * 2 ** 20 + 1, 2],
  [10 * gibibyte, 2],
  [10 * gibibyte + 1, 3],
  [5_000 * gibibyte, 1_000],
])('%i bytes are sent in %i parts, of which none is too large', (byteLength, count) => {
  const parts = partsOf(byteLength)
  expect(parts.length).toBe(count)
  expect(parts[0]!.start).toBe(0)
  for (const [i, { start, end }] of parts.entries()) {
    expect(end - start).toBeLessThanOrEqual(5 * gibibyte)
    expect(end).toBe(parts[i + 1]?.start ?? byteLength)
  }
})
