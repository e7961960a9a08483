import { gzipSync } from 'node:zlib'
import { crc32c, createRecordsBatch, type MessageRecord, NumericMap } from '@platformatic/kafka'
import { compressFrameSync } from 'lz4-napi'
import { expect, test } from 'vitest'
import { encodeBatch, readBatches } from '../../../../lib/cluster/log/kafka/batches.ts'
import { decompressBatch } from '../../../../lib/cluster/log/kafka/compression.ts'
import type { LogRecord, StoredRecord } from '../../../../lib/cluster/log/log.ts'
import { snappyCompressor } from '../../../../lib/codecs/snappy.ts'
import { LabError } from '../../../../lib/error.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { recordOf, textsOf } from '../../../support/log.ts'

const seed = Number(process.env.SEED ?? 20261129)
const headBytes = 61
const producer = { id: 2n ** 40n, epoch: 7, sequence: 2 ** 31 - 1 }

/** A batch as a broker would keep it, its first record at an offset. */
function batchOf(texts: readonly string[], offset: number, compression: 'none' | 'gzip' | 'lz4' = 'none'): Buffer {
  const messages = texts.map(
    (text, i): MessageRecord => ({
      topic: 't',
      partition: 0,
      value: Buffer.from(text),
      key: Buffer.from('k'),
      headers: new Map([[Buffer.from('h'), Buffer.from(text)]]),
      timestamp: 1_700_000_000_000n + BigInt(i * 1000) - 500n,
    }),
  )
  const bytes = Buffer.from(createRecordsBatch(messages, { compression }).buffer)
  bytes.writeBigInt64BE(BigInt(offset), 0)
  return bytes
}

test('records of several batches keep offsets, times, keys and headers', async () => {
  const bytes = Buffer.concat([
    batchOf(['a', 'b'], 7),
    batchOf(['c', 'd'], 2 ** 40, 'gzip'),
    batchOf(['e'], 2 ** 41, 'lz4'),
  ])
  const { records, end } = await readBatches(bytes)
  expect(textsOf(records)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(records.map(({ offset }) => offset)).toEqual([7, 8, 2 ** 40, 2 ** 40 + 1, 2 ** 41])
  expect(records.map(({ timeMillis }) => timeMillis - 1_700_000_000_000)).toEqual([-500, 500, -500, 500, -500])
  expect(records.map(({ key, headers }) => `${key} ${headers![0]!.key} ${headers![0]!.value}`)[3]).toBe('k h d')
  expect(end).toBe(2 ** 41 + 1)
})

test('a batch that is cut at the end is left out, wherever it is cut', async () => {
  const [first, second] = [batchOf(['a', 'b'], 7), batchOf(['c'], 9)]
  const bytes = Buffer.concat([first, second])
  for (let length = 0; length < bytes.length; length++) {
    const { records, end } = await readBatches(bytes.subarray(0, length))
    expect(textsOf(records)).toEqual(length < first.length ? [] : ['a', 'b'])
    expect(end).toBe(length < first.length ? undefined : 9)
  }
})

test('the time at which the broker took a batch counts where the topic says so', async () => {
  const bytes = batchOf(['a', 'b'], 0)
  bytes.writeInt16BE(bytes.readInt16BE(21) | 8, 21)
  bytes.writeBigInt64BE(1_800_000_000_000n, 35)
  await expect(readBatches(bytes)).rejects.toThrow(
    /^the batch at offset 0: its checksum is \d+, that of its content \d+$/,
  )
  bytes.writeUInt32BE(crcOf(bytes), 17)
  expect((await readBatches(bytes)).records.map(({ timeMillis }) => timeMillis)).toEqual([1.8e12, 1.8e12])
})

test('each flipped bit behind the head is found by the checksum, and none breaks out', async () => {
  for (const compression of ['none', 'gzip', 'lz4'] as const) {
    const bytes = batchOf(['some text', 'more of it'], 3, compression)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const outcome = await readBatches(flipped).then(
        () => undefined,
        error => error,
      )
      if (outcome !== undefined && !(outcome instanceof LabError)) throw outcome
      if (bit >> 3 >= headBytes) expect(outcome?.kind).toBe('corrupt')
    }
  }
})

test('behind a right checksum, content that is no record is refused in one line', async () => {
  const bytes = batchOf(['some text', 'more of it'], 3)
  for (let at = headBytes; at < bytes.length; at++)
    for (const value of [0, 0x7f, 0x80, 0xff]) {
      const forged = Buffer.from(bytes)
      forged[at] = value
      forged.writeUInt32BE(crcOf(forged), 17)
      const outcome = await readBatches(forged).then(
        () => undefined,
        error => error,
      )
      if (outcome === undefined) continue
      if (!(outcome instanceof LabError)) throw outcome
      expect(outcome.message).toMatch(/^the batch at offset 3: [^\n]+$/)
    }
  const unknown = Buffer.from(bytes)
  unknown.writeInt16BE(5, 21)
  unknown.writeUInt32BE(crcOf(unknown), 17)
  expect((await labRejection(readBatches(unknown))).message).toBe('a batch is compressed by codec 5')
  const older = Buffer.from(bytes)
  older[16] = 1
  expect((await labRejection(readBatches(older))).message).toBe('the batch at offset 3 is of version 1, expected 2')
})

