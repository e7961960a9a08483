import type { ByteWriter } from '../../bytes/writer.ts'
import { zigzag } from '../../encodings/zigzag.ts'

/** Types of fields and of elements of lists in Thrift's compact protocol. */
const types = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

/** Writes structs in Thrift's compact protocol: their fields in ascending order. */
export class ThriftWriter {
  readonly #out: ByteWriter
  #lastField = 0

  constructor(out: ByteWriter) {
    this.#out = out
  }

  bool(field: number, value: boolean): void {
    this.#head(field, value ? types.true : types.false)
  }

  i8(field: number, value: number): void {
    this.#head(field, 3)
    this.#out.u8(value)
  }

  /** Also for enums. */
  i32(field: number, value: number): void {
    this.#head(field, types.i32)
    this.#out.varint(zigzag(value))
  }

  i64(field: number, value: number): void {
    this.#head(field, types.i64)
    this.#out.varint(zigzag(value))
  }

  binary(field: number, bytes: Uint8Array): void {
    this.#head(field, types.binary)
    this.#bytes(bytes)
  }

  text(field: number, text: string): void {
    this.binary(field, Buffer.from(text))
  }

  struct(field: number, write: () => void): void {
    this.#head(field, types.struct)
    this.#body(write)
  }

  /** A struct by itself, as those that stand in a file are. */
  root(write: () => void): void {
    this.#body(write)
  }

  structs<T>(field: number, items: readonly T[], write: (item: T) => void): void {
    this.#list(field, types.struct, items, item => this.#body(() => write(item)))
  }

  i32s(field: number, values: readonly number[]): void {
    this.#list(field, types.i32, values, value => this.#out.varint(zigzag(value)))
  }

  i64s(field: number, values: readonly number[]): void {
    this.#list(field, types.i64, values, value => this.#out.varint(zigzag(value)))
  }

  bools(field: number, values: readonly boolean[]): void {
    this.#list(field, types.true, values, value => this.#out.u8(value ? types.true : types.false))
  }

  binaries(field: number, values: readonly Uint8Array[]): void {
    this.#list(field, types.binary, values, value => this.#bytes(value))
  }

  #list<T>(field: number, type: number, items: readonly T[], write: (item: T) => void): void {
    this.#head(field, types.list)
    this.#out.u8((Math.min(15, items.length) << 4) | type)
    if (items.length >= 15) this.#out.varint(items.length)
    for (const item of items) write(item)
  }

  #body(write: () => void): void {
    const outer = this.#lastField
    this.#lastField = 0
    write()
    this.#out.u8(0)
    this.#lastField = outer
  }

  #head(field: number, type: number): void {
    this.#out.u8(((field - this.#lastField) << 4) | type)
    this.#lastField = field
  }

  #bytes(bytes: Uint8Array): void {
    this.#out.varint(bytes.length)
    this.#out.raw(bytes)
  }
}
