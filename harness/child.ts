/** The process of one task: told what to do by its parent, it answers with the result or the error, and ends. */
import { messageOf } from '../lib/error.ts'
import type { Message, Order } from './process/task.ts'
import { taskNamed } from './tasks.ts'

const reportMillis = 200

function send(message: Message): Promise<void> {
  return new Promise(resolve => process.send!(message, () => resolve()))
}

/** Passes span counts on, a few times a second. */
function reporter(): (spanCount: number) => void {
  let [waiting, last] = [0, performance.now()]
  return spanCount => {
    waiting += spanCount
    const now = performance.now()
    if (now - last < reportMillis) return
    void send({ spans: waiting })
    waiting = 0
    last = now
  }
}

process.once('disconnect', () => process.exit())
process.once('message', async ({ task, job }: Order) => {
  try {
    const run = await taskNamed(task)
    await send({ result: await run(job as never, reporter()) })
  } catch (error) {
    await send({ problem: messageOf(error), stack: String((error as Error).stack) })
  }
  process.exit()
})
