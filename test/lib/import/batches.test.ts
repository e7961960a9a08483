import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { capturedSource } from '../../../harness/open/source.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import type { Format } from '../../../lib/formats/format.ts'
import { formats } from '../../../lib/formats/formats.ts'
import { Losses } from '../../../lib/formats/losses.ts'
import { encodedBatches, groupedFiles } from '../../../lib/import/batches.ts'
import { groupByTrace } from '../../../lib/import/group.ts'
import { readInputs } from '../../../lib/import/input.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { MemorySink } from '../../../lib/storage/memory.ts'
import { surrogateRefusal } from '../../../lib/wire/protobuf/surrogate.ts'
import { WorkerPool } from '../../../lib/workers/pool.ts'
import { startWorkersFrom } from '../../../lib/workers/start.ts'
import { streamOf } from '../../support/chunks.ts'
import { drawsOf } from '../../support/draws.ts'
import { workerCounts } from '../../support/effort.ts'
import { generatedTraces } from '../../support/generated.ts'
import { nastyCorpora, span } from '../../support/nasty.ts'

const seed = 20261129
const draw = drawsOf(seed)
const folder = mkdtempSync(join(tmpdir(), 'batches-test-'))
const inParts = formats.filter(({ parts }) => parts !== undefined)
/** And those whose files are copied to files of their own format. */
const targets = [...inParts, ...formats.filter(({ openBatches }) => openBatches !== undefined)]
let pools: readonly WorkerPool[]
beforeAll(() => {
  pools = workerCounts.map(count => new WorkerPool(count, 0))
})
afterAll(async () => {
  await Promise.all(pools.map(pool => pool.close()))
  rmSync(folder, { recursive: true })
})

const wellFormed = ({ traceId, spans }: Trace): Trace => ({
  traceId,
  spans: spans.filter(one => surrogateRefusal(one) === undefined),
})

/** Traces with ids of their own; the same resource for all where one is given. */
function named(traces: readonly Trace[], first: number): Trace[] {
  return traces.map(({ spans }, i) => ({ traceId: (first + i).toString(16).padStart(32, '0'), spans }))
}

/** Of each corpus some traces: a thousand of one span are no nastier here than ten. */
const nasty = named(
  nastyCorpora.flatMap(({ traces }) => traces.slice(0, 10)).filter(({ spans }) => spans.length < 2000),
  2 ** 32,
)
const resource = { attributes: [{ key: 'service.name', value: 'a' }], droppedAttributesCount: 0, schemaUrl: '' }
const scopes = ['b', 'c'].map(name => ({ ...resource, name, version: '' }))

/** Spans that share a resource and are longer together than a ResourceSpans may be. */
const long = Array.from({ length: 100 }, (_, i) => ({
  traceId: (i + 1).toString(16).padStart(32, '0'),
  spans: [
    span({
      resource: { ...resource },
      scope: scopes[i % 7 === 0 ? 1 : 0]!,
      attributes: [{ key: 'text', value: `${i}`.repeat(50_000) }],
    }),
  ],
}))

const corpora: readonly (readonly [string, readonly Trace[]])[] = [
  ['otel', generatedTraces('otel', 30)],
  ['agent, whose texts have a pool', generatedTraces('agent', 2)],
  ['nasty', nasty.map(wellFormed).filter(({ spans }) => spans.length > 0)],
  ['spans of one resource, longer together than it may be', long],
]

let fileCount = 0
async function write(traces: readonly Trace[], spansPerPageGroup = 100): Promise<string> {
  const sink = new MemorySink()
  await encodeBlockpack(
    streamOf([traces]),
    sink,
    { ...profiles.default, writeBufferSize: 20_000 },
    { spansPerPageGroup },
  )
  return save(sink.bytes())
}

function save(bytes: Uint8Array): string {
  const path = join(folder, `${fileCount++}.bp`)
  writeFileSync(path, bytes)
  return path
}

interface Outcome {
  bytes?: Buffer
  error?: { kind: unknown; message: string }
  left: unknown
}

