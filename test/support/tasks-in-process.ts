import childProcess, { type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll } from 'vitest'
import type { Message, Order } from '../../harness/process/task.ts'
import { taskNamed } from '../../harness/tasks.ts'
import { messageOf } from '../../lib/error.ts'

/** The process that a watchdog of such a task would end. */
const noPid = 'undefined'

/** What stands for the process of a task, without a pid: messages go through JSON, as between processes. */
class TaskInProcess extends EventEmitter {
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()

  send(order: Order): void {
    void this.#run(throughJson(order)).then(message => this.emit('message', throughJson(message)))
  }

  async #run({ task, job }: Order): Promise<Message> {
    try {
      const report = (spans: number) => this.emit('message', { spans })
      return { result: await (await taskNamed(task))(job as never, report) }
    } catch (error) {
      return { problem: messageOf(error), stack: String((error as Error).stack) }
    }
  }

  kill(): void {
    this.emit('exit', 0, null)
  }
}

/** What stands for the shell that would end the process of a task with ours. */
class WatchdogInProcess extends EventEmitter {
  readonly stdin = Object.assign(new PassThrough(), { unref: () => {} })

  unref(): void {}
}

function throughJson<T>(message: T): T {
  return JSON.parse(JSON.stringify(message))
}

/**
 * Lets the tests of a file that are not about processes run the tasks of the harness in their own: a process takes a
 * sixth of a second of CPU until it works, and then runs code that is cold. Nor do they start the watchdogs of these.
 */
export function runTasksInProcess(): void {
  const { fork, spawn } = childProcess
  const standIn = (child: EventEmitter) => child as unknown as ChildProcess
  beforeAll(() =>
    replace({
      fork: () => standIn(new TaskInProcess()),
      spawn: ((...call: Parameters<typeof spawn>) =>
        call[1].at(-1) === noPid ? standIn(new WatchdogInProcess()) : spawn(...call)) as typeof spawn,
    }),
  )
  afterAll(() => replace({ fork, spawn }))
}

function replace(functions: Pick<typeof childProcess, 'fork' | 'spawn'>): void {
  Object.assign(childProcess, functions)
  syncBuiltinESMExports()
}
