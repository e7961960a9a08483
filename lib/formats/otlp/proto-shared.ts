import type { Range } from '../../bytes/range.ts'
import { type Shared, sharedByText } from '../../wire/json/shared.ts'
import type { WireReader } from '../../wire/protobuf/reader.ts'

/**
 * Reads a resource or scope, which many groups repeat, and gives the same object for the same bytes and schema URL.
 * Up to 16 MiB of them are kept.
 */
export class SharedMessages<T extends { schemaUrl: string }> {
  readonly #name: string
  readonly #empty: () => T
  readonly #readFields: (wire: WireReader, target: T) => void
  readonly #known = sharedByText<T>()

  /** `name` is the field's, for paths; `readFields` merges one message into the target. */
  constructor(name: string, empty: () => T, readFields: (wire: WireReader, target: T) => void) {
    this.#name = name
    this.#empty = empty
    this.#readFields = readFields
  }

  /** What the occurrences of the field, merged, stand for; null where there are none and no schema URL either. */
  read(wire: WireReader, occurrences: readonly Range[], schemaUrl: string): T | null {
    if (occurrences.length === 0 && schemaUrl === '') return null
    let text = `${schemaUrl}\0`
    for (const range of occurrences) text += wire.view(range).toString('latin1')
    const shared = this.#known.get(text, () => {
      const made = this.#readOne(wire, occurrences)
      made.value.schemaUrl = schemaUrl
      return made
    })
    for (const field of shared.drops) wire.dropped(field)
    return shared.value
  }

  #readOne(wire: WireReader, occurrences: readonly Range[]): Shared<T> {
    const drops: string[] = []
    const value = this.#empty()
    const { dropped } = wire
    wire.dropped = field => drops.push(field)
    for (const range of occurrences) wire.within(range, this.#name, () => this.#readFields(wire, value))
    wire.dropped = dropped
    return { value, drops }
  }
}
