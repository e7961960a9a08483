import { hashText, mix32 } from '../../bytes/hash.ts'

/** Min number of hashes kept; the estimate errs by 1 / sqrt of it, 1.1 %. */
const kept = 8192
const hashRange = 2 ** 53

/** How many distinct values there are: exactly up to some thousand, and from then on estimated. */
export interface Distinct {
  readonly count: number
  readonly isEstimate: boolean
}

/**
 * Counts distinct values in bounded memory: it keeps the smallest hashes, and the largest of them gives the density of
 * all hashes (Bar-Yossef et al., "Counting distinct elements in a data stream", 2002).
 */
export class DistinctCount {
  #hashes = new Set<number>()
  /** No hash from here on is kept. */
  #limit = hashRange
  readonly #words = new Uint32Array(2)
  readonly #double = new Float64Array(1)
  readonly #doubleWords = new Uint32Array(this.#double.buffer)

  addText(text: string): void {
    hashText(text, this.#words)
    this.#add(this.#words[0]!, this.#words[1]!)
  }

  addNumber(number: number): void {
    this.#double[0] = number
    const low = mix32(this.#doubleWords[0]! ^ mix32(this.#doubleWords[1]! + 1))
    this.#add(low, mix32(low ^ this.#doubleWords[1]!))
  }

  distinct(): Distinct {
    if (this.#limit === hashRange) return { count: this.#hashes.size, isEstimate: false }
    this.#trim()
    return { count: Math.round(((this.#hashes.size - 1) / this.#limit) * hashRange), isEstimate: true }
  }

  #add(low: number, high: number): void {
    const hash = (low >>> 11) * 0x100000000 + high
    if (hash > this.#limit) return
    this.#hashes.add(hash)
    if (this.#hashes.size >= 2 * kept) this.#trim()
  }

  #trim(): void {
    if (this.#hashes.size <= kept) return
    const smallest = Float64Array.from(this.#hashes).sort().subarray(0, kept)
    this.#hashes = new Set(smallest)
    this.#limit = smallest[kept - 1]!
  }
}
