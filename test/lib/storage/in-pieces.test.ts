import { expect, test } from 'vitest'
import { countReads } from '../../../lib/storage/counting.ts'
import { readInPieces } from '../../../lib/storage/in-pieces.ts'
import { openMemory } from '../../../lib/storage/memory.ts'

const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => i))

test('every range is answered with its bytes, whatever pieces it is in', async () => {
  for (const pieceBytes of [1, 7, 50, 99, 100, 1_000]) {
    const file = readInPieces(openMemory(bytes), pieceBytes, 2)
    expect(file.byteLength).toBe(100)
    for (let start = 0; start <= 100; start += 3)
      for (let end = start; end <= 100; end += 7) {
        const [read] = await file.read([{ start, end }])
        expect(Buffer.compare(read!, bytes.subarray(start, end))).toBe(0)
      }
  }
})

test('what is read from front to back is asked for once, several reads at a time as well', async () => {
  const counting = countReads(openMemory(bytes))
  const file = readInPieces(counting, 30, 2)
  for (let start = 0; start < 96; start += 4) {
    const before = { start: Math.max(0, start - 20), end: start }
    await Promise.all([file.read([{ start, end: start + 4 }]), file.read([before])])
  }
  expect(counting.reads).toMatchObject({ calls: 4, bytes: 100 })
})

test('what is read elsewhere is asked for by itself, and takes no turn', async () => {
  const counting = countReads(openMemory(bytes))
  const file = readInPieces(counting, 10, 2)
  await file.read([{ start: 95, end: 100 }])
  expect(counting.reads).toMatchObject({ calls: 1, bytes: 5 })
  for (let start = 0; start < 40; start += 10) await file.read([{ start, end: start + 10 }])
  expect(counting.reads).toMatchObject({ calls: 5, bytes: 45 })
  await file.read([{ start: 3, end: 5 }])
  expect(counting.reads).toMatchObject({ calls: 6, bytes: 47 })
})

test('what lies behind the file is an error, and what failed is asked for again', async () => {
  let failures = 1
  const read = async () => (failures-- > 0 ? Promise.reject(new Error('slow down')) : [bytes])
  const file = readInPieces({ byteLength: 100, read }, 100, 2)
  await expect(file.read([{ start: 90, end: 101 }])).rejects.toThrow('bytes 90 to 101 are asked for')
  await expect(file.read([{ start: 0, end: 1 }])).rejects.toThrow('slow down')
  expect(await file.read([{ start: 0, end: 100 }])).toEqual([bytes])
})
