import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { BoundedCache, getOrInsert } from '../../maps.ts'
import type { Resource, Scope } from '../../model/trace.ts'
import { CborReader, cborMajor, writeBytes, writeHead } from './heads.ts'
import {
  expectArray,
  readAttributes,
  readString,
  readUint32,
  writeAttributes,
  writeNumber,
  writeString,
} from './value.ts'

const encodedItemTag = 24
const maxCachedBytes = 8 << 20

/** The distinct resources (or scopes) of the trace at hand. Equal objects are told by their encoding, found once. */
export class Table<T extends object> {
  /** By span: the position in the table, from 1; 0 where absent. */
  positions: number[] = []
  readonly #encode: (writer: ByteWriter, item: T) => void
  readonly #encoded = new WeakMap<T, Buffer>()
  /** To forget all costs at most a repeated item in the trace at hand: positions stay right. */
  readonly #distinct = new BoundedCache<Buffer>(maxCachedBytes, name => name.length)

  constructor(encode: (writer: ByteWriter, item: T) => void) {
    this.#encode = encode
  }

  write(writer: ByteWriter, items: readonly (T | null)[]): void {
    const places = new Map<Buffer, number>()
    this.positions = items.map(item => (item === null ? 0 : this.#place(places, item)))
    writeHead(writer, cborMajor.array, places.size)
    for (const encoded of places.keys()) {
      writeHead(writer, cborMajor.tag, encodedItemTag)
      writeBytes(writer, encoded)
    }
  }

  #place(places: Map<Buffer, number>, item: T): number {
    const encoded = getOrInsert(this.#encoded, item, () => this.#encodeOne(item))
    return getOrInsert(places, encoded, () => places.size + 1)
  }

  #encodeOne(item: T): Buffer {
    const writer = new ByteWriter(256)
    this.#encode(writer, item)
    return this.#distinct.get(writer.view().toString('latin1'), () => writer.take())
  }
}

/** Decoded items by their encoding. */
export class Cache<T> {
  readonly #decode: (cbor: CborReader) => T
  readonly #decoded = new BoundedCache<T>(maxCachedBytes, name => name.length)

  constructor(decode: (cbor: CborReader) => T) {
    this.#decode = decode
  }

  read(cbor: CborReader): T[] {
    const count = cbor.array()
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(this.#readItem(cbor))
    return items
  }

  #readItem(cbor: CborReader): T {
    if (cbor.expect(cborMajor.tag) !== encodedItemTag) cbor.reader.fail('corrupt', 'expected an encoded item (tag 24)')
    const encoded = cbor.reader.raw(cbor.expect(cborMajor.bytes))
    return this.#decoded.get(encoded.toString('latin1'), () => {
      const reader = new ByteReader(encoded, `${cbor.reader.subject}, encoded item`)
      const item = this.#decode(new CborReader(reader))
      reader.end()
      return item
    })
  }
}

export function writeResource(writer: ByteWriter, resource: Resource): void {
  writeHead(writer, cborMajor.array, 3)
  writeAttributes(writer, resource.attributes)
  writeNumber(writer, resource.droppedAttributesCount)
  writeString(writer, resource.schemaUrl)
}

export function writeScope(writer: ByteWriter, scope: Scope): void {
  writeHead(writer, cborMajor.array, 5)
  writeString(writer, scope.name)
  writeString(writer, scope.version)
  writeAttributes(writer, scope.attributes)
  writeNumber(writer, scope.droppedAttributesCount)
  writeString(writer, scope.schemaUrl)
}

export function readResource(cbor: CborReader): Resource {
  expectArray(cbor, 3)
  return {
    attributes: readAttributes(cbor),
    droppedAttributesCount: readUint32(cbor),
    schemaUrl: readString(cbor),
  }
}

export function readScope(cbor: CborReader): Scope {
  expectArray(cbor, 5)
  return {
    name: readString(cbor),
    version: readString(cbor),
    attributes: readAttributes(cbor),
    droppedAttributesCount: readUint32(cbor),
    schemaUrl: readString(cbor),
  }
}
