const maxContexts = 1 << 16
/** The share of the weight that is spread anew each time, so that the weights can follow the data. */
const fresh = 0.02

/** Several models of one thing, each trusted by the weight that its past success in the context has earned. */
export class Mixture {
  readonly #weights = new Map<number, Float64Array>()

  /** The probability that the models give together; `probabilities` has one of each, the same number in a context. */
  take(context: number, probabilities: readonly number[]): number {
    const weights = this.#weightsOf(context, probabilities.length)
    let sum = 0
    for (let i = 0; i < weights.length; i++) sum += weights[i] * probabilities[i]
    for (let i = 0; i < weights.length; i++)
      weights[i] = ((1 - fresh) * weights[i] * probabilities[i]) / sum + fresh / weights.length
    return sum
  }

  #weightsOf(context: number, modelCount: number): Float64Array {
    const known = this.#weights.get(context)
    if (known !== undefined && known.length === modelCount) return known
    if (this.#weights.size >= maxContexts) this.#weights.clear()
    const weights = new Float64Array(modelCount).fill(1 / modelCount)
    this.#weights.set(context, weights)
    return weights
  }
}
