import { expect, test } from 'vitest'
import { countReads } from '../../../lib/storage/counting.ts'
import { holdEnd } from '../../../lib/storage/held-end.ts'
import { openMemory } from '../../../lib/storage/memory.ts'

const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => i))

test('of every range only what precedes the end is read, and all of it is returned', async () => {
  for (const start of [0, 40, 100]) {
    const counting = countReads(openMemory(bytes))
    const file = holdEnd(counting, { start, end: 100, bytes: bytes.subarray(start) })
    expect(file.byteLength).toBe(100)
    const ranges = Array.from({ length: 101 }, (_, at) => [0, 1, 30, 100 - at].map(length => ({ start: at, length })))
      .flat()
      .map(range => ({ start: range.start, end: Math.min(100, range.start + range.length) }))
    const read = await file.read(ranges)
    for (const [i, range] of ranges.entries())
      expect(Buffer.from(read[i]!)).toEqual(bytes.subarray(range.start, range.end))
    const before = ranges.reduce((sum, range) => sum + Math.max(0, Math.min(range.end, start) - range.start), 0)
    expect(counting.reads.bytes).toBe(before)
  }
})

test('what is held needs no request', async () => {
  const counting = countReads(openMemory(bytes))
  const file = holdEnd(counting, { start: 40, end: 100, bytes: bytes.subarray(40) })
  await file.read([
    { start: 50, end: 60 },
    { start: 40, end: 100 },
  ])
  expect(counting.reads).toMatchObject({ bytes: 0 })
})
