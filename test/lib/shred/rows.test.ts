import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { encodeColumnarFile } from '../../../lib/formats/columnar/file.ts'
import { Losses } from '../../../lib/formats/losses.ts'
import { encodeOtlpProto, readOtlpRows } from '../../../lib/formats/otlp/proto.ts'
import { groupByTrace } from '../../../lib/import/group.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { objectBatches } from '../../../lib/shred/row-traces.ts'
import { SpanRows } from '../../../lib/shred/rows.ts'
import { surrogateRefusal } from '../../../lib/wire/protobuf/surrogate.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { chunked, collect, collectBytes, streamOf } from '../../support/chunks.ts'
import { drawsOf } from '../../support/draws.ts'
import { nastyCorpora, span } from '../../support/nasty.ts'
import { disturb } from '../../support/otlp-disturb.ts'
import { delimited, number } from '../../support/protobuf.ts'
import { expectSameTraces, joinPieces } from '../../support/traces.ts'

const maxBytes = Number.POSITIVE_INFINITY

type Encode = (batches: AsyncIterable<readonly Trace[]>) => Promise<Buffer>

async function collectSink(
  write: (sink: { write(bytes: Uint8Array): Promise<void> }) => Promise<void>,
): Promise<Buffer> {
  const parts: Uint8Array[] = []
  await write({
    write: async bytes => {
      parts.push(Uint8Array.from(bytes))
    },
  })
  return Buffer.concat(parts)
}

const encoders: [string, Encode][] = [
  [
    'blockpack',
    batches => collectSink(sink => encodeBlockpack(batches, sink, profiles.default, { spansPerPageGroup: 20 })),
  ],
  ['OTLP protobuf', batches => collectBytes(encodeOtlpProto(batches))],
  ['columnar', batches => collectSink(sink => encodeColumnarFile(batches, sink, 1))],
]

/** What a reader gives of the bytes, and what it has dropped and left out. */
function readAs(bytes: Uint8Array, asRows: boolean, skipsBad = false) {
  const losses = new Losses({ skipsBad })
  const rows = readOtlpRows(chunked(bytes, 97), new SpanRows(), {
    dropped: (field, count) => losses.drop(field, count),
    units: losses,
  })
  const grouped = groupByTrace(asRows ? rows : objectBatches(rows), { maxBytes })
  return { grouped, losses: () => [losses.list(), losses.listBad()] }
}

/** Fails unless rows and objects give the same files and losses, and the traces. */
async function expectSame(bytes: Uint8Array, expected: readonly Trace[] | undefined, skipsBad = false): Promise<void> {
  for (const [name, encode] of encoders) {
    const [rows, objects] = [readAs(bytes, true, skipsBad), readAs(bytes, false, skipsBad)]
    const [ofRows, ofObjects] = [await encode(rows.grouped), await encode(objects.grouped)]
    expect(ofRows.equals(ofObjects), name).toBe(true)
    expect(rows.losses()).toEqual(objects.losses())
  }
  const traces = (await collect(readAs(bytes, true, skipsBad).grouped)).flat()
  expectSameTraces((await collect(readAs(bytes, false, skipsBad).grouped)).flat(), traces)
  if (expected) expectSameTraces(expected, traces)
}

/** The spans that protobuf can hold, each alone, in an order that mixes the traces. */
function scattered(traces: readonly Trace[], draw: () => number): Trace[] {
  const pieces = traces.flatMap(({ traceId, spans }) =>
    spans.filter(one => surrogateRefusal(one) === undefined).map(one => ({ traceId, spans: [one] })),
  )
  return pieces
    .map(piece => ({ piece, rank: draw() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ piece }) => piece)
}

async function messageOf(pieces: readonly Trace[]): Promise<Buffer> {
  return collectBytes(encodeOtlpProto(streamOf([pieces])))
}

describe('rows of OTLP protobuf give the same files as its traces', () => {
  test.each(nastyCorpora)('$name', async ({ traces }) => {
    const pieces = scattered(traces, drawsOf(1))
    await expectSame(await messageOf(pieces), joinPieces(pieces))
  })

  test('arbitrary traces, spread over the input, with unknown fields and the fields in any order', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, arbitraryTraces, fc.nat(), async (some, others, seed) => {
        const draw = drawsOf(seed)
        const pieces = scattered([...some, ...others, ...some], draw)
        const message = await messageOf(pieces)
        await expectSame(message, joinPieces(pieces))
        await expectSame(disturb(message, draw), joinPieces(pieces))
      }),
      seeded(30),
    )
  }, 60_000)

  test('one trace of many spans, whose few ids repeat, name each other, zeros and what is not there', async () => {
    const ids = ['', '00', '0000000000000000', '01', '0001', ...Array.from({ length: 30 }, (_, i) => idOf(i))]
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)), { maxLength: 60 }),
        async pairs => {
          const spans = pairs.map(([spanId, parentSpanId]): Span => span({ spanId, parentSpanId }))
          const traces = spans.length === 0 ? [] : [{ traceId: 'ab'.repeat(16), spans }]
          await expectSame(await messageOf(traces), traces)
        },
      ),
      seeded(60),
    )
  }, 60_000)

  test('bad spans and ResourceSpans that are left out leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, fc.nat(), async (traces, seed) => {
        const draw = drawsOf(seed)
        const bytes = disturb(await messageOf(scattered(traces, draw)), draw)
        for (let i = 0; i < 3 && bytes.length > 0; i++)
          bytes[Math.floor(draw() * bytes.length)]! ^= 1 << Math.floor(draw() * 8)
        const isBad = await collect(readAs(bytes, true, true).grouped).then(
          () => false,
          () => true,
        )
        if (!isBad) await expectSame(bytes, undefined, true)
      }),
      seeded(100),
    )
  }, 60_000)
})

test('a bad resource is left out, and what later ones drop is counted', async () => {
  const named = await messageOf([{ traceId: 'ab'.repeat(16), spans: [span({ name: 'kept' })] }])
  const bad = delimited(1, delimited(1, number(7, 1), delimited(1, delimited(1, Buffer.from([0xff])))), spansOf(named))
  const good = delimited(1, delimited(1, number(8, 1)), spansOf(named))
  const { grouped, losses } = readAs(Buffer.concat([bad, good, good]), true, true)
  expect((await collect(grouped)).flat().map(({ spans }) => spans.length)).toEqual([2])
  const [dropped, leftOut] = losses()
  expect(dropped).toMatchObject([{ field: 'resourceSpans.resource.8', count: 2 }])
  expect(leftOut).toMatchObject([{ unit: 'ResourceSpans', count: 1 }])
})

/** What the only ResourceSpans of a message has, which are spans alone. */
function spansOf(message: Buffer): Buffer {
  return message.subarray(message.indexOf(0x12))
}

function idOf(i: number): string {
  return (i + 1).toString(16).padStart(16, '0')
}

test('rows keep no span that is not asked for, and give its objects once', async () => {
  const bytes = await messageOf([{ traceId: 'ab'.repeat(16), spans: [span({}), span({ spanId: '01' })] }])
  const [trace] = (await collect(readAs(bytes, true).grouped)).flat()
  expect(trace!.spanCount).toBe(2)
  expect(trace!.spans).toBe(trace!.spans)
})
