import type { JsonReader } from './reader.ts'

const recentCount = 64
const maxKeptLength = 1 << 24

interface Shared<T> {
  value: T
  /** What was dropped when it was read, to be told again with each use. */
  drops: readonly string[]
}

type Parse<T> = (reader: JsonReader, dropped: (field: string) => void) => T

/**
 * Reads an object that many lines repeat, and gives the same one for the same text. The last few are recognised by
 * comparing bytes; the others, up to 16 MiB of them, by their text.
 */
export class SharedObjects<T extends object> {
  readonly #parse: Parse<T>
  readonly #dropped: (field: string) => void
  readonly #recent: { text: Buffer; shared: Shared<T> }[] = []
  readonly #known = new Map<string, Shared<T>>()
  #keptLength = 0

  constructor(parse: Parse<T>, dropped: (field: string) => void) {
    this.#parse = parse
    this.#dropped = dropped
  }

  read(reader: JsonReader): T {
    const { value, drops } = this.#recentOne(reader) ?? this.#otherOne(reader)
    for (const field of drops) this.#dropped(field)
    return value
  }

  #recentOne(reader: JsonReader): Shared<T> | undefined {
    const recent = this.#recent
    for (let i = 0; i < recent.length; i++) {
      const candidate = recent[i]!
      if (!reader.skipIf(candidate.text)) continue
      recent.copyWithin(1, 0, i)
      recent[0] = candidate
      return candidate.shared
    }
    return undefined
  }

  #otherOne(reader: JsonReader): Shared<T> {
    const start = reader.mark()
    const raw = reader.raw()
    const text = raw.toString('latin1')
    let shared = this.#known.get(text)
    if (shared === undefined) {
      reader.rewind(start)
      shared = this.#parseOne(reader)
      this.#keep(text, shared)
    }
    if (this.#recent.length === recentCount) this.#recent.pop()
    this.#recent.unshift({ text: Buffer.from(raw), shared })
    return shared
  }

  #parseOne(reader: JsonReader): Shared<T> {
    const drops: string[] = []
    return { value: this.#parse(reader, field => drops.push(field)), drops }
  }

  #keep(text: string, shared: Shared<T>): void {
    if (this.#keptLength > maxKeptLength) {
      this.#known.clear()
      this.#keptLength = 0
    }
    this.#known.set(text, shared)
    this.#keptLength += text.length
  }
}
