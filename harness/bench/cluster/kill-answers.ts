import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../lib/error.ts'
import type { Load } from '../serve/load.ts'
import { batchSpans, type Replay } from '../serve/replay.ts'
import { countSpans } from '../serve/session.ts'

/** A trace in JSON, as far as it is looked at. */
interface TraceAnswer {
  readonly status?: string
  readonly trace: { readonly resourceSpans?: readonly { readonly scopeSpans: readonly Scope[] }[] }
}
interface Scope {
  readonly spans: readonly { readonly spanId: string }[]
}

/** A trace all of which was acknowledged. */
interface SentTrace {
  readonly id: string
  readonly spanCount: number
  readonly sinceMillis: number
}

const pauseMillis = 200
const answerMillis = 30_000
/**
 * Spans that were acknowledged so long ago are in every answer that does not say that some may be missing: that is said
 * when live stores have been behind for 5 s, and a process is frozen for 3.5 s.
 */
const settledMillis = 30_000
const maxProblems = 20

export interface WatchParts {
  /** Where questions are asked. */
  readonly api: string
  readonly replay: Replay
  readonly load: Load
  /** Requests that may be under way. */
  readonly concurrency: number
  readonly sinceMillis: number
  readonly draw: () => number
}

/** Asks while spans are sent, and says what is wrong with the answers. */
export class AnswerWatch {
  /** Those that were looked at; of these, those that said that spans may be missing. */
  readonly counts = { answers: 0, partial: 0 }
  /** Questions without an answer, by the reason. */
  readonly unanswered = new Map<string, number>()
  readonly problems: string[] = []
  readonly #parts: WatchParts
  readonly #rounds = new Set<number>()
  readonly #traces: SentTrace[] = []

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  async run(isOver: () => boolean): Promise<void> {
    for (; !isOver(); await sleep(pauseMillis)) {
      this.#addRounds()
      await this.#try(() => this.#count())
      const { draw } = this.#parts
      const trace = this.#traces[Math.floor(draw() * this.#traces.length)]
      if (trace !== undefined) await this.#try(() => this.#find(trace))
    }
  }

  /** Notes the traces of rounds that are acknowledged as a whole. */
  #addRounds(): void {
    const { load, replay } = this.#parts
    const counts = new Map<number, number>()
    for (const [round] of load.acknowledged()) counts.set(round, (counts.get(round) ?? 0) + 1)
    for (const [round, count] of counts) {
      if (count < replay.requestCount || this.#rounds.has(round)) continue
      this.#rounds.add(round)
      const sinceMillis = performance.now()
      for (const [id, spanCount] of replay.tracesOf(round)) this.#traces.push({ id, spanCount, sinceMillis })
    }
  }

  /** A frontend that is dead or frozen does not answer, nor one whose parts are. */
  async #try(ask: () => Promise<string | undefined>): Promise<void> {
    try {
      const problem = await ask()
      this.counts.answers++
      if (problem !== undefined && this.problems.length < maxProblems) this.problems.push(problem)
    } catch (error) {
      const reason = messageOf((error as Error).cause ?? error).replaceAll(/[0-9a-f-]{8,}/g, '…')
      this.unanswered.set(reason, (this.unanswered.get(reason) ?? 0) + 1)
    }
  }

  async #count(): Promise<string | undefined> {
    const { api, replay, load, concurrency, sinceMillis } = this.#parts
    const count = await countSpans(api, replay, sinceMillis)
    const most = load.acknowledgedSpans + concurrency * batchSpans
    return count > most ? `${count} spans are counted where ${most} were sent` : undefined
  }

  async #find({ id, spanCount, sinceMillis }: SentTrace): Promise<string | undefined> {
    const isSettled = performance.now() - sinceMillis > settledMillis
    const headers = { accept: 'application/json' }
    const signal = AbortSignal.timeout(answerMillis)
    const response = await fetch(`${this.#parts.api}/api/v2/traces/${id}`, { headers, signal })
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    const { status, trace } = (await response.json()) as TraceAnswer
    const ids = (trace.resourceSpans ?? []).flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)),
    )
    if (status === 'PARTIAL') this.counts.partial++
    if (new Set(ids).size < ids.length) return `trace ${id}: a span is answered twice`
    const isWhole = !isSettled || status === 'PARTIAL' || ids.length === spanCount
    return isWhole ? undefined : `trace ${id}: has ${spanCount} spans, answered with ${ids.length}`
  }
}
