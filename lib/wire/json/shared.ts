import { BoundedCache } from '../../maps.ts'
import type { DropContext } from './message.ts'
import type { JsonReader } from './reader.ts'

const recentCount = 64
/** Characters of texts. */
const maxKept = 1 << 24

/** A value, and what was dropped when it was read, to be reported again with each use. */
interface Shared<T> {
  readonly value: T
  readonly drops: readonly string[]
}

type Parse<T> = (reader: JsonReader, context: DropContext) => T

/**
 * Reads an object that many lines repeat, and gives the same one for the same text. The last few are recognised by
 * comparing bytes; the others, up to 16 MiB of them, by their text.
 */
export class SharedObjects<T extends object> {
  readonly #parse: Parse<T>
  readonly #dropped: (field: string) => void
  readonly #recent: { text: Buffer; shared: Shared<T> }[] = []
  readonly #known = new BoundedCache<Shared<T>>(maxKept, text => text.length)

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
    const shared = this.#known.get(raw.toString('latin1'), () => {
      reader.rewind(start)
      const drops: string[] = []
      return { value: this.#parse(reader, { dropped: field => drops.push(field) }), drops }
    })
    if (this.#recent.length === recentCount) this.#recent.pop()
    this.#recent.unshift({ text: Buffer.from(raw), shared })
    return shared
  }
}
