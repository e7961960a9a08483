import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checksum } from '../../../../lib/bytes/checksum.ts'
import { BlockpackReader, decodeBlockpack } from '../../../../lib/formats/blockpack/read/reader.ts'
import { type BlockpackConfig, profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../lib/formats/blockpack/write/writer.ts'
import { encodeColumnarFile } from '../../../../lib/formats/columnar/file.ts'
import { writeTraces } from '../../../../lib/formats/ndjson/print.ts'
import { writeLocal } from '../../../../lib/storage/local-write.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'
import { expectPrefixesRefused, expectRefusal } from '../../../support/corruption.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawn } from '../../../support/effort.ts'
import { labRejection } from '../../../support/errors.ts'
import { nastyCorpora } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { sampleTraces } from '../columnar/samples.ts'
import { packed } from './blocks.ts'
import { decode, placed } from './forge.ts'

const seed = Number(process.env.SEED ?? 20261127)
const none: BlockpackConfig = { ...profiles.default, compressionCodec: 'none', enableMinhash: false }

const nasty = nastyCorpora.find(({ name }) => name === 'every value type')!.traces
const kinds: [string, Buffer][] = [
  ['no traces', await packed([])],
  ['one trace', await packed(sampleTraces(1, seed))],
  ['every value type', await packed(nasty, profiles['max-compression'])],
  ['no codec', await packed(sampleTraces(4, seed), none)],
  ['snappy', await packed(sampleTraces(6, seed), profiles['low-memory'])],
  ['lz4', await packed(sampleTraces(6, seed), { ...profiles.default, compressionCodec: 'lz4' })],
  ['no dictionaries', await packed(sampleTraces(6, seed), { ...profiles.default, enableDictionary: false })],
]

test.each(kinds)('every prefix is refused: %s', async (_, bytes) => {
  expect(bytes.length).toBeLessThan(8192)
  await expectPrefixesRefused(bytes.subarray(0, 4096), decodeBlockpack)
  if (bytes.length <= 4096) return
  for (let length = bytes.length - 200; length < bytes.length; length++)
    await expectRefusal(bytes.subarray(0, length), decodeBlockpack, `${length} bytes`)
})

test.each(kinds)(`flips (seed ${seed}) end in an error with its place: %s`, async (_, bytes) => {
  const traces = await decode(bytes)
  const draw = drawsOf(seed)
  for (let i = 0; i < drawn(1000); i++) {
    const broken = Uint8Array.from(bytes)
    const [at, bit] = [Math.floor(draw() * bytes.length), Math.floor(draw() * 8)]
    broken[at] ^= 1 << bit
    const what = `bit ${bit} of byte ${at} of ${bytes.length}`
    const outcome = await decode(broken).catch(error => error)
    // Indexes are not read to decode, and zeros that vouch for items have no checksum.
    if (Array.isArray(outcome)) expectSameTraces(traces, outcome)
    else {
      expect(['truncated', 'corrupt', 'unsupported'], what).toContain(outcome.kind)
      expect(outcome.message, what).toMatch(placed)
    }
  }
})

test(`flips in a file of many traces (seed ${seed}) never lead to another trace`, async () => {
  const traces = sampleTraces(1500, seed)
  const bytes = await packed(traces, { ...profiles.default, columnBlockSize: 1, writeBufferSize: 1 })
  const draw = drawsOf(seed)
  for (let i = 0; i < drawn(400); i++) {
    const broken = Uint8Array.from(bytes)
    const at = Math.floor((i % 2 === 0 ? draw() : 1 - draw() * 0.2) * bytes.length)
    broken[at] ^= 1 << Math.floor(draw() * 8)
    const wanted = traces[Math.floor(draw() * traces.length)]!
    const find = async () => (await BlockpackReader.open(openMemory(broken))).findTrace(wanted.traceId)
    const outcome = await find().catch(error => error)
    if (outcome instanceof Error) expect(outcome.message).toMatch(placed)
    else expectSameTraces([wanted], [outcome])
  }
})

describe('files that are none', () => {
  const bytes = kinds[1]![1]
  const changed = (at: number, value: number, sealed = false) => {
    const broken = Buffer.from(bytes)
    broken[at < 0 ? broken.length + at : at] = value
    if (sealed) broken.writeUInt32LE(checksum(broken.subarray(-32, -8)), broken.length - 8)
    return broken
  }

  test.each<[string, Buffer, string, RegExp]>([
    ['another magic in front', changed(0, 0), 'corrupt', /^blockpack header at byte 0: not a blockpack file/],
    [
      'version 3 in front',
      changed(4, 3),
      'unsupported',
      /^blockpack header at byte 8: unsupported version 3 \(this build reads 1 to 2\)/,
    ],
    ['another magic at the end', changed(-1, 0), 'corrupt', /^blockpack footer at byte \d+: no blockpack footer/],
    [
      'version 3 at the end',
      changed(-16, 3, true),
      'unsupported',
      /^blockpack footer at byte \d+: unsupported version 3/,
    ],
    ['a flag', changed(-12, 1, true), 'unsupported', /^blockpack footer at byte \d+: flags 1/],
    ['a footer with another checksum', changed(-20, 99), 'corrupt', /^blockpack footer at byte \d+: checksum/],
    [
      'bytes behind the footer',
      Buffer.concat([bytes, Buffer.alloc(9)]),
      'corrupt',
      /no blockpack footer at end of file/,
    ],
    ['two files', Buffer.concat([bytes, bytes]), 'corrupt', /^blockpack (root|footer) .*byte/],
  ])('%s', async (_, broken, kind, message) => {
    const error = await labRejection(decode(broken))
    expect([error.kind, error.message]).toEqual([kind, expect.stringMatching(message)])
  })

  test('files of other formats', async () => {
    const sinks = [new MemorySink(), new MemorySink()]
    await encodeColumnarFile(streamOf([sampleTraces(50, seed)]), sinks[0]!, 1)
    await writeTraces(streamOf([sampleTraces(50, seed)]), sinks[1]!)
    for (const sink of sinks) {
      const error = await labRejection(decode(sink.bytes()))
      expect([error.kind, error.message]).toEqual([
        'corrupt',
        expect.stringMatching(/no blockpack footer at end of file/),
      ])
    }
  })
})

test('an interrupted write leaves no file under the final name, and none beside it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
  try {
    for (const callCount of [0, 1, 5, 9]) {
      const writing = writeLocal(join(directory, 'block'), async sink => {
        let left = callCount
        const failing = {
          write: async (chunk: Uint8Array) => {
            if (left-- === 0) throw new Error('the power went')
            await sink.write(chunk)
          },
        }
        await encodeBlockpack(streamOf([sampleTraces(600, seed)]), failing, { ...none, writeBufferSize: 1 })
      })
      await expect(writing).rejects.toThrow('the power went')
      expect(await readdir(directory)).toEqual([])
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
