import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../lib/bytes/reader.ts'
import { ByteWriter } from '../../../lib/bytes/writer.ts'
import { int64Max, int64Min, uint64Max } from '../../../lib/model/trace.ts'
import { anyCharacter, seeded } from '../../support/arbitrary.ts'
import { labError } from '../../support/errors.ts'

/** One kind of item: how it is drawn, written and read. */
interface Kind {
  values: fc.Arbitrary<unknown>
  write(writer: ByteWriter, value: unknown): void
  read(reader: ByteReader): unknown
}

function kind<T>(values: fc.Arbitrary<T>, write: (writer: ByteWriter, value: T) => void, read: Kind['read']): Kind {
  return { values, write: (writer, value) => write(writer, value as T), read }
}

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const uint64 = fc.bigInt({ min: 0n, max: uint64Max })
const hexDigits = fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes).toString('hex'))
const text = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc.integer({ min: 40, max: 120 }).map(length => 'a'.repeat(length)),
  fc.constantFrom('', 'é', 'a'.repeat(48), 'a'.repeat(49), `${'a'.repeat(47)}é`),
)

const kinds: Record<string, Kind> = {
  u8: kind(
    fc.integer({ min: 0, max: 255 }),
    (w, v) => w.u8(v),
    r => r.u8(),
  ),
  u32: kind(
    uint32,
    (w, v) => w.u32(v),
    r => r.u32(),
  ),
  u64: kind(
    uint64,
    (w, v) => w.u64(v),
    r => r.u64(),
  ),
  i64: kind(
    fc.bigInt({ min: int64Min, max: int64Max }),
    (w, v) => w.i64(v),
    r => r.i64(),
  ),
  f64: kind(
    fc.double(),
    (w, v) => w.f64(v),
    r => r.f64(),
  ),
  u16BigEndian: kind(
    fc.integer({ min: 0, max: 65535 }),
    (w, v) => w.u16BigEndian(v),
    r => r.u16BigEndian(),
  ),
  u32BigEndian: kind(
    uint32,
    (w, v) => w.u32BigEndian(v),
    r => r.u32BigEndian(),
  ),
  u64BigEndian: kind(
    uint64,
    (w, v) => w.u64BigEndian(v),
    r => r.u64BigEndian(),
  ),
  f64BigEndian: kind(
    fc.double(),
    (w, v) => w.f64BigEndian(v),
    r => r.f64BigEndian(),
  ),
  varint: kind(
    fc.oneof(
      fc.maxSafeNat(),
      fc.integer({ min: 0, max: 53 }).map(bits => 2 ** bits - 1),
      fc.nat(),
    ),
    (w, v) => w.varint(v),
    r => r.varint(),
  ),
  hex: kind(
    hexDigits,
    (w, v) => {
      w.varint(v.length >> 1)
      w.hex(v)
    },
    r => r.hex(r.count()),
  ),
  utf8: kind(
    text,
    (w, v) => {
      w.varint(Buffer.byteLength(v))
      expect(w.utf8(v)).toBe(Buffer.byteLength(v))
    },
    r => r.utf8(r.count()),
  ),
}

const item = fc.constantFrom(...Object.keys(kinds)).chain(name => kinds[name].values.map(value => ({ name, value })))

describe('what the writer wrote the reader reads', () => {
  test('any items in any order', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), items => {
        const writer = new ByteWriter(1)
        for (const { name, value } of items) kinds[name].write(writer, value)
        const reader = new ByteReader(writer.view(), 'items')
        for (const { name, value } of items) expect(kinds[name].read(reader)).toBe(value)
        reader.end()
      }),
      seeded(500),
    )
  })

  test.each(Object.keys(kinds))('%s cut short is truncated', name => {
    fc.assert(
      fc.property(kinds[name].values, value => {
        const writer = new ByteWriter()
        kinds[name].write(writer, value)
        const bytes = writer.view()
        for (let length = 0; length < bytes.length; length++)
          expect(labError(() => kinds[name].read(new ByteReader(bytes.subarray(0, length), 'cut'))).kind).toBe(
            'truncated',
          )
      }),
      seeded(30),
    )
  })
})

describe('the writer', () => {
  test('grows, copies, takes and clears', () => {
    const writer = new ByteWriter(2)
    writer.raw(new Uint8Array([1, 2, 3]))
    expect([...writer.copy(1)]).toEqual([2, 3])
    const copy = writer.take()
    expect(writer.length).toBe(0)
    writer.u8(9)
    expect([...copy]).toEqual([1, 2, 3])
    writer.clear()
    expect(writer.view()).toHaveLength(0)
  })
})

describe('the reader', () => {
  const reader = (...bytes: number[]) => new ByteReader(new Uint8Array(bytes), 'subject', 100)

  test('names subject, place and both numbers', () => {
    const error = labError(() => {
      const cursor = reader(1, 2, 3)
      cursor.u8()
      cursor.u32()
    })
    expect(error.message).toBe('subject at byte 101: needs 4 bytes, 2 are left')
  })

  test('refuses varints past 2^53 - 1, however long', () => {
    expect(reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f).varint()).toBe(Number.MAX_SAFE_INTEGER)
    expect(labError(() => reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f).varint()).kind).toBe('corrupt')
    expect(labError(() => reader(...new Array(20).fill(0xff)).varint()).kind).toBe('corrupt')
    expect(labError(() => reader(...new Array(20).fill(0x80)).varint()).kind).toBe('corrupt')
  })

  test('refuses a count that cannot fit before anything is made of it', () => {
    expect(labError(() => reader(5, 0, 0, 0, 0).count()).kind).toBe('truncated')
    expect(reader(4, 0, 0, 0, 0).count()).toBe(4)
    expect(labError(() => reader(2, 0, 0, 0).count(2)).kind).toBe('truncated')
    expect(labError(() => reader(0).checkCount(2 ** 53)).kind).toBe('truncated')
  })

  test('refuses what is left over, and steps over a view that is no copy', () => {
    const bytes = new Uint8Array([1, 2, 3])
    const cursor = new ByteReader(bytes, 'subject')
    const view = cursor.raw(2)
    bytes[0] = 7
    expect([...view]).toEqual([7, 2])
    expect(labError(() => cursor.end()).kind).toBe('corrupt')
    expect(cursor.remaining).toBe(1)
  })
})
