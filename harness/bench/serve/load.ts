import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Replay, Sending } from './replay.ts'

const maxSockets = 64

/** Connections that are kept, and what was acknowledged over them. */
export class Load {
  readonly #agent = new Agent({ keepAlive: true, maxSockets })
  readonly #replay: Replay
  readonly #acknowledged = new Set<number>()
  #postCount = 0
  /** Where it is sent to, in turn: a server that starts anew has another port. */
  urls: readonly string[] = []
  /** What is not answered after so long is sent again, as exporters do. */
  answerMillis: number | undefined
  acknowledgedSpans = 0
  acknowledgedBytes = 0
  /** Answers that were no acknowledgement, by status; 0 where the connection failed. */
  readonly refused = new Map<number, number>()

  constructor(replay: Replay) {
    this.#replay = replay
  }

  /** Requests that were acknowledged, by round and index. */
  *acknowledged(): Iterable<readonly [round: number, index: number]> {
    const { requestCount } = this.#replay
    for (const number of this.#acknowledged) yield [Math.floor(number / requestCount), number % requestCount]
  }

  /** Sends as fast as is answered, so many requests at a time, until told to stop. */
  async closed(concurrency: number, isOver: () => boolean): Promise<void> {
    const sender = async () => {
      while (!isOver()) await this.send(this.#replay.next(), isOver)
    }
    await Promise.all(Array.from({ length: concurrency }, sender))
  }

  /** Sends so many requests, some at a time. */
  async sendMany(concurrency: number, requestCount: number): Promise<void> {
    let left = requestCount
    const sender = async () => {
      while (left-- > 0) await this.send(this.#replay.next(), () => false)
    }
    await Promise.all(Array.from({ length: concurrency }, sender))
  }

  /**
   * Sends so many spans per second, whether what was sent is answered or not. Gives the milliseconds from when each
   * request was to be sent until its acknowledgement.
   */
  async open(spansPerSecond: number, seconds: number, acknowledged: (sending: Sending) => void): Promise<number[]> {
    const millis: number[] = []
    const sent: Promise<void>[] = []
    const start = performance.now()
    for (let dueMillis = 0; dueMillis < seconds * 1e3; ) {
      const wait = start + dueMillis - performance.now()
      if (wait > 0) await sleep(wait)
      const sending = this.#replay.next()
      const dueAt = start + dueMillis
      sent.push(
        this.send(sending, () => false).then(() => {
          millis.push(performance.now() - dueAt)
          acknowledged(sending)
        }),
      )
      dueMillis += (sending.spanCount / spansPerSecond) * 1e3
    }
    await Promise.all(sent)
    return millis
  }

  /** Sends a request until it is acknowledged or all is over. */
  async send({ round, index, body, spanCount }: Sending, isOver: () => boolean): Promise<void> {
    for (let status = 0; status !== 200 && !isOver(); ) {
      status = await this.#post(body)
      if (status !== 200) {
        this.refused.set(status, (this.refused.get(status) ?? 0) + 1)
        await sleep(10)
        continue
      }
      this.#acknowledged.add(round * this.#replay.requestCount + index)
      this.acknowledgedSpans += spanCount
      this.acknowledgedBytes += body.length
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #post(body: Buffer): Promise<number> {
    return new Promise(resolve => {
      const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
      const url = this.urls[this.#postCount++ % this.urls.length]!
      const signal = this.answerMillis === undefined ? undefined : AbortSignal.timeout(this.answerMillis)
      const sent = request(url, { method: 'POST', agent: this.#agent, headers, signal }, response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', () => resolve(0))
      })
      sent.on('error', () => resolve(0))
      sent.end(body)
    })
  }
}
