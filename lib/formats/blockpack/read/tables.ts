import { ByteReader } from '../../../bytes/reader.ts'
import { StringCache } from '../../../bytes/string-cache.ts'
import { getOrInsert } from '../../../maps.ts'
import type { Attributes, Resource, Scope, Value } from '../../../model/trace.ts'
import { CborReader } from '../../../wire/cbor/heads.ts'
import { readResource, readScope } from '../../../wire/cbor/resource.ts'
import type { Field, FieldOwner } from '../layout/columns.ts'
import { parseShape } from '../layout/fields.ts'

/** What the tables of a file hold, made of their entries once: objects are shared by all spans that have them. */
export class Tables {
  readonly #strings = new StringCache(1024)
  readonly resource: ParsedColumn<Resource | null> = new ParsedColumn(text =>
    this.#read(text, 'resource', readResource),
  )
  readonly scope: ParsedColumn<Scope | null> = new ParsedColumn(text => this.#read(text, 'scope', readScope))
  readonly shape: Record<FieldOwner, ParsedColumn<readonly number[]>>

  constructor(fields: readonly Field[]) {
    const of = (owner: FieldOwner) =>
      new ParsedColumn<readonly number[]>(text => parseShape(text, owner, fields, `blockpack shape of ${owner}s`))
    this.shape = { span: of('span'), event: of('event'), link: of('link') }
  }

  #read<T>(text: string, name: string, read: (cbor: CborReader) => T): T | null {
    if (text === '') return null
    const reader = new ByteReader(Buffer.from(text, 'latin1'), `blockpack ${name}`, 0, this.#strings)
    const item = read(new CborReader(reader))
    reader.end()
    return item
  }
}

/** Parsed entries that are kept. */
const maxKept = 1 << 16

/** Strings of a column as the values they encode, each parsed once. */
export class ParsedColumn<T> {
  readonly #parse: (text: string) => T
  /** By key and item: the values of its attributes of that key. */
  readonly #values = new Map<string, Map<T, readonly Value[]>>()
  readonly #byText = new Map<string, T>()
  /** By code of the file's dictionary. */
  readonly #byCode: (T | undefined)[] = []

  constructor(parse: (text: string) => T) {
    this.#parse = parse
  }

  readonly of = (text: string): T => {
    let value = this.#byText.get(text)
    if (value === undefined) {
      value = this.#parse(text)
      if (this.#byText.size >= maxKept) this.#byText.clear()
      this.#byText.set(text, value)
    }
    return value
  }

  /** Of an entry of the file's dictionary. */
  ofCode(code: number, text: string): T {
    let value = this.#byCode[code]
    if (value === undefined) {
      value = this.#parse(text)
      this.#byCode[code] = value
    }
    return value
  }

  /** The values that an item with attributes has of a key; looked up once. */
  valuesOf(item: T, key: string, attributes: Attributes): readonly Value[] {
    const known = getOrInsert(this.#values, key, () => new Map<T, readonly Value[]>())
    if (known.size >= maxKept) known.clear()
    return getOrInsert(known, item, () => attributes.filter(one => one.key === key).map(({ value }) => value))
  }
}