async function outcomeOf(losses: () => unknown, work: (sink: MemorySink) => Promise<void>): Promise<Outcome> {
  const sink = new MemorySink()
  try {
    await work(sink)
    return { bytes: sink.bytes(), left: losses() }
  } catch (error) {
    const { kind, message } = error as Error & { kind?: string }
    return { error: { kind, message }, left: losses() }
  }
}

/** As objects, all of which are grouped before any is written. */
function asObjects(paths: readonly string[], target: Format, skipsBad: boolean): Promise<Outcome> {
  const losses = new Losses({ skipsBad })
  const { batches } = readInputs(paths, { losses, refusal: target.refusal })
  return outcomeOf(
    () => losses.listBad(),
    sink => target.write!(groupByTrace(batches, { maxBytes: 2 ** 30 }), sink),
  )
}

function asParts(
  paths: readonly string[],
  target: Format,
  skipsBad: boolean,
  workers: WorkerPool | undefined,
): Promise<Outcome> {
  const source = capturedSource(paths, { skipsBad, refusal: target.refusal, workers })
  return outcomeOf(
    () => source.bad(),
    sink => source.write(target, sink),
  )
}

async function expectSame(paths: readonly string[], skipsBad = false): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const target of targets) {
    const expected = await asObjects(paths, target, skipsBad)
    const none = await outcomeOf(
      () => [],
      sink => target.write!(streamOf([]), sink),
    )
    const isNone = expected.bytes?.equals(none.bytes!)
    outcomes.push(expected)
    for (const pool of [undefined, ...pools]) {
      const found = await asParts(paths, target, skipsBad, pool)
      if (isNone && found.error?.message.includes('holds no spans')) continue
      expect({ ...found, bytes: undefined }, `${target.name}, ${pool?.count ?? 0} workers`).toEqual({
        ...expected,
        bytes: undefined,
      })
      const isEqual = Buffer.compare(found.bytes ?? Buffer.of(), expected.bytes ?? Buffer.of()) === 0
      expect(isEqual, `${target.name}, ${pool?.count ?? 0} workers`).toBe(true)
    }
  }
  return outcomes
}

test('OTLP protobuf and NDJSON are written in parts', () => {
  expect(inParts.map(({ name }) => name).sort()).toEqual(['ndjson', 'otlp-proto'])
})

describe.each(corpora)('%s', (_, traces) => {
  test('the bytes are those of objects, whatever the number of workers', async () => {
    const path = await write(traces)
    expect(await groupedFiles([path])).toHaveLength(1)
    await expectSame([path])
  })
})

test('several files, each of which goes on where the last one ended', async () => {
  const paths = [await write(long.slice(0, 40)), await write(long.slice(40, 41)), await write(long.slice(41))]
  expect(await groupedFiles(paths)).toHaveLength(3)
  await expectSame(paths)
})

test('what is not whole is brought together as before', async () => {
  const traces = generatedTraces('otel', 20)
  const halves = [0, 1].map(half =>
    traces.map(({ traceId, spans }) => ({ traceId, spans: spans.filter((_, i) => i % 2 === half) })),
  )
  const paths = [await write(halves[0]!), await write(halves[1]!)]
  expect(await groupedFiles(paths)).toBeUndefined()
  const twice = await write([...halves[0]!, ...halves[1]!])
  expect(await groupedFiles([twice])).toBeUndefined()
  const spelled = await write([
    { traceId: `${'0'.repeat(16)}aaaaaaaaaaaaaaaa`, spans: [span({})] },
    { traceId: 'aaaaaaaaaaaaaaaa', spans: [span({})] },
  ])
  expect(await groupedFiles([spelled])).toBeUndefined()
  for (const own of [paths, [twice], [spelled], [twice, twice]]) await expectSame(own)
  const compressed = `${paths[0]}.gz`
  writeFileSync(compressed, gzipSync(Buffer.from('')))
  for (const own of [[compressed], [folder], ['-'], [join(folder, 'none')]])
    expect(await groupedFiles(own)).toBeUndefined()
  expect(await groupedFiles([paths[0]!], 'ndjson')).toBeUndefined()
})

