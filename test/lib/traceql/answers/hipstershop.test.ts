import { beforeAll, expect, test } from 'vitest'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { type MetricsAnswer, queryRange } from '../../../../lib/traceql/metrics/metrics.ts'
import { corpusPath } from '../../../support/corpora.ts'
import { describeFiles, digests, readJson, readTraces, referencePath, tempoRange } from '../references.ts'

const capture = corpusPath('otlp-stef-hipstershop/hipstershop-oteltraces.otlp-multipart.pb.zst')
const queriesFile = 'hipstershop-queries.json'

interface Queries {
  start: string
  end: string
  stepNs: number
  queries: Question[]
}

interface Question {
  name: string
  kind: 'search' | 'metrics'
  query: string
  nTraces: number
  nSpans: number
  matchedSum: number
  tracesSha256: string
  spansSha256: string
  series: string[]
  exact?: { ts: string; name: string; disc: number }[]
}

/** `labels @time`, with doubles as JavaScript writes them, and the value. */
function point(line: string): [string, number] {
  const space = line.lastIndexOf(' ')
  const key = line.slice(0, space).replace(/"doubleValue":([^}]+)/g, (_, digits) => `"doubleValue":${Number(digits)}`)
  return [key, Number(line.slice(space + 1))]
}

function linesOf({ series }: MetricsAnswer): string[] {
  return series.flatMap(({ labels, samples }) => {
    const key = labels.map(({ key, value }) => `${key}=${JSON.stringify(value)}`).join()
    return samples.map(({ timestampMs, value = 0 }) => `${key} @${timestampMs} ${value}`)
  })
}

describeFiles('the 20 queries of hipstershop', [referencePath(queriesFile), capture], () => {
  const { start, end, stepNs, queries } = readJson(queriesFile) as Queries
  const range = tempoRange({ start, end, stepNs })
  let source: SpanSource
  beforeAll(async () => {
    source = keptSource(await readTraces(capture))
  }, 120_000)

  test.each(queries.filter(({ kind }) => kind === 'search'))('$name $query', async question => {
    const found = await search(source, parseQuery(question.query), { limit: 1e9, spss: 1e9 })
    const { tracesSha256, spansSha256 } = digests(found)
    const matched = found.traces.flatMap(trace => trace.spanSets.map(set => set.matched))
    expect([found.traces.length, matched.reduce((a, b) => a + b)]).toEqual([question.nTraces, question.matchedSum])
    expect([tracesSha256, spansSha256]).toEqual([question.tracesSha256, question.spansSha256])
  })

  test.each(queries.filter(({ kind }) => kind === 'metrics'))('$name $query', async ({ query, series }) => {
    const actual = new Map(linesOf(await queryRange(source, parseQuery(query), range)).map(point))
    const expected = new Map(series.map(point))
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort())
    // The reference has nine digits.
    for (const [key, value] of expected)
      expect(Math.abs(actual.get(key)! - value), key).toBeLessThanOrEqual(1e-8 * Math.abs(value))
  })

  test('quantiles are exact where they are asked to be', async () => {
    const { query, exact } = queries.find(({ name }) => name === 'm04-p99-by-name')!
    const { series } = await queryRange(source, parseQuery(`${query} with(exact=true)`), range)
    const values = new Map(
      series.flatMap(({ labels, samples }) =>
        samples.map(({ timestampMs, value }) => [`${JSON.stringify(labels[0]!.value)} ${timestampMs}`, value]),
      ),
    )
    expect(values.size).toBe(exact!.length)
    for (const { ts, name, disc } of exact!)
      expect(values.get(`${JSON.stringify({ stringValue: name })} ${ts}`), `${name} ${ts}`).toBeCloseTo(disc, 9)
  })
})
