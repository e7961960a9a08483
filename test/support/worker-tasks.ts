/** Tasks that fail, die and wait, for tests of the threads themselves. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { LabError } from '../../lib/error.ts'
import { serve } from '../../lib/workers/serve.ts'
import type { Shared, Task, WorkOf } from '../../lib/workers/task.ts'

export const doubled: Task<Uint8Array<ArrayBuffer>, [], Uint8Array<ArrayBuffer>> = { name: 'doubled' }
export const shown: Task<number, [Shared<{ readonly name: string }, string, string>], string> = { name: 'shown' }
export const slept: Task<number, [], number> = { name: 'slept' }
export const thrown: Task<'ours' | 'other' | 'uncloneable', [], never> = { name: 'thrown' }
export const died: Task<'exit' | 'error', [], never> = { name: 'died' }

const double: WorkOf<typeof doubled> = async bytes => {
  const value = bytes.map(byte => 2 * byte)
  return { value, transfer: [value.buffer] }
}

const seen = new Map<object, number>()

/** Says how often this object has been received, and what the main thread says of the input. */
const show: WorkOf<typeof shown> = async (input, shared) => {
  const count = (seen.get(shared) ?? 0) + 1
  seen.set(shared, count)
  return { value: `${shared.content.name} ${count} ${await shared.ask(`what of ${input}`)}` }
}

const sleepFor: WorkOf<typeof slept> = async millis => ({ value: await sleep(millis, millis) })

const fail: WorkOf<typeof thrown> = async how => {
  if (how === 'uncloneable') return { value: (() => {}) as never }
  throw how === 'ours' ? new LabError('corrupt', 'page 7: found 3, expected 4') : new TypeError('not ours')
}

const die: WorkOf<typeof died> = async how => {
  if (how === 'exit') process.exit(3)
  if (how === 'error')
    setImmediate(() => {
      throw new Error('out of its mind')
    })
  return sleep(1e6) as never
}

const loaded = { doubled: double, shown: show, slept: sleepFor, thrown: fail, died: die }
if (!isMainThread)
  serve(Object.fromEntries(Object.entries(loaded).map(([name, work]) => [name, async () => work as never])))
