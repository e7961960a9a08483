import { afterAll, beforeAll, expect, test } from 'vitest'
import { Losses } from '../../../../lib/formats/losses.ts'
import { encodeOtlpProto, readOtlpRows } from '../../../../lib/formats/otlp/proto.ts'
import { groupByTrace } from '../../../../lib/import/group.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { RowTrace } from '../../../../lib/shred/row-traces.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { surrogateRefusal } from '../../../../lib/wire/protobuf/surrogate.ts'
import { WorkerPool } from '../../../../lib/workers/pool.ts'
import { chunked, collectBytes, streamOf } from '../../../support/chunks.ts'
import { drawsOf } from '../../../support/draws.ts'
import { workerCounts } from '../../../support/effort.ts'
import { digestOf, generatedTraces } from '../../../support/generated.ts'
import { nastyCorpora } from '../../../support/nasty.ts'
import { disturb } from '../../../support/otlp-disturb.ts'
import { delimited, number } from '../../../support/protobuf.ts'

const seed = 20261128
const draw = drawsOf(seed)

let pools: readonly WorkerPool[]
/** Several jobs of many traces, what is nasty before and after them; the same disturbed, with fields that nobody knows. */
let plain: Buffer
let disturbed: Buffer

beforeAll(async () => {
  pools = workerCounts.map(count => new WorkerPool(count, 0))
  const nasty = nastyCorpora.map(({ traces }) =>
    traces.map(({ traceId, spans }) => ({ traceId, spans: spans.filter(one => surrogateRefusal(one) === undefined) })),
  )
  const messages = await Promise.all(
    [...nasty, generatedTraces('otel', 100), generatedTraces('agent', 1), ...nasty].map(traces =>
      collectBytes(encodeOtlpProto(streamOf([traces]))),
    ),
  )
  plain = Buffer.concat(messages)
  disturbed = Buffer.concat(
    messages.flatMap((message, i) => [disturb(message, draw), i % 7 === 0 ? number(9, 3) : delimited(8, 'x')]),
  )
})
afterAll(() => Promise.all(pools.map(pool => pool.close())))

/** The traces and what was dropped, or the error; and how many traces have stayed rows. */
async function outcome(
  bytes: Uint8Array,
  workers: WorkerPool | undefined,
  { maxBytes = Number.POSITIVE_INFINITY, skipsBad = false, chunkBytes = 100_000 } = {},
) {
  const losses = new Losses({ skipsBad })
  const dropped = (field: string, count?: number) => losses.drop(field, count)
  const rows = readOtlpRows(chunked(bytes, chunkBytes), new SpanRows(), { dropped, units: losses, workers })
  const traces: Trace[] = []
  try {
    for await (const batch of groupByTrace(rows, { maxBytes })) traces.push(...batch)
  } catch (error) {
    const { name, kind, message } = error as Error & { kind?: string }
    return { error: { name, kind, message } }
  }
  const rowCount = traces.filter(trace => trace instanceof RowTrace).length
  return { digest: digestOf(traces), rowCount, losses: [losses.list(), losses.listBad()] }
}

async function expectSame(bytes: Uint8Array, options?: Parameters<typeof outcome>[2], what = ''): Promise<void> {
  const alone = await outcome(bytes, undefined, options)
  for (const pool of pools) expect(await outcome(bytes, pool, options), `${pool.count} workers ${what}`).toEqual(alone)
}

test('traces and what is dropped do not depend on the number of workers', async () => {
  await expectSame(plain)
  await expectSame(disturbed)
  expect((await outcome(disturbed, pools.at(-1))).losses?.[0]).not.toEqual([])
})

test('a stream of messages with their lengths, in chunks that cut them, and all in one chunk', async () => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(plain.length)
  const stream = Buffer.concat([length, plain])
  await expectSame(stream, { chunkBytes: 7777 })
  await expectSame(stream, { chunkBytes: stream.length })
})

test('rows that go to disk meanwhile, and what is left out since it is bad', async () => {
  await expectSame(plain, { maxBytes: 500_000 })
  const bad = Buffer.from(plain)
  for (let i = 0; i < 20; i++) bad[Math.floor(draw() * bad.length)]! ^= 0xff
  await expectSame(bad, { skipsBad: true })
})

test('nothing, and no spans', async () => {
  for (const bytes of [Buffer.alloc(0), delimited(1), delimited(7, 'x')]) await expectSame(bytes)
})

test(`the error is the first of the input, whichever worker meets it (seed ${seed})`, async () => {
  let errorCount = 0
  for (let round = 0; round < 12; round++) {
    const bytes = Buffer.from(plain.subarray(0, Math.ceil(draw() * plain.length)))
    for (let flip = 0; flip < round; flip++) bytes[Math.floor(draw() * bytes.length)]! ^= 1 << Math.floor(draw() * 8)
    const alone = await outcome(bytes, undefined)
    errorCount += alone.error ? 1 : 0
    for (const pool of pools) expect(await outcome(bytes, pool), `round ${round}, ${pool.count}`).toEqual(alone)
  }
  expect(errorCount).toBeGreaterThan(8)
})
