import { Connection, produceV9, type Writer } from '@platformatic/kafka'
import { vi } from 'vitest'

type Answered = (error: Error | null, answer?: unknown) => void

/**
 * Puts something between logs and their brokers: it gets what sends a batch and gives its answer, with the body
 * of that request, and gives what the log shall see instead.
 */
export function spyOnProduce(answerOf: (send: () => Promise<unknown>, body: Writer) => Promise<unknown>) {
  const { send } = Connection.prototype
  return vi.spyOn(Connection.prototype, 'send').mockImplementation(function (this: Connection, ...request) {
    if (request[0] !== produceV9.api.key) return send.apply(this, request)
    const answered = request.pop() as Answered
    const sending = () =>
      new Promise((resolve, reject) => {
        const settle: Answered = (error, answer) => (error ? reject(error) : resolve(answer))
        send.apply(this, [...request, settle] as unknown as Parameters<typeof send>)
      })
    answerOf(sending, request[2]()).then(answer => answered(null, answer), answered)
  })
}
