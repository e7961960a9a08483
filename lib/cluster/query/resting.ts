/** One that was gone or slow is not asked for so long, while there are others. */
const restMillis = 5_000

/** Who was gone or slow lately, by name. */
export class Resting {
  readonly #until = new Map<string, number>()

  rest(name: string): void {
    this.#until.set(name, performance.now() + restMillis)
  }

  has(name: string): boolean {
    return (this.#until.get(name) ?? 0) > performance.now()
  }
}
