import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LabError } from '../../../lib/error.ts'
import { openLocal, pending, writeLocal } from '../../../lib/storage/local.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { labRejection } from '../../support/errors.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251)

describe('writing', () => {
  test('the file stands there when it is whole, and nothing beside it', async () => {
    const path = join(directory, 'whole')
    const result = await writeLocal(path, async sink => {
      await sink.write(content.subarray(0, 10))
      expect(await readdir(directory)).not.toContain('whole')
      expect(pending.size).toBe(1)
      await sink.write(content.subarray(10))
      return 'done'
    })
    expect(result).toBe('done')
    expect(Buffer.compare(await readFile(path), content)).toBe(0)
    expect(await readdir(directory)).toEqual(['whole'])
    expect(pending.size).toBe(0)
  })

  test('a failure leaves nothing, and what stood there before stays', async () => {
    const path = join(directory, 'kept')
    await writeFile(path, 'before')
    const before = await readdir(directory)
    const failing = writeLocal(path, async sink => {
      await sink.write(content)
      throw new LabError('invalid', 'no')
    })
    expect((await labRejection(failing)).message).toBe('no')
    expect(await readdir(directory)).toEqual(before)
    expect(await readFile(path, 'utf8')).toBe('before')
    expect(pending.size).toBe(0)
  })

  test('a folder that is not there is missing, with the path', async () => {
    const error = await labRejection(writeLocal(join(directory, 'no', 'file'), async () => {}))
    expect([error.kind, error.message]).toEqual(['missing', `${join(directory, 'no', 'file')}: no such file or folder`])
  })
})

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

test('a folder is refused with its path, for reading and for writing', async () => {
  expect((await labRejection(openLocal(directory))).message).toBe(`${directory}: is a folder`)
  const { message } = await labRejection(writeLocal(directory, sink => sink.write(content)))
  expect(message).toBe(`${directory}: is a folder`)
})

test('a memory sink gives all that was written', async () => {
  const sink = new MemorySink()
  await sink.write(content.subarray(0, 3))
  await sink.write(content.subarray(3))
  expect(Buffer.compare(sink.bytes(), content)).toBe(0)
})
