import childProcess, { type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll } from 'vitest'
import type { Message, Order } from '../../harness/process/task.ts'
import { taskNamed } from '../../harness/tasks.ts'
import { messageOf } from '../../lib/error.ts'

/** What stands for the process of a task: messages go through JSON, as between processes. */
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

function throughJson<T>(message: T): T {
  return JSON.parse(JSON.stringify(message))
}

/**
 * Lets the tests of a file that are not about processes run the tasks of the harness in their own: a process takes a
 * sixth of a second of CPU until it works, and then runs code that is cold.
 */
export function runTasksInProcess(): void {
  const { fork } = childProcess
  beforeAll(() => replaceFork((() => new TaskInProcess() as unknown as ChildProcess) as typeof fork))
  afterAll(() => replaceFork(fork))
}

function replaceFork(fork: typeof childProcess.fork): void {
  childProcess.fork = fork
  syncBuiltinESMExports()
}
