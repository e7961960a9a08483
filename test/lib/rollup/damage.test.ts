import { expect, test } from 'vitest'
import { checksum } from '../../../lib/bytes/checksum.ts'
import type { RangeReader } from '../../../lib/bytes/range.ts'
import { LabError } from '../../../lib/error.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { countTrace } from '../../../lib/rollup/count-trace.ts'
import { RollupReader, RollupWriter } from '../../../lib/rollup/file.ts'
import { levels } from '../../../lib/rollup/levels.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { expectFlipsRefused, expectPrefixesRefused } from '../../support/corruption.ts'
import { drawsOf } from '../../support/draws.ts'
import { generatedTraces } from '../../support/generated.ts'

const trailerBytes = 16

async function rollupOf(traces: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  const rollup = new RollupWriter(sink, 1)
  for (const trace of traces) countTrace(rollup, trace, () => 1)
  await rollup.finish()
  return Buffer.from(sink.bytes())
}

async function* readAll(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const reader = await RollupReader.open(file)
  for (const level of levels.keys())
    for await (const { rows } of reader.chunks(level)) {
      expect(rows.length).toBeGreaterThan(0)
      yield []
    }
}

const bytes = await rollupOf(generatedTraces('otel', 40))
const directoryStart = bytes.length - trailerBytes - bytes.readUInt32LE(bytes.length - trailerBytes)

test('every file that ends early is refused', async () => {
  await expectPrefixesRefused(bytes, readAll)
})

test('every changed bit is refused', async () => {
  await expectFlipsRefused(bytes, readAll, 1_500, 16)
})

test('the trailer says what is wrong with a file that is none, or of another version', async () => {
  const other = Buffer.from(bytes)
  other.writeUInt32LE(9, bytes.length - 4)
  await expect(RollupReader.open(openMemory(other))).rejects.toThrow('unsupported version 9 (this build reads 1)')
  await expect(RollupReader.open(openMemory(Buffer.alloc(40)))).rejects.toThrow('not a rollup')
})

/** The checksums of the chunks, which a forger would set right, stand behind level and length in each entry. */
function forged(at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = value
  if (at < directoryStart) {
    let [entry, start] = [directoryStart + 1, 0]
    for (let i = 0; i < bytes[directoryStart]!; i++) {
      let [length, scale, position] = [0, 1, entry + 1]
      for (; ; scale *= 128) {
        const byte = bytes[position++]!
        length += (byte & 127) * scale
        if (byte < 128) break
      }
      copy.writeUInt32LE(checksum(copy.subarray(start, start + length)), position)
      start += length
      entry = position + 4
      for (let varints = 0; varints < 6; entry++) if (bytes[entry]! < 128) varints++
    }
  }
  copy.writeUInt32LE(
    checksum(copy.subarray(directoryStart, bytes.length - trailerBytes)),
    bytes.length - trailerBytes + 4,
  )
  return copy
}

test('forged bytes behind right checksums end in an error of the lab, or leave the counts of the directory', async () => {
  const seed = 20261128
  const draw = drawsOf(seed)
  let refused = 0
  for (let i = 0; i < 1_500; i++) {
    const at =
      i < 400
        ? directoryStart + (i % (bytes.length - trailerBytes - directoryStart))
        : Math.floor(draw() * directoryStart)
    const value = i % 3 === 0 ? 255 : Math.floor(draw() * 256)
    try {
      for await (const _ of readAll(openMemory(forged(at, value))));
    } catch (error) {
      expect(error, `seed ${seed}: byte ${at} is ${value}`).toBeInstanceOf(LabError)
      expect((error as LabError).message).not.toContain('\n')
      refused++
    }
  }
  expect(refused).toBeGreaterThan(750)
})
