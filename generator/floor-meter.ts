/**
 * Sums what a generator's draws are worth: the bits of every draw, -log2 of its probability, and the bytes of the names
 * it uses. No exact encoder that does not know the seed can be expected to beat the sum.
 */
export class FloorMeter {
  readonly #bits = new Map<string, number>()
  readonly #names = new Set<string>()

  add(field: string, bits: number): void {
    this.#bits.set(field, (this.#bits.get(field) ?? 0) + bits)
  }

  addBytes(field: string, byteLength: number): void {
    this.add(field, byteLength * 8)
  }

  /** Counts the bytes of a string that stands in the data under `names`, the first time only. */
  addName(name: string): void {
    if (this.#names.has(name)) return
    this.#names.add(name)
    this.addBytes('names', Buffer.byteLength(name))
  }

  /** Bytes (with a fraction) by field, in the order of first use. */
  byField(): Record<string, number> {
    return Object.fromEntries([...this.#bits].map(([field, bits]) => [field, bits / 8]))
  }

  /** All bytes, with a fraction. */
  total(): number {
    let bits = 0
    for (const fieldBits of this.#bits.values()) bits += fieldBits
    return bits / 8
  }
}
