import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { LabTasks } from '../../../harness/lab/tasks.ts'
import { taskRunner } from '../../../harness/process/run-task.ts'

const job = { phasePath: '/no/such/phase.ts', options: {}, dataset: '/no/such/dataset', file: '/no/such/file' }
const askInVain = () => taskRunner<LabTasks>()('check', job, () => {}).catch((error: Error) => error.message)

test('what a process answered counts, also where its end is seen first', async () => {
  const quiet = await askInVain()
  const busy = askInVain()
  await sleep(100)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
  expect(await busy).toBe(quiet)
  expect(quiet).toMatch(/^Cannot find module '\/no\/such\/phase.ts'/)
})
