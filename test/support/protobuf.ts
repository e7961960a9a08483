/** Bytes of protobuf put together by hand, for tests: nothing of the library is used. */
export function varint(value: bigint | number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

export function tag(fieldNumber: number, wireType: number): Buffer {
  return varint(fieldNumber * 8 + wireType)
}

/** A field of wire type 0. */
export function number(fieldNumber: number, value: bigint | number): Buffer {
  return Buffer.concat([tag(fieldNumber, 0), varint(value)])
}

/** A field of wire type 2: a string, bytes, or the fields of a message. */
export function delimited(fieldNumber: number, ...content: (string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(content.map(part => Buffer.from(part as string)))
  return Buffer.concat([tag(fieldNumber, 2), varint(bytes.length), bytes])
}

/** A field of wire type 1. */
export function fixed64(fieldNumber: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return Buffer.concat([tag(fieldNumber, 1), bytes])
}

/** A field of wire type 5. */
export function fixed32(fieldNumber: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return Buffer.concat([tag(fieldNumber, 5), bytes])
}

/** A field of wire types 3 and 4. */
export function group(fieldNumber: number, ...content: Uint8Array[]): Buffer {
  return Buffer.concat([tag(fieldNumber, 3), ...content, tag(fieldNumber, 4)])
}

/** A message with its length in front, as in streams. */
export function prefixed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}
