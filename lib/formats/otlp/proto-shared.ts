import { ByteTable } from '../../bytes/byte-table.ts'
import type { Range } from '../../bytes/range.ts'
import type { WireReader } from '../../wire/protobuf/reader.ts'

/** Bytes of messages that are kept. */
const maxKept = 1 << 24

const nothing: Range = { start: 0, end: 0 }

/** A value, and the fields that were dropped when it was read, to be reported again with each use. */
interface Shared<T> {
  readonly value: T
  readonly drops: readonly string[]
}

/**
 * Reads a resource or scope, which many groups repeat, and gives the same object for the same bytes and schema URL.
 * Up to 16 MiB of them are kept.
 */
export class SharedMessages<T extends { schemaUrl: string }> {
  readonly #name: string
  readonly #empty: () => T
  readonly #readFields: (wire: WireReader, target: T) => void
  /** By bytes, by schema URL. */
  #known = new ByteTable<Map<string, Shared<T>>>()
  /** By value: what it was read from. */
  readonly #sources = new WeakMap<T, string>()
  readonly #newUrls = () => new Map<string, Shared<T>>()

  /** `name` is the field's, for paths; `readFields` merges one message into the target. */
  constructor(name: string, empty: () => T, readFields: (wire: WireReader, target: T) => void) {
    this.#name = name
    this.#empty = empty
    this.#readFields = readFields
  }

  /** What the occurrences of the field, merged, stand for; null where there are none and no schema URL either. */
  read(wire: WireReader, occurrences: readonly Range[], schemaUrl: string): T | null {
    if (occurrences.length === 0 && schemaUrl === '') return null
    const shared = this.#shared(wire, occurrences, schemaUrl)
    for (const field of shared.drops) wire.dropped(field)
    return shared.value
  }

  /** What a value was read from, equal for what would be one object; undefined where that is known of no other. */
  sourceOf(value: T): string | undefined {
    return this.#sources.get(value)
  }

  #shared(wire: WireReader, occurrences: readonly Range[], schemaUrl: string): Shared<T> {
    // Parts of one message may be none by themselves: only whole ones are known by their bytes.
    if (occurrences.length > 1) return this.#readOne(wire, occurrences, schemaUrl)
    if (this.#known.byteLength > maxKept) this.#known = new ByteTable()
    const code = wire.rangeCode(this.#known, occurrences[0] ?? nothing, this.#newUrls)
    const byUrl = this.#known.values[code]!
    const known = byUrl.get(schemaUrl)
    if (known !== undefined) return known
    const made = this.#readOne(wire, occurrences, schemaUrl)
    byUrl.set(schemaUrl, made)
    const bytes = occurrences.length === 0 ? '' : wire.view(occurrences[0]!).toString('latin1')
    this.#sources.set(made.value, `${schemaUrl.length} ${schemaUrl}${bytes}`)
    return made
  }

  #readOne(wire: WireReader, occurrences: readonly Range[], schemaUrl: string): Shared<T> {
    const drops: string[] = []
    const value = this.#empty()
    const { dropped } = wire
    wire.dropped = field => drops.push(field)
    try {
      for (const range of occurrences) wire.within(range, this.#name, () => this.#readFields(wire, value))
    } finally {
      wire.dropped = dropped
    }
    value.schemaUrl = schemaUrl
    return { value, drops }
  }
}
