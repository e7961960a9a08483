import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLocal } from '../../../lib/storage/local.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { labRejection } from '../../support/errors.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251)

describe.each(['local', 'memory'])('reading from %s', store => {
  const path = () => join(directory, 'read')

  async function withFile(use: (file: Awaited<ReturnType<typeof openLocal>>) => Promise<void>): Promise<void> {
    await writeFile(path(), content)
    const file = store === 'local' ? await openLocal(path()) : { ...openMemory(content), close: async () => {} }
    await use(file).finally(() => file.close())
  }

  test('gives the ranges in their order', () =>
    withFile(async file => {
      expect(file.byteLength).toBe(content.length)
      const ranges = [
        { start: 500, end: 700 },
        { start: 0, end: content.length },
        { start: 0, end: 0 },
        { start: content.length, end: content.length },
        { start: 600, end: 601 },
      ]
      const pieces = await file.read(ranges)
      ranges.forEach(({ start, end }, i) => {
        expect(Buffer.compare(pieces[i], content.subarray(start, end))).toBe(0)
      })
      expect(await file.read([])).toEqual([])
    }))

  test.each([
    [0, content.length + 1],
    [content.length + 1, content.length + 1],
    [5, 4],
    [-1, 4],
    [Number.NaN, 4],
    [0, 2 ** 40],
  ])('refuses %d to %d', (start, end) =>
    withFile(async file => expect((await labRejection(file.read([{ start, end }]))).kind).toBe('truncated')),
  )
})

test('a file that is not there is missing', async () =>
  expect((await labRejection(openLocal(join(directory, 'none')))).kind).toBe('missing'))

test('a folder is refused with its path', async () =>
  expect((await labRejection(openLocal(directory))).message).toBe(`${directory}: is a folder`))

test('a memory sink gives all that was written', async () => {
  const sink = new MemorySink()
  await sink.write(content.subarray(0, 3))
  await sink.write(content.subarray(3))
  expect(Buffer.compare(sink.bytes(), content)).toBe(0)
})
