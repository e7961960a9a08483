import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import type { Value } from '../../model/trace.ts'
import { CborReader } from '../../wire/cbor/heads.ts'
import { readAttributes, writeAttributes } from '../../wire/cbor/value.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'

const writer = new ByteWriter(4096)

/** The value as CBOR (lib/formats/cbor/FORMAT.md), as a string of its bytes: the same for equal values and for no others. */
export function encodeValue(value: Value): string {
  return encode([value]).toString('latin1')
}

/** Values of any type, as the attributes of one CBOR map with empty keys. The reader knows their number. */
export function writeValues(body: BodyWriter, part: string, values: readonly Value[]): void {
  if (values.length === 0) return
  const bytes = encode(values)
  writeNumbers(body, part, [bytes.length])
  body.bytes(part, bytes)
}

export function readValues(body: BodyReader, part: string, count: number): Value[] {
  if (count === 0) return []
  const [byteLength] = readNumbers(body, part, 1)
  if (!(byteLength! > 0)) body.fail(`values in ${byteLength} bytes`)
  const reader = new ByteReader(body.bytes(part, byteLength!), `${body.subject}, values`)
  const attributes = readAttributes(new CborReader(reader))
  reader.end()
  if (attributes.length !== count) body.fail(`${count} values expected, found ${attributes.length}`)
  return attributes.map(({ value }) => value)
}

function encode(values: readonly Value[]): Buffer {
  writer.clear()
  writeAttributes(
    writer,
    values.map(value => ({ key: '', value })),
  )
  return writer.take()
}
