const maxContexts = 1 << 16
/** Old evidence fades, so that the weights follow the data. */
const memory = 0.96
const minWeight = 1e-4

/** Bits of what several models describe, each model by the weight that its past success in the context has earned. */
export class Mixture {
  readonly #weights = new Map<number, Float64Array>()

  /** `bits` are the costs by model, at least one. */
  cost(context: number, bits: readonly number[]): number {
    if (bits.length === 1) return bits[0]
    const weights = this.#weightsOf(context, bits.length)
    const least = Math.min(...bits)
    let total = 0
    let share = 0
    for (let i = 0; i < bits.length; i++) {
      const likelihood = 2 ** (least - bits[i])
      total += weights[i]
      share += weights[i] * likelihood
      weights[i] = weights[i] ** memory * likelihood + minWeight
    }
    normalise(weights)
    return least - Math.log2(share / total)
  }

  #weightsOf(context: number, modelCount: number): Float64Array {
    let weights = this.#weights.get(context)
    if (weights === undefined || weights.length !== modelCount) {
      if (this.#weights.size >= maxContexts) this.#weights.clear()
      weights = new Float64Array(modelCount).fill(1 / modelCount)
      this.#weights.set(context, weights)
    }
    return weights
  }
}

function normalise(weights: Float64Array): void {
  let sum = 0
  for (const weight of weights) sum += weight
  for (let i = 0; i < weights.length; i++) weights[i] /= sum
}
