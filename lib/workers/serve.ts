import { parentPort } from 'node:worker_threads'
import { getOrInsert } from '../maps.ts'
import { type Answered, type Order, type Parcel, problemOf, type Question, type Reply, resultOf } from './message.ts'
import type { AnyWork, Received } from './task.ts'

/** The work of tasks by name, loaded when it is first asked for. */
export type Works = Readonly<Record<string, () => Promise<AnyWork>>>

/** Does what the main thread orders, in a worker. */
export function serve(works: Works): void {
  const questions = new Questions()
  const loaded = new Map<string, Promise<AnyWork>>()
  const shares = new Map<number, Received>()
  const run = async ({ job, task, input, shares: numbers }: Extract<Order, { job: number }>) => {
    try {
      const work = await getOrInsert(loaded, task, () => works[task]!())
      const { value, transfer } = await work(input as never, ...numbers.map(number => shares.get(number)!))
      post({ job, outcome: { value } }, transfer)
    } catch (error) {
      post({ job, outcome: { problem: problemOf(error) } })
    }
  }
  parentPort!.on('message', (order: Order) => {
    if ('job' in order) void run(order)
    else if ('answers' in order) for (const answer of order.answers) questions.settle(answer)
    else if ('forget' in order) shares.delete(order.forget)
    else {
      const { share, content } = order
      shares.set(share, { content, ask: question => questions.ask(share, question) })
    }
  })
}

function post(reply: Reply, transfer: Parcel<unknown>['transfer'] = []): void {
  parentPort!.postMessage(reply, transfer)
}

/** Questions to the main thread: those that are asked in one turn go together. */
class Questions {
  readonly #asked = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  #unsent: Question[] = []
  #count = 0

  ask(share: number, content: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const number = this.#count++
      this.#asked.set(number, { resolve, reject })
      if (this.#unsent.push({ number, share, content }) === 1) setImmediate(() => this.#send())
    })
  }

  #send(): void {
    const questions = this.#unsent
    this.#unsent = []
    post({ questions })
  }

  settle({ question, outcome }: Answered): void {
    const { resolve, reject } = this.#asked.get(question)!
    this.#asked.delete(question)
    try {
      resolve(resultOf(outcome))
    } catch (error) {
      reject(error)
    }
  }
}
