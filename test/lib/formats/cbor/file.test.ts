import { readFileSync } from 'node:fs'
import { Decoder, Tag } from 'cbor-x'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { checksum } from '../../../../lib/bytes/checksum.ts'
import type { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { zstdCompressor } from '../../../../lib/codecs/compress.ts'
import {
  type CborFileOptions,
  decodeCborFile,
  encodeCborFile,
  fileHeader,
  items,
} from '../../../../lib/formats/cbor/file.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { writeBytes, writeHead, writeInteger } from '../../../../lib/wire/cbor/heads.ts'
import cbor from '../../../../phases/02-cbor.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { expectFlipsRefused, expectPrefixesRefused, expectRefusal } from '../../../support/corruption.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'

const seed = 20261121
const codecs = ['none', 'zstd'] as const

async function encode(traces: readonly Trace[], options: CborFileOptions): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeCborFile(streamOf([traces]), sink, options)
  return sink.bytes()
}

async function decode(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(decodeCborFile(openMemory(bytes)))).flat()
}

afterEach(() => vi.restoreAllMocks())

const resource = { attributes: attributes(['service.name', 'cart']), droppedAttributesCount: 0, schemaUrl: '' }
const worked: Trace = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spans: [
    span({
      name: 'GET /',
      kind: 2,
      startNanos: 1544712660000000000n,
      endNanos: 1544712661000000000n,
      status: { code: 1, message: '' },
      attributes: attributes(['http.status_code', 200n], ['ratio', 0.5]),
      resource,
    }),
    span({
      spanId: 'eee19b7ec3c1b175',
      parentSpanId: 'eee19b7ec3c1b174',
      name: 'get',
      kind: 3,
      startNanos: 1544712660000001000n,
      endNanos: 1544712660000001000n,
      events: [{ timeNanos: 1544712660000001500n, name: 'miss', attributes: [], droppedAttributesCount: 0 }],
      resource,
    }),
  ],
}

test('the worked file of FORMAT.md', async () => {
  const block = /worked file[\s\S]*?```\n([\s\S]*?)```/.exec(readFileSync('lib/formats/cbor/FORMAT.md', 'utf8'))![1]
  const hex = block.replaceAll(/;.*|\s/g, '')
  expect(hex).toHaveLength(2 * 217)
  expect((await encode([worked], { codec: 'none', blockBytes: 1000 })).toString('hex')).toBe(hex)
  expectSameTraces([worked], await decode(Buffer.from(hex, 'hex')))
})

describe.each(codecs)('codec %s', codec => {
  test.each([1, 300, 1 << 20])('nasty traces in blocks of %d bytes', async blockBytes => {
    for (const { traces } of nastyCorpora)
      expectSameTraces(traces, await decode(await encode(traces, { codec, blockBytes, level: 1 })))
  })

  test('arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        expectSameTraces(traces, await decode(await encode(traces, { codec, blockBytes: 500 })))
      }),
      seeded(100),
    )
  })

  test(`every prefix and flips (seed ${seed}) are refused`, async () => {
    const bytes = await encode([worked, { ...worked, traceId: '02' }], { codec, blockBytes: 100 })
    expect(bytes.length).toBeLessThan(4096)
    await expectPrefixesRefused(bytes, decodeCborFile)
    await expectFlipsRefused(bytes, decodeCborFile, 1000, seed)
  })

  test('bytes after the end are refused', async () => {
    const bytes = await encode([worked], { codec, blockBytes: 100 })
    await expectRefusal(Buffer.concat([bytes, Buffer.alloc(1)]), decodeCborFile, 'a byte more')
    await expectRefusal(Buffer.concat([bytes, bytes]), decodeCborFile, 'the file twice')
  })
})