/** Records with and without keys, headers and values, of times that go back and forth. */
function drawnRecords(draw: () => number, maxValueBytes: number): LogRecord[] {
  const textOf = (maxLength: number) => `${draw()}`.repeat(maxLength / 16).slice(0, draw() * maxLength)
  return Array.from({ length: 1 + Math.floor(draw() * 20) }, () => ({
    value: Buffer.from(textOf(maxValueBytes)),
    ...(draw() < 0.7 && { key: Buffer.from(textOf(200)) }),
    ...(draw() < 0.3 && { headers: [{ key: textOf(32), value: Buffer.from(textOf(100)) }] }),
    timeMillis: 1_790_000_000_000 + Math.floor(draw() * 2e12 - 1e12),
  }))
}

/** All of each record as a text: to compare bytes one by one would take long. */
function printed(records: readonly StoredRecord[]): string[] {
  return records.map(({ offset, timeMillis, key, value, headers = [] }) =>
    JSON.stringify([
      offset,
      timeMillis,
      key && String(key),
      String(value),
      headers.map(own => [own.key, String(own.value)]),
    ]),
  )
}

/** As it would be had another codec compressed it. */
function compressedAs(batch: Buffer, codec: number, content: Uint8Array): Buffer {
  const head = Buffer.from(batch.subarray(0, headBytes))
  const other = Buffer.concat([head, content])
  other.writeInt32BE(other.length - 12, 8)
  other.writeInt16BE(codec, 21)
  other.writeUInt32BE(crc32c(other.subarray(21)) >>> 0, 17)
  return other
}

test(`what is written is what the client writes, where it is too small to be compressed (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  let count = 0
  for (let round = 0; round < 100; round++) {
    const records = drawnRecords(draw, 16).slice(0, 1)
    const messages = records.map(({ key, value, headers, timeMillis }): MessageRecord => {
      const own = { ...(key && { key: Buffer.from(key) }), value: Buffer.from(value), timestamp: BigInt(timeMillis) }
      const pairs = headers?.map(header => [Buffer.from(header.key), Buffer.from(header.value)] as const)
      return { topic: 't', partition: 0, ...own, ...(pairs && { headers: new Map(pairs) }) }
    })
    const written = encodeBatch(records, producer)
    if (written.readInt16BE(21) !== 0) continue
    count++
    const options = { producerId: producer.id, producerEpoch: producer.epoch, partitionLeaderEpoch: -1 }
    const sequences = new NumericMap([['t:0', producer.sequence]])
    expect(written.equals(createRecordsBatch(messages, { ...options, sequences }).buffer)).toBe(true)
  }
  expect(count).toBeGreaterThan(20)
})

test(`what is written is read exactly, by each codec, and takes less where it repeats (seed ${seed})`, async () => {
  const draw = drawsOf(seed)
  const [none, zstd] = [0, 4]
  let compressedCount = 0
  for (let round = 0; round < 40; round++) {
    const records = drawnRecords(draw, 4_000)
    const batch = encodeBatch(records, producer)
    const expected = printed(records.map((record, offset) => ({ ...record, offset })))
    expect(printed((await readBatches(batch)).records)).toEqual(expected)
    if (batch.readInt16BE(21) === none) continue
    expect(batch.readInt16BE(21)).toBe(zstd)
    compressedCount++
    const content = await decompressBatch(zstd, batch.subarray(headBytes))
    expect(batch.length - headBytes).toBeLessThan(content.length)
    const others = [content, gzipSync(content), snappyCompressor()(content), compressFrameSync(content)]
    for (const [codec, stored] of others.entries())
      expect(printed((await readBatches(compressedAs(batch, codec, stored))).records)).toEqual(expected)
  }
  expect(compressedCount).toBeGreaterThan(20)
})

test(`random bytes are kept as they are: no batch is larger than its records and a head (seed ${seed})`, async () => {
  const value = Buffer.alloc(1 << 20)
  const draw = drawsOf(seed)
  for (let at = 0; at < value.length; at += 4) value.writeUInt32LE(Math.floor(draw() * 2 ** 32), at)
  const batch = encodeBatch([{ value, timeMillis: 0 }], producer)
  expect([batch.readInt16BE(21), batch.length - value.length < 100]).toEqual([0, true])
  expect(value.equals((await readBatches(batch)).records[0]!.value)).toBe(true)
})

test('a frame that says it holds more than a batch may is refused before memory is taken for it', async () => {
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0x40, 0, 0, 0, 0, 1, 0, 0])
  const batch = compressedAs(encodeBatch([recordOf('a')], producer), 4, frame)
  const error = await labRejection(readBatches(batch))
  expect([error.kind, error.message]).toEqual([
    'limit',
    'a batch holds more than 536870912 bytes when it is decompressed',
  ])
})

/** CRC-32C, a bit at a time. */
function crcOf(batch: Buffer): number {
  let crc = ~0
  for (const byte of batch.subarray(21)) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}
