import { ByteReader } from '../bytes/reader.ts'
import { readResource, readScope } from '../cbor/table.ts'
import { CborReader } from '../codecs/cbor.ts'
import type { Resource, Scope } from '../model/trace.ts'
import type { Field, FieldOwner } from './columns.ts'
import { parseShape } from './fields.ts'

/** What the tables of a file hold, made of their entries once: objects are shared by all spans that have them. */
export class Tables {
  readonly resource: (text: string) => Resource | null = cached(text => readItem(text, 'resource', readResource))
  readonly scope: (text: string) => Scope | null = cached(text => readItem(text, 'scope', readScope))
  readonly shape: Record<FieldOwner, (text: string) => readonly number[]>

  constructor(fields: readonly Field[]) {
    const of = (owner: FieldOwner) => cached(text => parseShape(text, owner, fields, `blockpack shape of ${owner}s`))
    this.shape = { span: of('span'), event: of('event'), link: of('link') }
  }
}

/** So many parsed entries are kept. */
const maxKept = 1 << 16

function cached<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return text => {
    let value = known.get(text)
    if (value === undefined) {
      value = parse(text)
      if (known.size >= maxKept) known.clear()
      known.set(text, value)
    }
    return value
  }
}

function readItem<T>(text: string, name: string, read: (cbor: CborReader) => T): T | null {
  if (text === '') return null
  const reader = new ByteReader(Buffer.from(text, 'latin1'), `blockpack ${name}`)
  const item = read(new CborReader(reader))
  reader.end()
  return item
}
