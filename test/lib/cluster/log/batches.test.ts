import { createRecordsBatch, type MessageRecord } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { readBatches } from '../../../../lib/cluster/log/kafka/batches.ts'
import { LabError } from '../../../../lib/error.ts'
import { labRejection } from '../../../support/errors.ts'
import { textsOf } from '../../../support/log.ts'

const headBytes = 61

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

/** CRC-32C, a bit at a time. */
function crcOf(batch: Buffer): number {
  let crc = ~0
  for (const byte of batch.subarray(21)) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}
