/** A message that waits, and the span that sent it. */
export interface Message {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
  readonly traceState: string
  readonly orderId: string
  /** When it was sent, on the generator's clock. */
  readonly nanos: number
}

const capacity = 4096

/** First in, first out; when it is full the oldest are gone. */
export class Queue {
  #messages: Message[] = []

  /** How many were sent before, up to `limit`. */
  ready(beforeNanos: number, limit: number): number {
    let count = 0
    while (count < limit && this.#messages[count]?.nanos < beforeNanos) count++
    return count
  }

  push(message: Message): void {
    if (this.#messages.length === capacity) this.#messages.shift()
    this.#messages.push(message)
  }

  /** The oldest. */
  take(count: number): Message[] {
    return this.#messages.splice(0, count)
  }
}
