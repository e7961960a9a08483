import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { readOtlpProto } from '../../../../lib/formats/otlp/proto.ts'
import { maxValueDepth } from '../../../../lib/model/trace.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { chunked, collect, streamOf } from '../../../support/chunks.ts'
import { full, spanMessage, valueMessage } from '../../../support/otlp-message.ts'
import { delimited, group, number, prefixed, tag, varint } from '../../../support/protobuf.ts'

function read(bytes: Uint8Array): Promise<unknown> {
  return collect(readOtlpProto(streamOf([bytes])))
}

function nestedArrays(depth: number): Buffer {
  let value = number(3, 1)
  for (let i = 1; i < depth; i++) value = delimited(5, delimited(1, value))
  return value
}

function nestedLists(depth: number): Buffer {
  let value = number(3, 1)
  for (let i = 1; i < depth; i++) value = delimited(6, delimited(1, delimited(2, value)))
  return value
}

function nestedGroups(depth: number): Buffer {
  return depth === 0 ? Buffer.alloc(0) : group(99, nestedGroups(depth - 1))
}

test('the deepest that are read', async () => {
  await read(valueMessage(nestedArrays(maxValueDepth)))
  await read(valueMessage(nestedLists(maxValueDepth)))
  await read(spanMessage(nestedGroups(100)))
})

const spans = 'resourceSpans.scopeSpans.spans'
const longVarint = Buffer.alloc(10, 0xff)

