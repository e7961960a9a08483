import { describe, expect, test, vi } from 'vitest'
import { checksum } from '../../../../lib/bytes/checksum.ts'
import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { zstdCompressor, zstdDecompressor } from '../../../../lib/codecs/compress.ts'
import { writeBlock } from '../../../../lib/formats/relations/block-write.ts'
import { decodeRelations } from '../../../../lib/formats/relations/file.ts'
import { type Item, packItems, unpackItems } from '../../../../lib/formats/relations/message.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { collect } from '../../../support/chunks.ts'
import { expectRefusal } from '../../../support/corruption.ts'
import { drawn } from '../../../support/effort.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes, span } from '../../../support/nasty.ts'

const seed = 20261124
const compress = zstdCompressor(1)

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}

const link = {
  traceId: hex(7, 32),
  spanId: '',
  traceState: '',
  flags: 0,
  attributes: [],
  droppedAttributesCount: 0,
}

/** Traces whose block has every kind of table, and streams. */
const traces: Trace[] = Array.from({ length: 60 }, (_, i) => ({
  traceId: hex(i + 1, 32),
  spans: [0, 1, 2].map(row =>
    span({
      spanId: hex((i * 3 + row) * 2654435761, 16),
      parentSpanId: ['', hex(i * 3 * 2654435761, 16), 'ff'][row]!,
      name: `operation ${row}`,
      startNanos: row === 1 ? 5n : 1_700_000_000_000_000_000n + BigInt(i * 1_000_003),
      endNanos: 1_700_000_000_000_000_000n + BigInt(i * 1_000_003 + i * i * 77),
      attributes: attributes(
        [i % 2 === 0 ? 'user' : 'size', i % 2 === 0 ? `user-${(i * 7919) % 1000}` : BigInt(i * i)],
        ['same', 'same'],
        ['text', `${i % 3} of three`],
        ['double', i / 7],
        ['list', [BigInt(i % 4)]],
      ),
      events: row === 2 ? [{ timeNanos: BigInt(i), name: 'e', attributes: [], droppedAttributesCount: 0 }] : [],
      links: row === 1 ? [{ ...link, spanId: hex(i, 16) }] : [],
      status: { code: 2, message: `failed ${i % 5}` },
      resource: { attributes: attributes(['service.name', 'cart']), droppedAttributesCount: 0, schemaUrl: '' },
    }),
  ),
}))
interface Forged {
  traceCount?: number
  spanCount?: number
  byteLength?: number
  messageLength?: number
  streamsLength?: number
  message?: Uint8Array
  content?: Uint8Array
  end?: number[]
}

const honest = writeBlock(traces).finish(1)
const items = unpackItems(zstdDecompressor()(honest.message, honest.byteLength), 'honest')
const streams = Buffer.concat(honest.streams)

/** A file of one block with checksums that are right; what is not given is honest. */
function forge(forged: Forged): Buffer {
  const message = forged.message ?? packItems(items)
  const stored = forged.content ?? compress(message)
  const head = [
    forged.traceCount ?? 60,
    forged.spanCount ?? 180,
    forged.byteLength ?? message.length,
    forged.messageLength ?? stored.length,
    forged.streamsLength ?? streams.length,
  ]
  return Buffer.concat([
    Buffer.from('TSL/relations\u0001'),
    seal(1, head, stored, streams),
    seal(0, forged.end ?? [60, 180, 1]),
  ])
}

function seal(mark: number, numbers: readonly number[], ...content: Uint8Array[]): Buffer {
  const writer = new ByteWriter()
  writer.u8(mark)
  for (const number of numbers) writer.varint(number)
  for (const bytes of content) writer.raw(bytes)
  writer.u32(checksum(writer.view()))
  return writer.take()
}

function replaced(at: number, item: Item): Item[] {
  return items.map((old, i) => (i === at ? item : old))
}

test('the honest file is read', async () => {
  expect((await collect(decodeRelations(openMemory(forge({}))))).flat()).toHaveLength(60)
  expect(streams.length).toBeGreaterThan(500)
})

describe('forged heads', () => {
  test.each<[string, Forged]>([
    ['no traces', { traceCount: 0 }],
    ['a trace less', { traceCount: 59, end: [59, 180, 1] }],
    ['2^40 traces', { traceCount: 2 ** 40 }],
    ['a span less', { spanCount: 179, end: [60, 179, 1] }],
    ['2^50 spans', { spanCount: 2 ** 50 }],
    ['65,536 spans', { spanCount: 65_536, end: [60, 65_536, 1] }],
    ['65,537 spans', { spanCount: 65_537, end: [60, 65_537, 1] }],
    ['a message of one byte less', { byteLength: honest.byteLength - 1 }],
    ['a message of 2^31 bytes', { byteLength: 2 ** 31 }],
    ['a message of 2^50 stored bytes', { messageLength: 2 ** 50 }],
    ['streams of 2^53 - 1 bytes', { streamsLength: 2 ** 53 - 1 }],
    ['streams of a byte less', { streamsLength: streams.length - 1 }],
    ['2^40 traces at the end', { end: [2 ** 40, 180, 1] }],
    ['no blocks at the end', { end: [60, 180, 0] }],
  ])('%s', async (what, forged) => {
    const allocations = spyOnAllocations()
    await expectRefusal(forge(forged), decodeRelations, what)
    expect(Math.max(0, ...allocations())).toBeLessThan(1 << 20)
    vi.restoreAllMocks()
  })
})

