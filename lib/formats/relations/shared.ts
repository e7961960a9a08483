import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { Dictionary } from '../../encodings/dictionary.ts'
import { getOrInsert } from '../../maps.ts'
import type { Resource } from '../../model/trace.ts'
import { CborReader } from '../../wire/cbor/heads.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { maxBlockSpans } from './limits.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

/** The distinct resources (or scopes) of a block, deduplicated by their CBOR; 0 means none. */
export class SharedTable<T extends object> {
  readonly items: T[] = []
  readonly #encode: (writer: ByteWriter, item: T) => void
  readonly #encoded = new Dictionary<Buffer>(bytes => bytes.toString('latin1'))
  readonly #numbers = new Map<T, number>()

  constructor(encode: (writer: ByteWriter, item: T) => void) {
    this.#encode = encode
  }

  /** The number of an item, counted from 1. */
  add(item: T | null): number {
    if (item === null) return 0
    return getOrInsert(this.#numbers, item, () => {
      const writer = new ByteWriter(256)
      this.#encode(writer, item)
      const code = this.#encoded.code(writer.take())
      this.items[code] ??= item
      return code + 1
    })
  }

  write(body: BodyWriter, part: string): void {
    const encoded = this.#encoded.values
    const lengths = encoded.map(bytes => bytes.length)
    body.number(encoded.length)
    writeNumbers(body, part, lengths)
    body.bytes(part, Uint8Array.from(Buffer.concat(encoded)))
  }
}

/** Reads a table; entry 0 is none. */
export function readShared<T>(body: BodyReader, part: string, decode: (cbor: CborReader) => T): (T | null)[] {
  const count = body.number(maxBlockSpans)
  const lengths = readNumbers(body, part, count)
  const reader = new ByteReader(body.bytes(part, body.sum(lengths, 1)), `${body.subject}, ${part}`)
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
