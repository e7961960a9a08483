import { delimited, fixed32, fixed64, group, number } from './protobuf.ts'

/** By number, the fields of a message that are messages. */
interface Shape {
  readonly [fieldNumber: number]: Shape
}

const keyValue: Shape = {}
const resource: Shape = { 1: keyValue }
const scope: Shape = { 3: keyValue }
const event: Shape = { 3: keyValue }
const link: Shape = { 4: keyValue }
const span: Shape = { 9: keyValue, 11: event, 13: link, 15: {} }
const resourceSpans: Shape = { 1: resource, 2: { 1: scope, 2: span } }

/** A TracesData that means the same: fields in another order, unknown ones among them, the older name of scopes. */
export function disturb(message: Buffer, draw: () => number): Buffer {
  return disturbFields(message, { 1: resourceSpans }, draw)
}

function disturbFields(message: Buffer, shape: Shape, draw: () => number): Buffer {
  const fields = fieldsOf(message).map(field => {
    const inner = shape[field.fieldNumber]
    if (inner === undefined) return field
    const bytes = delimited(field.fieldNumber, disturbFields(field.content, inner, draw))
    return { ...field, bytes }
  })
  const isOlder = shape === resourceSpans && draw() < 0.2
  const renamed = isOlder ? fields.map(field => (field.fieldNumber === 2 ? older(field.bytes) : field)) : fields
  // The order of fields of one number is data.
  for (let i = 1; i < renamed.length; i++)
    if (renamed[i]!.fieldNumber !== renamed[i - 1]!.fieldNumber && draw() < 0.3)
      [renamed[i], renamed[i - 1]] = [renamed[i - 1]!, renamed[i]!]
  const parts: Uint8Array[] = []
  for (const { bytes } of renamed) {
    if (draw() < 0.05) parts.push(unknown(draw))
    parts.push(bytes)
  }
  if (draw() < 0.05) parts.push(unknown(draw))
  return Buffer.concat(parts)
}

interface Field {
  readonly fieldNumber: number
  readonly bytes: Buffer
  /** Of a field with a length. */
  readonly content: Buffer
}

function older(bytes: Buffer): Field {
  const [{ content }] = fieldsOf(bytes) as [Field]
  return { fieldNumber: 1000, bytes: delimited(1000, content), content }
}

function unknown(draw: () => number): Buffer {
  const kinds = [
    number(97, 2n ** 63n),
    delimited(98, 'unknown'),
    fixed32(99, 5),
    fixed64(100, 7n),
    group(101, number(1, 1)),
  ]
  return kinds[Math.floor(draw() * kinds.length)]!
}

/** The fields of a message, which has neither groups nor lengths of more than 4 bytes. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = []
  for (let at = 0; at < message.length; ) {
    const start = at
    const varint = () => {
      let [value, shift, byte] = [0, 0, 0x80]
      for (; byte >= 0x80; shift += 7) {
        byte = message[at++]!
        value += (byte & 0x7f) * 2 ** shift
      }
      return value
    }
    const tag = varint()
    let contentStart = at
    if (tag % 8 === 0) varint()
    else if (tag % 8 === 1) at += 8
    else if (tag % 8 === 5) at += 4
    else {
      const length = varint()
      contentStart = at
      at += length
    }
    fields.push({
      fieldNumber: Math.floor(tag / 8),
      bytes: message.subarray(start, at),
      content: message.subarray(contentStart, at),
    })
  }
  return fields
}