describe('what is refused', () => {
  test.each<[string, Uint8Array, string, string]>([
    [
      'an id of 17 bytes',
      spanMessage(delimited(1, Buffer.alloc(17))),
      'corrupt',
      `byte 7: ${spans}.traceId: an id of 17 bytes, at most 16 are known`,
    ],
    [
      'an id of 9 bytes',
      spanMessage(delimited(4, Buffer.alloc(9))),
      'corrupt',
      `byte 7: ${spans}.parentSpanId: an id of 9 bytes, at most 8 are known`,
    ],
    [
      "a link's id",
      spanMessage(delimited(13, delimited(2, Buffer.alloc(9)))),
      'corrupt',
      `${spans}.links.spanId: an id of 9 bytes`,
    ],
    [
      'a name in Latin-1',
      spanMessage(delimited(5, Buffer.from([0x61, 0xe9]))),
      'corrupt',
      `byte 8: ${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'one byte that is no UTF-8',
      spanMessage(delimited(5, Buffer.from([0xff]))),
      'corrupt',
      `${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'a surrogate in UTF-8',
      spanMessage(delimited(5, Buffer.from([0xed, 0xa0, 0x80]))),
      'corrupt',
      `${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'a long string that is no UTF-8',
      spanMessage(delimited(5, 'x'.repeat(200), Buffer.from([0x80]))),
      'corrupt',
      `${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'a key',
      spanMessage(delimited(9, delimited(1, Buffer.from([0xc0])))),
      'corrupt',
      `${spans}.attributes.key: the string is not valid UTF-8`,
    ],
    [
      'a value',
      valueMessage(delimited(1, Buffer.from([0xc0]))),
      'corrupt',
      `${spans}.attributes.value.stringValue: the string is not valid UTF-8`,
    ],
    [
      'a value in an array',
      valueMessage(delimited(5, delimited(1, delimited(1, Buffer.from([0xc0]))))),
      'corrupt',
      'attributes.value.arrayValue.values.stringValue: the string',
    ],
    [
      'a resource',
      delimited(1, delimited(1, delimited(1, delimited(1, Buffer.from([0xc0]))))),
      'corrupt',
      'byte 8: resourceSpans.resource.attributes.key: the string',
    ],
    [
      'a schema URL',
      delimited(1, delimited(3, Buffer.from([0xc0]))),
      'corrupt',
      'byte 4: resourceSpans.schemaUrl: the string',
    ],
    [
      'a varint of 11 bytes',
      spanMessage(tag(6, 0), longVarint, Buffer.from([0])),
      'corrupt',
      `byte 7: ${spans}: a varint is longer than 10 bytes`,
    ],
    [
      'a varint of 65 bits',
      spanMessage(tag(6, 0), longVarint.subarray(1), Buffer.from([2])),
      'corrupt',
      `byte 7: ${spans}: a varint exceeds 64 bits`,
    ],
    [
      'a varint that is cut off',
      spanMessage(tag(6, 0), Buffer.from([0x80])),
      'corrupt',
      `byte 7: ${spans}: the message ends inside a varint`,
    ],
    [
      'a length past the end',
      spanMessage(tag(5, 2), Buffer.from([5, 65])),
      'corrupt',
      `byte 7: ${spans}.name: 5 bytes should follow, 1 are left`,
    ],
    [
      'a length of 64 bits',
      spanMessage(tag(5, 2), varint(2n ** 63n)),
      'corrupt',
      `byte 7: ${spans}.name: 9223372036854775808 bytes should follow, 0 are left`,
    ],
    [
      'a message past the end',
      spanMessage(tag(9, 2), Buffer.from([2, 10])),
      'corrupt',
      `byte 7: ${spans}.attributes: 2 bytes should follow, 1 are left`,
    ],
    [
      'a time that is cut off',
      spanMessage(tag(7, 1), Buffer.alloc(7)),
      'corrupt',
      `byte 7: ${spans}.startTimeUnixNano: needs 8 bytes, 7 are left`,
    ],
    ['field number 0', spanMessage(Buffer.from([0x02, 0])), 'corrupt', `byte 6: ${spans}: a tag of field number 0`],
    [
      'a tag of 33 bits',
      spanMessage(varint(2n ** 32n + 0x2an)),
      'corrupt',
      `byte 6: ${spans}: a tag of field number beyond 32 bits`,
    ],
    ['wire type 6', spanMessage(Buffer.from([0x2e])), 'corrupt', `${spans}: field 5 has the wire type 6`],
    [
      'the end of a group that never began',
      spanMessage(tag(99, 4)),
      'corrupt',
      `${spans}: group 99 ends and never began`,
    ],
    ['a group that never ends', spanMessage(tag(99, 3)), 'corrupt', `${spans}: the message ends inside group 99`],
    [
      'a group that another ends',
      spanMessage(tag(99, 3), tag(98, 4)),
      'corrupt',
      `${spans}: group 98 ends and never began`,
    ],
    [
      '101 groups within one another',
      spanMessage(nestedGroups(101)),
      'corrupt',
      `${spans}: groups lie within one another more than 100 deep`,
    ],
    [
      'values 65 deep',
      valueMessage(nestedArrays(maxValueDepth + 1)),
      'corrupt',
      'values lie within one another more than 64 deep',
    ],
    [
      'lists 65 deep',
      valueMessage(nestedLists(maxValueDepth + 1)),
      'corrupt',
      'values lie within one another more than 64 deep',
    ],
    [
      'values 1,000 deep',
      valueMessage(nestedArrays(1000)),
      'corrupt',
      'values lie within one another more than 64 deep',
    ],
    ['a group around that never ends', Buffer.concat([tag(3, 3), full]), 'corrupt', 'the message ends inside group 3'],
    ['the end of a group around that never began', tag(3, 4), 'corrupt', 'byte 1: group 3 ends and never began'],
    ['a group around that another ends', Buffer.concat([tag(3, 3), tag(2, 4)]), 'corrupt', 'byte 2: group 2 ends and'],
    ['102 groups around', nestedGroups(102), 'corrupt', 'groups lie within one another more than 100 deep'],
    ['wire type 6 around', tag(3, 6), 'unsupported', 'byte 1: field 3 has the wire type 6'],
    ['field number 0 around', Buffer.from([0x01]), 'corrupt', 'byte 1: a tag of field number 0'],
    [
      'a varint of 11 bytes around',
      Buffer.concat([tag(2, 0), longVarint, Buffer.from([0])]),
      'corrupt',
      'byte 1: a varint is longer than 10 bytes',
    ],
    ['more than the message holds', prefixed(delimited(1, full)).fill(3, 3, 4), 'corrupt', 'byte 4: a field of'],
    [
      'a ResourceSpans of 2 GiB',
      Buffer.concat([tag(1, 2), varint(2 ** 31), tag(1, 2), Buffer.from([0])]),
      'unsupported',
      'byte 6: resourceSpans: 2147483648 bytes, at most 1073741824',
    ],
  ])('%s', async (_, bytes, kind, message) => {
    for (const length of [1, 7, 1000])
      await expect(collect(readOtlpProto(chunked(bytes, length)))).rejects.toMatchObject({
        kind,
        message: expect.stringContaining(message),
      })
  })

  test('every prefix of a message, plain and with its length in front, as truncated', async () => {
    for (const bytes of [Buffer.concat([full]), prefixed(full)])
      for (let end = 1; end < bytes.length; end++)
        await expect(read(bytes.subarray(0, end)), `the first ${end} bytes`).rejects.toMatchObject({
          kind: 'truncated',
          message: expect.stringMatching(/^byte \d+: /),
        })
  })

  test('a declared length allocates nothing', async () => {
    const bytes = Buffer.concat([tag(1, 2), varint(2 ** 29), full.subarray(3)])
    const before = process.memoryUsage().arrayBuffers
    await expect(read(bytes)).rejects.toMatchObject({ kind: 'truncated' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27)
  })

  test('any change of a byte gives traces or an error with its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(full.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(full)
        bytes[at] = byte
        try {
          await read(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(LabError)
          expect((error as LabError).message).toMatch(/^byte \d+: /)
        }
      }),
      seeded(1_000),
    )
  })
})
