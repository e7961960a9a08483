/** The ends of a partition as they were reported, with the time of this process's own clock when they were first seen. */
export class SeenEnds {
  /** Both ascending. */
  readonly #seen: { readonly end: number; readonly atMillis: number }[] = []

  add(end: number, nowMillis: number): void {
    if (end > (this.#seen.at(-1)?.end ?? -1)) this.#seen.push({ end, atMillis: nowMillis })
  }

  /** For how long it has been known that the partition goes beyond an offset up to which somebody has read it. */
  lagMillis(next: number, nowMillis: number): number {
    const beyond = this.#seen.find(({ end }) => end > next)
    return beyond === undefined ? 0 : nowMillis - beyond.atMillis
  }

  /** Forgets what is in blocks. */
  forget(committed: number): void {
    const first = this.#seen.findIndex(({ end }) => end > committed)
    this.#seen.splice(0, first < 0 ? this.#seen.length : first)
  }
}
