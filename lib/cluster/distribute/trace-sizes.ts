/** Traces of a generation: those beyond begin a new one, which bounds what they take. */
const maxTraces = 200_000

/**
 * The bytes of traces that get spans now: one without new ones for as long as a generation lasts, or two, is forgotten.
 */
export class TraceSizes {
  readonly #generationMillis: number
  #bytes = new Map<string, number>()
  #older: ReadonlyMap<string, number> = new Map()
  #sinceMillis = performance.now()

  constructor(generationMillis: number) {
    this.#generationMillis = generationMillis
  }

  /** Counts bytes of a trace; false, and not counted, where it has more than `maxBytes` then. */
  grow(trace: string, byteLength: number, maxBytes: number): boolean {
    this.#age()
    const total = (this.#bytes.get(trace) ?? this.#older.get(trace) ?? 0) + byteLength
    if (total <= maxBytes) this.#bytes.set(trace, total)
    return total <= maxBytes
  }

  #age(): void {
    const isOver = performance.now() - this.#sinceMillis > this.#generationMillis
    if (!isOver && this.#bytes.size < maxTraces) return
    this.#older = this.#bytes
    this.#bytes = new Map()
    this.#sinceMillis = performance.now()
  }
}
