import { beforeAll, expect, test } from 'vitest'
import type { RangeReader } from '../../../../lib/bytes/range.ts'
import { type BlockParts, openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { findTraces } from '../../../../lib/formats/vparquet/find.ts'
import { readTraceSummaries } from '../../../../lib/formats/vparquet/read-block.ts'
import { countReads } from '../../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { openPack } from '../../../../lib/storage/pack.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../../lib/traceql/metrics/metrics.ts'
import phase from '../../../../phases/23-vparquet4.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { corpusPath } from '../../../support/corpora.ts'
import { drawsOf } from '../../../support/draws.ts'
import { describeFiles, digests, readJson, readTraces, referencePath, tempoRange } from '../../traceql/references.ts'

const capture = corpusPath('otlp-stef-hipstershop/hipstershop-oteltraces.otlp-multipart.pb.zst')
const seed = Number(process.env.SEED ?? 20261128)
const queriesFile = 'hipstershop-queries.json'

async function readText(file: RangeReader): Promise<string> {
  const [bytes] = await file.read([{ start: 0, end: file.byteLength }])
  return Buffer.from(bytes!).toString()
}

interface Queries {
  start: string
  end: string
  stepNs: number
  queries: {
    query: string
    kind: string
    nTraces: number
    tracesSha256: string
    spansSha256: string
    series: string[]
  }[]
}

describeFiles('hipstershop as a block of vParquet4', [referencePath(queriesFile), capture], () => {
  const { start, end, stepNs, queries } = readJson(queriesFile) as Queries
  let bytes: Buffer
  beforeAll(async () => {
    const sink = new MemorySink()
    await phase.encode(streamOf([await readTraces(capture)]), sink, {})
    bytes = sink.bytes()
  }, 120_000)

  test('takes about what the real Tempo takes with its filters, 85.4 bytes a span', () => {
    expect(bytes.length / 86_583).toBeCloseTo(88.5, 1)
  })

  test(`finds each of fifty traces by its id in four round trips and 300 KiB, opening it and the filter among them (seed ${seed})`, async () => {
    const parts = [...(await openPack(openMemory(bytes)))].map(
      ([name, part]) => [name.split('/').at(-1)!, part] as const,
    )
    const files = new Map(parts.map(([name, part]) => [name, countReads(part)]))
    const data = files.get('data.parquet')!
    const meta = await readText(files.get('meta.json')!)
    const beside: BlockParts = { withPart: async (name, use) => use(files.get(name)!), warn: expect.fail }
    const ids = (await collect(readTraceSummaries(await openVparquet(data, meta)))).flat().map(({ traceId }) => traceId)
    const draw = drawsOf(seed)
    for (const traceId of Array.from({ length: 50 }, () => ids[Math.floor(draw() * ids.length)]!)) {
      for (const file of files.values()) file.reset()
      const found = await collect(findTraces(await openVparquet(data, meta, beside), [traceId]))
      expect(found.map(trace => trace.traceId)).toEqual([traceId])
      expect(data.roundTrips, traceId).toBeLessThanOrEqual(4)
      const read = [...files.values()].reduce((sum, { reads }) => sum + reads.bytes, 0)
      expect(read, traceId).toBeLessThanOrEqual(300 << 10)
    }
  }, 60_000)

  test('gives the answers of the twelve searches', async () => {
    const source = await phase.open!(openMemory(bytes))
    for (const { query, nTraces, tracesSha256, spansSha256 } of queries.filter(({ kind }) => kind === 'search')) {
      const found = await search(source, parseQuery(query), { limit: 1e9, spss: 1e9 })
      expect(found.traces.length, query).toBe(nTraces)
      expect(digests(found), query).toMatchObject({ tracesSha256, spansSha256 })
    }
  }, 60_000)

  test('gives as many series and points of the eight metrics', async () => {
    const source = await phase.open!(openMemory(bytes))
    const range = tempoRange({ start, end, stepNs })
    for (const { query, series } of queries.filter(({ kind }) => kind === 'metrics')) {
      const found = await queryRange(source, parseQuery(query), range)
      expect(found.series.flatMap(({ samples }) => samples).length, query).toBe(series.length)
    }
  }, 60_000)

  test("its data are within a tenth of Tempo's own, with default columns", async () => {
    const [data] = (await openPack(openMemory(bytes))).values()
    expect(Math.abs(data!.byteLength / 7_290_179 - 1)).toBeLessThan(0.1)
  })
})
