import type { Status } from '../../model/trace.ts'
import type { WireWriter } from '../../wire/protobuf/writer.ts'

/** Fields of which protobuf's default is left out; a tag is a field's number times 8 plus its wire type. */

export function writeText(wire: WireWriter, tag: number, text: string): void {
  if (text !== '') wire.text(tag, text)
}

export function writeId(wire: WireWriter, tag: number, digits: string): void {
  if (digits !== '') wire.id(tag, digits)
}

export function writeCount(wire: WireWriter, tag: number, count: number): void {
  if (count !== 0) wire.uint32(tag, count)
}

/** The fields of a status. */
export function writeStatus(wire: WireWriter, { message, code }: Status): void {
  writeText(wire, 0x12, message)
  if (code !== 0) wire.int32(0x18, code)
}
