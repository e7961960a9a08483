import { recode } from '../../../encodings/dictionary.ts'
import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'
import { getOrInsert } from '../../../maps.ts'
import type { Attribute, Value } from '../../../model/trace.ts'
import { RowTables } from '../../../shred/rows.ts'
import type { Field } from '../layout/columns.ts'
import type { FieldColumns } from './field-columns.ts'

/** What tables take before others are begun: who writes rows encodes what is in them once. */
const maxTableBytes = 1 << 23

/** Codes of the values that a file's page groups have in common, for their rows. */
export class RowCodes {
  tables = new RowTables()
  #texts = new Map<string, number>([['', 0]])
  /** By field: codes of attributes by value. */
  #attributes = new Map<number, Map<Value, number>>()

  /** Forgets all where it is too much; rows that were made before keep their tables. */
  begin(): void {
    if (this.tables.byteLength <= maxTableBytes) return
    this.tables = new RowTables()
    this.#texts = new Map([['', 0]])
    this.#attributes = new Map()
  }

  text(text: string): number {
    return getOrInsert(this.#texts, text, () => this.tables.texts.addAlone(text, text.length))
  }

  /** The codes of the values of a field, in the order of their owners. */
  attributes(number: number, field: Field, columns: FieldColumns): Uint32Array {
    const { key, type } = field
    const known = getOrInsert(this.#attributes, number, () => new Map<Value, number>())
    const codeOf = (value: Value) => getOrInsert(known, value, () => this.#add({ key, value }))
    switch (type) {
      case 'string': {
        const { values, codes } = columns.texts(number)
        return recode(
          codes,
          values.map(value => codeOf(value)),
        )
      }
      case 'bool':
        return Uint32Array.from(columns.numbers(number).values, value => codeOf(value === 1))
      case 'int':
        return this.#ints(key, known, columns.ints(number))
      case 'double':
        return Uint32Array.from(columns.doubles(number), value => this.#add({ key, value }))
      default:
        return Uint32Array.from(columns.values(number), value => codeOf(value))
    }
  }

  /** Those that are exact as numbers are known by these. */
  #ints(key: string, known: Map<Value, number>, { values, exceptions }: ReadNumbers): Uint32Array {
    const codes = new Uint32Array(values.length)
    for (let i = 0; i < codes.length; i++) {
      const value = values[i]!
      codes[i] = known.get(value) ?? getOrInsert(known, value, () => this.#add({ key, value: BigInt(value) }))
    }
    for (const { row, value } of exceptions) codes[row] = this.#add({ key, value })
    return codes
  }

  #add(attribute: Attribute): number {
    const { value } = attribute
    const length = typeof value === 'string' || value instanceof Uint8Array ? value.length : 0
    return this.tables.attributes.addAlone(attribute, length)
  }
}
