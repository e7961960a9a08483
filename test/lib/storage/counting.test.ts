import { expect, test } from 'vitest'
import { countReads } from '../../../lib/storage/counting.ts'
import { openMemory } from '../../../lib/storage/memory.ts'
import { labRejection } from '../../support/errors.ts'

const content = Uint8Array.from({ length: 100 }, (_, i) => i)

test('calls, ranges and bytes are counted, and what is read stays as it is', async () => {
  const file = countReads(openMemory(content))
  expect(file.byteLength).toBe(100)
  const read = await file.read([
    { start: 0, end: 3 },
    { start: 90, end: 100 },
  ])
  expect(read.map(bytes => bytes.length)).toEqual([3, 10])
  await file.read([{ start: 5, end: 6 }])
  expect(file.reads).toEqual({ calls: 2, ranges: 3, bytes: 14 })
  expect(file.roundTrips).toBe(2)
  file.reset()
  expect(file.reads).toEqual({ calls: 0, ranges: 0, bytes: 0 })
  expect(file.roundTrips).toBe(0)
})

test('reads that are on their way together are one round trip, a failed one too', async () => {
  const file = countReads(openMemory(content))
  const range = { start: 0, end: 1 }
  await Promise.all([file.read([range]), file.read([range, range])])
  expect(file.roundTrips).toBe(1)
  expect((await labRejection(file.read([{ start: 0, end: 101 }]))).kind).toBe('truncated')
  await file.read([range])
  expect(file.roundTrips).toBe(3)
  expect(file.reads.calls).toBe(4)
})
