import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FloorMeter } from '../../../generator/floor-meter.ts'
import { findWorkload } from '../../../generator/workload.ts'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { ByteBudget, type Limits } from '../../../lib/model/limits.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { weightedSource } from '../../../lib/sampling/weights.ts'
import { joinSources } from '../../../lib/search/join-sources.ts'
import { namedSource } from '../../../lib/search/named-source.ts'
import { countReads } from '../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import { WorkerPool } from '../../../lib/workers/pool.ts'
import { streamOf } from '../../support/chunks.ts'
import { workerCounts } from '../../support/effort.ts'

/** As many spans as make several jobs, in page groups of 1,000 and several row groups. */
const traceCount = 2000
const config = { ...profiles.default, writeBufferSize: 200_000 }

let bytes: Buffer
let pools: readonly WorkerPool[]

beforeAll(async () => {
  bytes = await fileOf(tracesOf(traceCount, 20261128), 1000)
  pools = workerCounts.map(count => new WorkerPool(count, 0))
})
afterAll(() => Promise.all(pools.map(pool => pool.close())))

function tracesOf(count: number, seed: number): Trace[] {
  return [...findWorkload('otel').generate({ traceCount: count, seed }, new FloorMeter())]
}

async function fileOf(traces: readonly Trace[], spansPerPageGroup?: number): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces]), sink, config, { spansPerPageGroup })
  return sink.bytes()
}

async function open(file: Uint8Array, name = 'traces.bp') {
  const reads = countReads(openMemory(file))
  return { source: namedSource(name, blockpackSource(await BlockpackReader.open(reads))), reads }
}

/** What a question gives without workers, and with each number of them: the answer, or the error, and what was read. */
async function outcomes(
  file: Uint8Array,
  ask: (source: SpanSource, limits: Limits) => Promise<unknown>,
  budget?: number,
) {
  const all = []
  for (const workers of [undefined, ...pools]) {
    const { source, reads } = await open(file)
    const limits = { workers, ...(budget === undefined ? {} : { budget: new ByteBudget(budget) }) }
    const outcome = await ask(source, limits).catch(({ name, kind, message }) => ({ name, kind, message }))
    all.push({ outcome, bytes: reads.reads.bytes })
  }
  return all
}

const searches = [
  '{ }',
  '{ status = error }',
  '{ span.http.response.status_code >= 500 } | select(span.url.path, name)',
  '{ status = error } >> { kind = server } | count() > 1',
  '{ name =~ "GET .*" && duration > 20ms } | by(resource.service.name)',
  '{ span.none = 1 }',
]

describe('searches give the same with any number of workers, and read the same', () => {
  for (const text of searches)
    for (const limit of [20, 150, 1e6])
      test(`${text}, limit ${limit}`, async () => {
        const [alone, ...shared] = await outcomes(bytes, (source, limits) =>
          search(source, parseQuery(text), { ...limits, limit }),
        )
        for (const one of shared) expect(one).toEqual(alone)
      })

  test('the newest', async () => {
    const [alone, ...shared] = await outcomes(bytes, (source, limits) =>
      search(source, parseQuery('{ kind = server } with(most_recent=true)'), { ...limits, limit: 7 }),
    )
    for (const one of shared) expect(one.outcome).toEqual(alone!.outcome)
  })
})

const metrics = [
  '{ } | rate()',
  '{ status = error } | count_over_time() by (resource.service.name, name)',
  '{ } | avg_over_time(duration) by (name)',
  '{ } | sum_over_time(span.http.response.body.size)',
  '{ kind = server } | min_over_time(duration) by (kind)',
  '{ } | max_over_time(duration) by (span.http.response.status_code)',
  '{ } | histogram_over_time(duration)',
  '{ } | quantile_over_time(duration, .5, .99) by (name)',
  '{ } | quantile_over_time(duration, .9) with(exact=true)',
  '{ } | compare({ status = error })',
]