test('spans that the target cannot hold: the first is the error, or each is left out', async () => {
  const bad = '\ud800'
  const event = { timeNanos: 1n, name: bad, attributes: [], droppedAttributesCount: 0 }
  const places: Partial<Span>[] = [
    ...[{ name: bad }, { traceState: bad }, { status: { code: 2, message: bad } }, { events: [event] }],
    ...[{ resource: { ...resource, schemaUrl: bad } }, { scope: { ...scopes[0]!, name: bad } }],
    { attributes: [{ key: 'list', value: { entries: [{ key: bad, value: 1n }] } }] },
  ]
  const refused = named(
    places.map((fields, i) => ({ traceId: '', spans: [span({ resource }), span({ resource, ...fields, kind: i })] })),
    2 ** 33,
  )
  for (const { spans } of refused) expect(surrogateRefusal(spans[1]!)).toBeDefined()
  const path = await write([...generatedTraces('otel', 8), ...refused, ...named(generatedTraces('otel', 8), 77)], 20)
  const strict = await expectSame([path])
  expect(strict.map(({ error }) => error !== undefined)).toEqual(targets.map(({ refusal }) => refusal !== undefined))
  const skipped = await expectSame([path], true)
  expect(skipped.some(({ left }) => (left as unknown[]).length > 0)).toBe(true)
  const none = await write([{ traceId: '1'.repeat(32), spans: [span({ name: '\ud800' })] }])
  for (const pool of [undefined, ...pools])
    expect((await asParts([none], targets.find(({ refusal }) => refusal)!, true, pool)).error?.message).toMatch(
      /holds no spans that can be read; left out: /,
    )
})

test(`corrupt files: the same error, or the same traces before it (seed ${seed})`, async () => {
  const sink = new MemorySink()
  const config = { ...profiles.default, writeBufferSize: 20_000 }
  await encodeBlockpack(streamOf([generatedTraces('otel', 40)]), sink, config, { spansPerPageGroup: 60 })
  const bytes = sink.bytes()
  let errorCount = 0
  for (let round = 0; round < 8; round++) {
    const bad = Buffer.from(round === 7 ? bytes.subarray(0, bytes.length / 2) : bytes)
    bad[Math.floor((draw() * 0.9 + 0.05) * bad.length)]! ^= 1 << Math.floor(draw() * 8)
    const path = save(bad)
    errorCount += (await expectSame([path])).filter(({ error }) => error).length
    await expectSame([path], true)
  }
  expect(errorCount).toBeGreaterThan(5)
})

test('who takes no more ends it: no job is left, and the file is closed', async () => {
  const path = await write(generatedTraces('otel', 200), 40)
  const files = (await groupedFiles([path]))!
  const pool = pools.at(-1)!
  let [started, ended] = [0, 0]
  const counting = Object.assign(Object.create(pool) as WorkerPool, {
    run: async (...job: Parameters<WorkerPool['run']>) => {
      started++
      return pool.run(...job).finally(() => ended++)
    },
  })
  Object.defineProperties(counting, {
    count: { value: pool.count },
    minSpans: { value: 0 },
    width: { value: pool.width },
  })
  for await (const batch of encodedBatches(files, targets[0]!, { losses: new Losses(), workers: counting })) {
    expect(batch.spanCount).toBeGreaterThan(0)
    break
  }
  expect(ended).toBe(started)
  expect(started).toBeLessThanOrEqual(pool.width + 1)
})

test('what is small is encoded without a thread', async () => {
  const path = await write(generatedTraces('otel', 5))
  startWorkersFrom('/nowhere.mjs')
  const pool = new WorkerPool(2, 1e6)
  try {
    expect((await asParts([path], targets[0]!, false, pool)).error).toBeUndefined()
    const none = new WorkerPool(2, 0)
    expect((await asParts([path], targets[0]!, false, none)).error?.message).toMatch(
      /workers: a thread ended by an error/,
    )
    await none.close()
  } finally {
    startWorkersFrom(undefined)
    await pool.close()
  }
})
