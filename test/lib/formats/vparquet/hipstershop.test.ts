import { beforeAll, expect, test } from 'vitest'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../../lib/traceql/metrics/metrics.ts'
import phase from '../../../../phases/23-vparquet4.ts'
import { streamOf } from '../../../support/chunks.ts'
import { corpusPath } from '../../../support/corpora.ts'
import { describeFiles, digests, readJson, readTraces, referencePath, tempoRange } from '../../traceql/references.ts'

const capture = corpusPath('otlp-stef-hipstershop/hipstershop-oteltraces.otlp-multipart.pb.zst')
const queriesFile = 'hipstershop-queries.json'

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
})
