import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import type { Resource, Scope } from '../../model/trace.ts'
import { CborReader } from '../../wire/cbor/heads.ts'
import { readResource, readScope, writeResource, writeScope } from '../../wire/cbor/resource.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { maxBlockSpans } from './limits.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

/** The distinct resources (or scopes) of a block, deduplicated by their CBOR; 0 means none. */
export class SharedTable<T extends object> {
  readonly items: T[] = []
  readonly #encode: (writer: ByteWriter, item: T) => void
  readonly #encoded: Buffer[] = []
  readonly #byObject = new Map<T, number>()
  readonly #byEncoding = new Map<string, number>()

  constructor(encode: (writer: ByteWriter, item: T) => void) {
    this.#encode = encode
  }

  /** The number of an item, counted from 1. */
  add(item: T | null): number {
    if (item === null) return 0
    const known = this.#byObject.get(item)
    if (known !== undefined) return known
    const writer = new ByteWriter(256)
    this.#encode(writer, item)
    const name = writer.view().toString('latin1')
    let id = this.#byEncoding.get(name)
    if (id === undefined) {
      this.items.push(item)
      this.#encoded.push(writer.take())
      id = this.items.length
      this.#byEncoding.set(name, id)
    }
    this.#byObject.set(item, id)
    return id
  }

  write(body: BodyWriter, part: string): void {
    body.number(this.#encoded.length)
    writeNumbers(
      body,
      part,
      this.#encoded.map(bytes => bytes.length),
    )
    body.bytes(part, Uint8Array.from(Buffer.concat(this.#encoded)))
  }
}

/** A table of resources. */
export function resourceTable(): SharedTable<Resource> {
  return new SharedTable(writeResource)
}

/** A table of scopes. */
export function scopeTable(): SharedTable<Scope> {
  return new SharedTable(writeScope)
}

export function readResources(body: BodyReader, part: string): (Resource | null)[] {
  return readShared(body, part, readResource)
}

export function readScopes(body: BodyReader, part: string): (Scope | null)[] {
  return readShared(body, part, readScope)
}

function readShared<T>(body: BodyReader, part: string, decode: (cbor: CborReader) => T): (T | null)[] {
  const count = body.number(maxBlockSpans)
  const lengths = readNumbers(body, part, count)
  const total = lengths.reduce(
    (sum, length) => (length > 0 ? sum + length : body.fail(`an item of ${length} bytes`)),
    0,
  )
  const reader = new ByteReader(body.bytes(part, total), `${body.subject}, ${part}`)
  const cbor = new CborReader(reader)
  const items = Array.from(lengths, length => {
    const end = reader.position + length
    const item = decode(cbor)
    return reader.position === end ? item : body.fail(`an item of ${length} bytes does not end there`)
  })
  return [null, ...items]
}

/** What texts are predicted by: the value of the first `service.name` of a resource, where it is a string. */
export function predictedService(resource: Resource | null): string | undefined {
  const value = resource?.attributes.find(({ key }) => key === 'service.name')?.value
  return typeof value === 'string' ? value : undefined
}
