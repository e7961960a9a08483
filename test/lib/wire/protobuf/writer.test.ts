import { expect, test } from 'vitest'
import { WireWriter } from '../../../../lib/wire/protobuf/writer.ts'

test('a fixed field survives the growth of the buffer under it, wherever that falls (it wrote past the old buffer)', () => {
  for (let padding = 0; padding < 200; padding++) {
    const writer = new WireWriter(16)
    writer.raw(new Uint8Array(padding))
    for (let i = 0; i < 3; i++) {
      writer.fixed64(0x39, 0x0102030405060708n)
      writer.fixed32(0x3d, 0x01020304)
      writer.double(0x21, 1)
    }
    const bytes = writer.take().subarray(padding)
    expect(bytes.readBigUInt64LE(1)).toBe(0x0102030405060708n)
    expect(bytes.length).toBe(3 * (9 + 5 + 9))
  }
})
