import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Range, RangeReader } from '../../../../lib/bytes/range.ts'
import {
  decodeCborFrames,
  encodeCborFrames,
  isCborFrames,
  readTraceFrame,
} from '../../../../lib/formats/cbor/frames.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { expectFlipsRefused, expectPrefixesRefused, expectRefusal } from '../../../support/corruption.ts'
import { nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'

const seed = 20261122

async function encode(traces: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeCborFrames(streamOf([traces]), sink, 3)
  return sink.bytes()
}

async function decode(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(decodeCborFrames(openMemory(bytes)))).flat()
}

function manyTraces(traceCount: number): Trace[] {
  return Array.from({ length: traceCount }, (_, i) => ({
    traceId: (i + 1).toString(16).padStart(32, '0'),
    spans: Array.from({ length: 1 + (i % 5) }, (_, row) => span({ name: `operation ${row}`, spanId: `0${row}` })),
  }))
}

describe('write then read is the identity', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) =>
    expectSameTraces(traces, await decode(await encode(traces))),
  )

  test('on arbitrary traces, all and each alone', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        const bytes = await encode(traces)
        expectSameTraces(traces, await decode(bytes))
        for (const trace of traces)
          expectSameTraces([trace], [(await readTraceFrame(openMemory(bytes), trace.traceId))!])
      }),
      seeded(50),
    )
  })
})

test('one trace is read from the footer, the front, the index and its frame, and no other byte', async () => {
  const traces = manyTraces(2000)
  const bytes = await encode(traces)
  const [indexStart, framesStart] = [0, 8].map(at => Number(bytes.readBigUInt64LE(bytes.length - 16 + at)))
  const calls: (readonly Range[])[] = []
  const memory = openMemory(bytes)
  const counting: RangeReader = {
    byteLength: memory.byteLength,
    read(ranges) {
      calls.push(ranges)
      return memory.read(ranges)
    },
  }
  expectSameTraces([traces[700]], [(await readTraceFrame(counting, traces[700].traceId))!])
  const footerStart = bytes.length - 16
  expect(calls.slice(0, 2)).toEqual([
    [{ start: footerStart, end: bytes.length }],
    [
      { start: 0, end: framesStart },
      { start: indexStart, end: footerStart },
    ],
  ])
  expect(calls).toHaveLength(3)
  const [frame, ...more] = calls[2]
  expect(more).toEqual([])
  expect(frame.start).toBeGreaterThanOrEqual(framesStart)
  expect(frame.end - frame.start).toBeLessThan(300)
})

test('an id that is not in the file has no trace', async () => {
  const file = openMemory(await encode(manyTraces(3)))
  for (const traceId of ['', '00', 'f'.repeat(32), '0'.repeat(31)])
    expect(await readTraceFrame(file, traceId)).toBeUndefined()
})

test('a file of frames is told from other files', async () => {
  expect(await isCborFrames(openMemory(await encode([])))).toBe(true)
  for (const other of ['', 'd9', 'd9d9f7837674', '7b7d'])
    expect(await isCborFrames(openMemory(Buffer.from(other, 'hex')))).toBe(false)
})

describe('refusals', () => {
  test(`every prefix and flips (seed ${seed})`, async () => {
    const bytes = await encode(manyTraces(6))
    expect(bytes.length).toBeLessThan(4096)
    await expectPrefixesRefused(bytes, decodeCborFrames)
    await expectFlipsRefused(bytes, decodeCborFrames, 1000, seed)
  })

  test('positions in the footer that lie anywhere', async () => {
    const bytes = await encode(manyTraces(6))
    for (const at of [16, 8])
      for (const position of [0n, 1n, BigInt(bytes.length - 16), BigInt(bytes.length), 2n ** 40n, 2n ** 64n - 1n]) {
        const forged = Buffer.from(bytes)
        forged.writeBigUInt64LE(position, bytes.length - at)
        await expectRefusal(forged, decodeCborFrames, `${position} at ${at} before the end`)
      }
  })
})
