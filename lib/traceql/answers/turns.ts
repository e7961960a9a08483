/**
 * Shares out how many traces are wanted among batches, in the order of their turns, whichever is searched first: each
 * takes what those before it have left.
 */
export class Turns {
  #left: number
  #turnCount = 0
  /** The turn that is next to take. */
  #next = 0
  readonly #waiting = new Map<number, () => void>()

  constructor(wantedCount: number) {
    this.#left = wantedCount
  }

  /** What `search` gives with turns of its own, from one on, which it may use or not. */
  async during<Result>(search: (turn: number) => Promise<Result>, turnCount = 1): Promise<Result> {
    const first = this.#turnCount
    this.#turnCount += turnCount
    try {
      return await search(first)
    } finally {
      for (let turn = Math.max(first, this.#next); turn < first + turnCount; turn++) void this.take(turn, 0)
    }
  }

  /** How many of its hits a turn may answer, once those before it have taken theirs. */
  async take(turn: number, hitCount: number): Promise<number> {
    if (turn > this.#next) await new Promise<void>(resolve => this.#waiting.set(turn, resolve))
    const taken = Math.min(hitCount, this.#left)
    this.#left -= taken
    this.#next++
    this.#waiting.get(this.#next)?.()
    return taken
  }
}
