import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LabError } from '../../../../../lib/error.ts'
import { decodeBlockpack, decodeBlockpackRows } from '../../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../../lib/formats/blockpack/write/writer.ts'
import { encodeOtlpProto } from '../../../../../lib/formats/otlp/proto.ts'
import type { Trace } from '../../../../../lib/model/trace.ts'
import { objectBatches } from '../../../../../lib/shred/row-traces.ts'
import { openMemory } from '../../../../../lib/storage/memory.ts'
import { surrogateRefusal } from '../../../../../lib/wire/protobuf/surrogate.ts'
import { arbitraryTraces, seeded } from '../../../../support/arbitrary.ts'
import { collect, collectBytes, streamOf } from '../../../../support/chunks.ts'
import { drawsOf } from '../../../../support/draws.ts'
import { drawn } from '../../../../support/effort.ts'
import { generatedTraces } from '../../../../support/generated.ts'
import { nastyCorpora } from '../../../../support/nasty.ts'
import { expectSameTraces } from '../../../../support/traces.ts'

async function encode(batches: AsyncIterable<readonly Trace[]>, spansPerPageGroup = 20): Promise<Buffer> {
  const parts: Uint8Array[] = []
  const write = async (bytes: Uint8Array) => {
    parts.push(Uint8Array.from(bytes))
  }
  await encodeBlockpack(batches, { write }, profiles.default, { spansPerPageGroup })
  return Buffer.concat(parts)
}

/** Rows and objects of a file give the traces, and from them the same files. */
async function expectSame(traces: readonly Trace[]): Promise<void> {
  const bytes = await encode(streamOf([traces]))
  const rows = () => decodeBlockpackRows(openMemory(bytes))
  expectSameTraces(traces, (await collect(objectBatches(rows()))).flat())
  expect((await encode(rows(), 33)).equals(await encode(decodeBlockpack(openMemory(bytes)), 33))).toBe(true)
  if (traces.some(({ spans }) => spans.some(span => surrogateRefusal(span) !== undefined))) return
  const [ofRows, ofTraces] = [encodeOtlpProto(rows()), encodeOtlpProto(streamOf([traces]))]
  expect((await collectBytes(ofRows)).equals(await collectBytes(ofTraces))).toBe(true)
}

test.each(nastyCorpora)('$name', ({ traces }) => expectSame(traces))

test('generated traces of agents: texts that are pooled', () => expectSame(generatedTraces('agent', 6)))

test('arbitrary traces', async () => {
  await fc.assert(fc.asyncProperty(arbitraryTraces, expectSame), seeded(60))
}, 60_000)

test('a lone surrogate is refused with its path, as of objects', async () => {
  const [trace] = nastyCorpora.find(({ name }) => name === 'lone surrogates')!.traces
  const bytes = await encode(streamOf([[trace!]]))
  const messageOf = (batches: AsyncIterable<readonly Trace[]>) =>
    collectBytes(encodeOtlpProto(batches)).then(String, (error: Error) => error.message)
  const message = await messageOf(decodeBlockpackRows(openMemory(bytes)))
  expect(message).toMatch(/^\/0\/spans\/\d+\//)
  expect(message).toBe(await messageOf(decodeBlockpack(openMemory(bytes))))
})

/** The traces, or that there is an error. */
async function outcome(batches: AsyncIterable<readonly Trace[]>): Promise<Trace[] | 'refused'> {
  try {
    return (await collect(objectBatches(batches))).flat()
  } catch (error) {
    expect(error).toBeInstanceOf(LabError)
    return 'refused'
  }
}

test('flipped bits are refused by both or by neither, which then agree', async () => {
  const draw = drawsOf(20261128)
  const traces = nastyCorpora.flatMap(({ traces: own }) => own.slice(0, 2)).filter(({ spans }) => spans.length < 50)
  const bytes = await encode(streamOf([traces.slice(0, 40)]))
  for (let i = 0; i < drawn(300); i++) {
    const flipped = Buffer.from(bytes)
    flipped[Math.floor(draw() * bytes.length)]! ^= 1 << Math.floor(draw() * 8)
    const [rows, objects] = [decodeBlockpackRows, decodeBlockpack].map(decode => outcome(decode(openMemory(flipped))))
    const [ofRows, ofObjects] = [await rows!, await objects!]
    if (ofRows === 'refused' || ofObjects === 'refused') expect(ofRows).toBe(ofObjects)
    else expectSameTraces(ofObjects, ofRows)
  }
}, 60_000)