describe('forged messages', () => {
  const array = (count: number, ...bytes: number[]) => {
    const head = Buffer.from([0xdd, 0, 0, 0, 0, ...bytes])
    head.writeUInt32BE(count, 1)
    return head
  }

  test.each<[string, Uint8Array]>([
    ['no array', Buffer.from([0x01])],
    ['nothing', Buffer.alloc(0)],
    ['2^32 - 1 items', array(2 ** 32 - 1, 1, 2, 3)],
    ['an array within', array(2, 1, 0x90)],
    ['a map', array(1, 0x81, 0xa1, 0x61, 1)],
    ['an extension', array(1, 0xd4, 0x72, 0x40)],
    ['a 64-bit integer', array(1, 0xcf, 0, 0, 0, 0, 0, 0, 0, 1)],
    ['nil', array(1, 0xc0)],
    ['a string of 2^32 - 1 bytes', array(1, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x61)],
    ['bytes of 2^32 - 1 bytes', array(1, 0xc6, 0xff, 0xff, 0xff, 0xff, 0x61)],
    ['a length cut short', array(1, 0xc6, 0xff)],
    ['a byte left over', array(1, 1, 1)],
    ['no items', array(0)],
    ['an item left over', packItems([...items, 0])],
    ['an item less', packItems(items.slice(0, -1))],
  ])('%s', async (what, message) => {
    await expectRefusal(forge({ message }), decodeRelations, what)
  })

  test('a message that is no zstd frame', async () =>
    expectRefusal(forge({ content: Buffer.alloc(50) }), decodeRelations, 'zeros'))
})

describe('forged items', () => {
  const values: Item[] = [-1, 0, 1, 2, 3, 5, 7, 31, 255, 65_535, 2 ** 21, 2 ** 27, 2 ** 32, 2 ** 50, 2 ** 53 - 1, 0.5]
  const others: Item[] = [Number.NaN, Number.POSITIVE_INFINITY, 'text', new Uint8Array(0), new Uint8Array(8).fill(0xff)]

  /** What decoding ends in; anything but traces or an error of the lab fails. */
  async function outcome(bytes: Uint8Array): Promise<string> {
    const found = await collect(decodeRelations(openMemory(bytes))).catch(error => error)
    if (Array.isArray(found)) return 'traces'
    if (found?.name !== 'LabError') throw found
    expect(['truncated', 'corrupt', 'unsupported']).toContain(found.kind)
    return found.message
  }

  test('each item replaced by others: read as other data or refused, in bounded memory', async () => {
    const allocations = spyOnAllocations()
    let refused = 0
    for (let at = 0; at < items.length; at++)
      for (const value of [...values, ...others].filter((_, i) => i % 3 === at % 3)) {
        if (value === items[at]) continue
        const found = await outcome(forge({ message: packItems(replaced(at, value)) }))
        if (found !== 'traces') refused++
      }
    expect(refused).toBeGreaterThan(items.length * 3)
    expect(allocations().reduce((most, byteLength) => Math.max(most, byteLength), 0)).toBeLessThan(1 << 28)
    vi.restoreAllMocks()
  }, 120_000)

  test(`1,000 bits of the streams changed (seed ${seed})`, async () => {
    const content = compress(packItems(items))
    let state = seed
    for (let i = 0; i < drawn(1000); i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      const broken = Buffer.from(streams)
      broken[state % broken.length]! ^= 1 << ((state >>> 16) & 7)
      const head = [60, 180, honest.byteLength, content.length, broken.length]
      const file = [Buffer.from('TSL/relations\u0001'), seal(1, head, content, broken), seal(0, [60, 180, 1])]
      await outcome(Buffer.concat(file))
    }
  }, 60_000)

  test('an error names the block, its place and the item', async () => {
    const error = await labRejection(
      collect(decodeRelations(openMemory(forge({ message: packItems(replaced(0, 2 ** 40)) })))),
    )
    expect(error.message).toMatch(/^relations block 0 at byte 14, item 1: expected a whole number/)
  })
})

/** The sizes of the buffers that were asked for since. */
function spyOnAllocations(): () => number[] {
  const spies = [vi.spyOn(Buffer, 'allocUnsafe'), vi.spyOn(Buffer, 'alloc')]
  return () => spies.flatMap(spy => spy.mock.calls.map(([byteLength]) => byteLength))
}
