import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LabError } from '../../../lib/error.ts'
import { WorkerPool } from '../../../lib/workers/pool.ts'
import { startWorkersFrom } from '../../../lib/workers/start.ts'
import { died, doubled, shown, slept, thrown } from '../../support/worker-tasks.ts'

let folder: string
let pool: WorkerPool

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'workers-test-'))
  const loader = new URL('esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx')))
  const tasks = new URL('../../support/worker-tasks.ts', import.meta.url)
  const entry = join(folder, 'worker.mjs')
  writeFileSync(entry, `import { register } from '${loader}'\nregister()\nawait import('${tasks}')\n`)
  startWorkersFrom(entry)
})
afterAll(() => {
  startWorkersFrom(undefined)
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  pool = new WorkerPool(2)
})
afterEach(() => pool.close())

test('bytes change hands both ways, without a copy', async () => {
  const bytes = Uint8Array.of(1, 2, 3)
  const result = await pool.run(doubled, { value: bytes, transfer: [bytes.buffer] })
  expect([...result]).toEqual([2, 4, 6])
  expect(bytes.byteLength).toBe(0)
})

test('what jobs share is received once by each worker, and answers their questions', async () => {
  const one = new WorkerPool(1)
  const shared = { content: { name: 'a' }, answer: async (question: string) => ({ value: `${question}: that` }) }
  const ask = (value: number) => one.run(shown, { value }, shared)
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual(
    expect.arrayContaining(['a 1 what of 1: that', 'a 2 what of 2: that', 'a 3 what of 3: that']),
  )
  await one.close()
})

test('an answer that fails is thrown where it was asked for, with its kind', async () => {
  const shared = {
    content: { name: 'a' },
    answer: async (): Promise<never> => {
      throw new LabError('limit', 'no more bytes')
    },
  }
  const failure = await pool.run(shown, { value: 1 }, shared).catch(error => error)
  expect(failure).toBeInstanceOf(LabError)
  expect(failure).toMatchObject({ kind: 'limit', message: 'no more bytes' })
})

test('an error crosses with its kind and place; others as they are; what cannot be sent is one', async () => {
  const errorOf = (how: 'ours' | 'other' | 'uncloneable') => pool.run(thrown, { value: how }).catch(error => error)
  const ours = await errorOf('ours')
  expect(ours).toBeInstanceOf(LabError)
  expect(ours).toMatchObject({ kind: 'corrupt', message: 'page 7: found 3, expected 4' })
  expect(ours.stack).toContain('worker-tasks')
  expect(await errorOf('other')).toMatchObject({ message: 'not ours' })
  expect(await errorOf('uncloneable')).toMatchObject({ message: expect.stringContaining('could not be cloned') })
  await expect(pool.run(thrown, { value: (() => {}) as never })).rejects.toThrow('could not be cloned')
  expect(await pool.run(slept, { value: 1 }), 'the threads go on').toBe(1)
})

test('a worker that dies is an error of its jobs, not a hang; others and later ones are done', async () => {
  for (const [how, what] of [
    ['exit', 'ended with exit code 3'],
    ['error', 'ended by an error: out of its mind'],
  ] as const) {
    const dying = pool.run(died, { value: how }).catch(error => error.message)
    const others = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => pool.run(slept, { value: i })))
    expect(await dying).toBe(`workers: a thread ${what}, before its work was done`)
    expect(
      others.filter(({ status }) => status === 'fulfilled').length,
      'but for one of the same thread',
    ).toBeGreaterThan(6)
    expect(await pool.run(slept, { value: 5 })).toBe(5)
  }
})

test('a thread that cannot start is an error', async () => {
  startWorkersFrom(join(folder, 'absent.mjs'))
  const lost = new WorkerPool(1)
  await expect(lost.run(slept, { value: 1 })).rejects.toThrow(
    /^workers: a thread ended by an error: Cannot find module/,
  )
  await lost.close()
  startWorkersFrom(join(folder, 'worker.mjs'))
})

test('closing fails what is under way or waits', async () => {
  const jobs = Array.from({ length: 8 }, () => pool.run(slept, { value: 60_000 }).catch(error => error.message))
  await pool.close()
  for (const message of await Promise.all(jobs))
    expect(message).toMatch(/^workers: .*before (?:the|its) work was done$/)
})

test('nothing starts before there is work', async () => {
  const idle = new WorkerPool(2)
  await idle.close()
  expect(idle.width).toBe(4)
})