describe('metrics give the same doubles with any number of workers', () => {
  for (const text of metrics)
    for (const more of text.includes('by (') ? [{}, { maxSeries: 3, exemplars: 2 }] : [{}])
      test(`${text}${JSON.stringify(more)}`, async () => {
        const [alone, ...shared] = await outcomes(bytes, async (source, limits) => {
          const [first, last] = source.bounds()!
          const range = { startNanos: first + 1n, endNanos: last, stepNanos: (last - first) / 17n }
          return queryRange(source, parseQuery(text), { ...range, ...more, ...limits })
        })
        for (const one of shared) expect(one).toEqual(alone)
      })
})

test('files that share no trace, and files that do', async () => {
  for (const seed of [5, 20261128]) {
    const second = await fileOf(tracesOf(200, seed), 500)
    const answers = []
    for (const workers of [undefined, ...pools]) {
      const source = joinSources([(await open(bytes, 'a')).source, (await open(second, 'b')).source])
      answers.push((await search(source, parseQuery('{ status = error }'), { limit: 400, workers })).traces)
    }
    for (const answer of answers.slice(1)) expect(answer).toEqual(answers[0])
  }
})

test('traces that are shared here and there are left out in the worker', async () => {
  const some = tracesOf(traceCount, 20261128).filter((_, i) => i % 10 === 3)
  const second = await fileOf(some, 500)
  const answers = []
  for (const workers of [undefined, ...pools]) {
    const joined = joinSources([(await open(bytes, 'a')).source, (await open(second, 'b')).source])
    const source = weightedSource(joined)
    const [first, last] = source.bounds()!
    const range = { startNanos: first, endNanos: last + 1n, stepNanos: (last - first) / 7n }
    const text = '{ } | avg_over_time(duration) by (resource.service.name)'
    const { traces } = await search(source, parseQuery('{ status = error }'), { limit: 1e6, workers })
    answers.push([traces, await queryRange(source, parseQuery(text), { ...range, workers })])
  }
  for (const answer of answers.slice(1)) expect(answer).toEqual(answers[0])
})

test('a file of one span, whose pages have no bytes', async () => {
  const [{ traceId, spans }] = tracesOf(1, 1) as [Trace]
  const file = await fileOf([{ traceId, spans: spans.slice(0, 1) }])
  const [alone, ...shared] = await outcomes(file, (source, limits) => search(source, parseQuery('{ }'), limits))
  expect(alone!.outcome).toMatchObject({ traces: [{}] })
  for (const one of shared) expect(one).toEqual(alone)
})

test('what is wrong with a page is thrown with its kind, its file and its place', async () => {
  const broken = Buffer.from(bytes)
  const { pageGroups } = (await BlockpackReader.open(openMemory(bytes))).block.toc
  for (const { start, end } of pageGroups[20]!.bandRanges) broken.fill(0x5a, start, end)
  const [alone, ...shared] = await outcomes(broken, (source, limits) =>
    search(source, parseQuery('{ duration > 20ms }'), { ...limits, limit: 1e6 }),
  )
  expect(alone!.outcome).toMatchObject({ kind: 'corrupt', message: expect.stringMatching(/^traces\.bp: /) })
  for (const one of shared) expect(one.outcome).toEqual(alone!.outcome)
})

test('limits of bytes and of time end it', async () => {
  const [alone, ...shared] = await outcomes(
    bytes,
    (source, limits) => search(source, parseQuery('{ kind = server }'), { ...limits, limit: 1e6 }),
    30_000,
  )
  expect(alone!.outcome).toMatchObject({ kind: 'limit' })
  for (const one of shared) expect(one.outcome).toEqual(alone!.outcome)
  const { source } = await open(bytes)
  const ended = search(source, parseQuery('{ }'), { workers: pools[0], signal: AbortSignal.abort(new Error('enough')) })
  await expect(ended).rejects.toThrow('enough')
})
