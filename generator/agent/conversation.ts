import { tokensOf } from './messages.ts'
import type { Agent } from './team.ts'

const cacheNanos = 300e9
/** Tokens are cached in blocks of so many. */
const cacheBlock = 128

/** What an agent is sent again with each call: all that was said so far, as far as its window goes back. */
export class Conversation {
  readonly agent: Agent
  readonly id: string
  /** When the last turn ended. */
  idleNanos = 0
  readonly #messages: string[] = []
  #length = 0
  #sentTokens = 0
  #sentNanos = Number.NEGATIVE_INFINITY

  constructor(agent: Agent, id: string) {
    this.agent = agent
    this.id = id
  }

  /** The message is JSON. What no longer fits the window is left out, and with it what was cached. */
  add(message: string): void {
    this.#messages.push(message)
    this.#length += message.length
    while (this.#length > this.agent.kind.window && this.#messages.length > 1) {
      this.#length -= this.#messages.shift()!.length
      this.#sentTokens = 0
    }
  }

  /** As `gen_ai.input.messages` shows it. */
  print(): string {
    return `[${this.#messages.join(',')}]`
  }

  /** Sends everything at that time: how many tokens that is, and how many of them the provider had in its cache. */
  send(nowNanos: number): { tokens: number; cached: number } {
    const { instructions, definitions } = this.agent
    const tokens = tokensOf(instructions.length + definitions.length + this.#length)
    const isCached = nowNanos - this.#sentNanos < cacheNanos
    const cached = isCached ? Math.floor(this.#sentTokens / cacheBlock) * cacheBlock : 0
    this.#sentTokens = tokens
    this.#sentNanos = nowNanos
    return { tokens, cached }
  }
}