describe('forged lengths and counts, with checksums that are right', () => {
  const body = items(writer => writer.raw(Buffer.from('844101808081a2014101070a', 'hex')))

  interface Forged {
    traceCount?: bigint
    spanCount?: bigint
    byteLength?: bigint
    storedLength?: bigint
    end?: [bigint, bigint]
    stored?: Uint8Array
  }

  function integers(writer: ByteWriter, ...values: bigint[]): void {
    for (const value of values) writeInteger(writer, value)
  }

  /** A file of one block; what is not given is honest. */
  function forge(codec: string, forged: Forged): Buffer {
    const stored = forged.stored ?? (codec === 'zstd' ? zstdCompressor(3)(body) : body)
    const block = items(writer => {
      writeHead(writer, 4, 5)
      integers(writer, forged.traceCount ?? 1n, forged.spanCount ?? 1n, forged.byteLength ?? BigInt(body.length))
      integers(writer, BigInt(checksum(stored)))
      if (forged.storedLength === undefined) writeBytes(writer, stored)
      else {
        writer.u8(0x5b)
        writer.u64BigEndian(forged.storedLength)
        writer.raw(stored)
      }
      writeHead(writer, 4, 2)
      integers(writer, ...(forged.end ?? [1n, 1n]))
    })
    return Buffer.concat([fileHeader('trace-storage-lab/cbor', 1, codec), block])
  }

  /** A zstd frame of one block of three bytes, which declares another size, in eight bytes. */
  function frameDeclaring(byteLength: bigint): Buffer {
    const frame = Buffer.from('28b52ffde00000000000000000190000616263', 'hex')
    frame.writeBigUInt64LE(byteLength, 5)
    return frame
  }

  test.each(codecs)('the honest file of codec %s is read', async codec =>
    expect(await decode(forge(codec, {}))).toHaveLength(1),
  )

  const huge = 2n ** 31n - 1n
  test.each<[string, Forged]>([
    ['2^40 traces', { traceCount: 2n ** 40n }],
    ['2^64 - 1 traces', { traceCount: 2n ** 64n - 1n }],
    ['no trace', { traceCount: 0n }],
    ['2^32 spans', { spanCount: 2n ** 32n }],
    ['2^31 - 1 bytes', { byteLength: huge }],
    ['2^31 bytes', { byteLength: huge + 1n }],
    ['one byte less', { byteLength: 11n }],
    ['2^31 - 1 stored bytes', { storedLength: huge }],
    ['2^64 - 1 stored bytes', { storedLength: 2n ** 64n - 1n }],
    ['2^40 traces at the end', { end: [2n ** 40n, 1n] }],
    ['2^40 blocks at the end', { end: [1n, 2n ** 40n] }],
  ])('%s', async (what, forged) => {
    const allocations = spyOnAllocations()
    for (const codec of codecs) await expectRefusal(forge(codec, forged), decodeCborFile, what)
    expect(Math.max(0, ...allocations())).toBeLessThan(1 << 20)
  })

  test('2^31 - 1 bytes that the frame declares too: no memory is taken that its blocks cannot fill', async () => {
    const allocations = spyOnAllocations()
    const file = forge('zstd', { byteLength: huge, stored: frameDeclaring(huge) })
    await expectRefusal(file, decodeCborFile, 'a frame that declares too much')
    expect(Math.max(0, ...allocations())).toBeLessThan(1 << 20)
  })

  test('a frame that declares a size past 2^53', async () => {
    const file = forge('zstd', { byteLength: 12n, stored: frameDeclaring(2n ** 64n - 1n) })
    await expectRefusal(file, decodeCborFile, 'a frame that declares too much')
  })
})

/** The sizes of the buffers that were asked for since. */
function spyOnAllocations(): () => number[] {
  const spies = [vi.spyOn(Buffer, 'allocUnsafe'), vi.spyOn(Buffer, 'alloc')]
  return () => spies.flatMap(spy => spy.mock.calls.map(([byteLength]) => byteLength))
}

describe('cbor-x, as an independent witness, reads a file of phase 02', () => {
  const decoder = new Decoder({ mapsAsObjects: false, useRecords: false, int64AsType: 'bigint' } as object)
  const sequence = (bytes: Uint8Array) => decoder.decodeMultiple(Buffer.from(bytes)) as unknown[]
  type Fields = Map<number, unknown>

  test('the same ids, names, times and attribute values', async () => {
    const sink = new MemorySink()
    await cbor.encode(streamOf([[worked]]), sink, {})
    const [header, block, end] = sequence(sink.bytes())
    expect(header instanceof Tag ? header.value : header).toEqual(['trace-storage-lab/cbor', 1, 'none'])
    expect(end).toEqual([1, 1])
    const [trace] = sequence((block as Uint8Array[])[4]) as [[Uint8Array, Tag[], unknown[], Fields[]]]
    expect(Buffer.from(trace[0]).toString('hex')).toBe(worked.traceId)
    trace[3].forEach((fields, i) => {
      const { spanId, name, attributes: list } = worked.spans[i]
      expect(Buffer.from(fields.get(1) as Uint8Array).toString('hex')).toBe(spanId)
      expect(fields.get(5)).toBe(name)
      const values = [...((fields.get(10) as Map<string, unknown>) ?? [])]
      expect(values.map(([key, value]) => [key, Number(value)])).toEqual(
        list.map(({ key, value }) => [key, Number(value)]),
      )
    })
    expect(trace[3][0].get(7)).toBe(worked.spans[0].startNanos)
    expect(trace[3][1].get(7)).toBe(1000)
  })
})
