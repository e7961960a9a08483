import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../../lib/bytes/reader.ts'
import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { encodeRunLists } from '../../../../lib/encodings/pooled/run-lists.ts'
import { TextPool } from '../../../../lib/encodings/pooled/text-pool.ts'
import { LabError } from '../../../../lib/error.ts'
import { ColumnReader, ColumnWriter } from '../../../../lib/formats/columnar/columns.ts'
import { columnarParts, decodeColumnarFile } from '../../../../lib/formats/columnar/file.ts'
import { writeNumbers } from '../../../../lib/formats/columnar/numbers.ts'
import { readPooled } from '../../../../lib/formats/columnar/pool.ts'
import { plainPrediction } from '../../../../lib/formats/columnar/prediction.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { expectFlipsRefused, expectRefusal } from '../../../support/corruption.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawn } from '../../../support/effort.ts'
import { labError } from '../../../support/errors.ts'
import { longTexts, repetitions } from '../../../support/long-texts.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { mutate } from '../blockpack/mutate.ts'
import { closeSegments, decode, encode, type OpenSegment, openSegment, openSegments, printSegment } from './forge.ts'

const seed = Number(process.env.SEED ?? 20261129)

describe.each(repetitions)(`%s (seed ${seed})`, repetition => {
  test('kept in one segment and in several, which the parts add up to', async () => {
    for (const traceCount of [1, 2, 8]) {
      const traces = longTexts(repetition, seed + traceCount, traceCount, 20)
      for (const limits of [undefined, { spanCount: 40, itemCount: 1000, textLength: 2 ** 26 }]) {
        const file = await encode(traces, limits)
        expectSameTraces(traces, await decode(file))
        const parts = await columnarParts(openMemory(file))
        expect(Object.values(parts).reduce((sum, byteLength) => sum + byteLength, 0)).toBe(file.length)
      }
    }
  })
})

test('a conversation is stored once, in all of its columns', async () => {
  const parts = await columnarParts(openMemory(await encode(longTexts('conversations that grow', seed, 4, 40))))
  expect(Object.keys(parts).filter(part => part.includes('input') || part.includes('output'))).toEqual(
    expect.arrayContaining([expect.stringContaining('input (string): lengths')]),
  )
  expect(parts.pool).toBeGreaterThan(0)
  const sizes = await Promise.all([40, 80].map(spans => encode(longTexts('conversations that grow', seed, 1, spans))))
  expect(sizes[1]!.length).toBeLessThan(sizes[0]!.length * 2.5)
})

test('no pool where nothing is long', async () => {
  const parts = await columnarParts(openMemory(await encode(longTexts('conversations that grow', seed, 1, 3))))
  expect(parts.pool).toBeUndefined()
})

test('prefixes and flips are refused', async () => {
  const bytes = await encode(longTexts('conversations that grow', seed, 1, 14))
  for (let length = 0; length < bytes.length; length += length < 200 ? 1 : 211)
    await expectRefusal(bytes.subarray(0, length), decodeColumnarFile, `${length} of ${bytes.length} bytes`)
  await expectFlipsRefused(bytes, decodeColumnarFile, 100, seed)
})

type Parts = Omit<OpenSegment, 'traceCount'>

/** The bytes of a pool with its one part changed. */
function changedPool(pool: Buffer, change: (part: Parts) => Parts): Buffer {
  const outer = openSegment(pool)
  const part = printSegment(change(openSegment(outer.blobs)))
  const head = new ByteWriter()
  head.varint(new ByteReader(outer.head, 'forged').varint())
  head.varint(part.length)
  return printSegment({ ...outer, head: head.take(), blobs: part })
}

describe(`mutations behind right checksums end in an error of ours or in traces (seed ${seed})`, () => {
  test.each(['head', 'texts', 'blobs'] as const)(
    '%s of the segment, of its pool and of the part of that',
    async name => {
      const [segment] = openSegments(await encode(longTexts('documents under several keys and types', seed, 2, 9)))
      const draw = drawsOf(seed)
      const mutated = <T extends Parts>(part: T): T => ({ ...part, [name]: mutate(part[name], draw) })
      let most = 0
      for (let i = 0; i < drawn(240); i++) {
        const pool = segment!.pool!
        const changes = [
          () => mutated(segment!),
          () => ({ ...segment!, pool: printSegment(mutated(openSegment(pool))) }),
          () => ({ ...segment!, pool: changedPool(pool, mutated) }),
        ]
        const file = closeSegments([changes[i % 3]!()])
        const before = process.memoryUsage().rss
        const found = await decode(file).catch((error: unknown) => error)
        most = Math.max(most, process.memoryUsage().rss - before)
        if (Array.isArray(found)) continue
        expect(found, `mutation ${i}`).toBeInstanceOf(LabError)
        expect((found as LabError).message).toMatch(/^columnar segment 0\b.*\bbyte \d+/)
      }
      expect(most).toBeLessThan(300 << 20)
    },
  )
})

test('many references to few bytes are refused before their memory is taken', async () => {
  const [segment] = openSegments(await encode(longTexts('conversations that grow', seed, 1, 14)))
  const pool = new TextPool()
  expect(segment!.pool).toBeDefined()
  const text = Buffer.alloc(1 << 20, 'x')
  const runs = pool.add(text, Buffer.alloc(0), 0).runs
  const writer = new ColumnWriter(1)
  const texts = Array.from({ length: 600 }, () => ({ dropped: undefined, runs }))
  const { kept, added, steps, lengths } = encodeRunLists(texts)
  for (const numbers of [kept, added, steps, lengths]) writeNumbers(writer, numbers, plainPrediction(numbers.length))
  const reader = new ColumnReader(writer.finish(0), 'segment', 0)
  reader.pool = text
  const error = labError(() => readPooled(reader, 'column', 600, plainPrediction(600)))
  expect(error.message).toMatch(/more than 268435456 bytes of pooled texts/)
})
