import { beforeAll, describe, expect, test } from 'vitest'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { type MetricsAnswer, queryRange } from '../../../../lib/traceql/metrics/metrics.ts'
import { describeReference, readLines, readTraces, referencePath, tempoRange } from '../references.ts'

interface Answer {
  q: string
  start: string
  end: string
  stepNs: string
  finalSeries: Pick<MetricsAnswer, 'series'>
}

const sampled = 'Tempo samples at random where it is told to; here nothing is ever sampled'
const nilLabel = 'Tempo leaves out the label of a group that is nil, of quantiles only and not always'
const cut = 'Tempo stopped at 1,000 series, of which 1,006 are left'
const sums = 'Tempo forgets the sum of an interval where a span lacks the attribute'
const orphans = 'Tempo leaves spans out of structure whose chain of parents reaches no root'

/** By query, where Tempo's answer is not the true one: why. */
const defectsAnywhere: Readonly<Record<string, string>> = {
  '{} | count_over_time() by (name) with(sample=0.1)': sampled,
  '{} | count_over_time() by (name) | bottomk(10) with(sample=0.1)': sampled,
  '{} | quantile_over_time(duration, 0, 0.9, 1) by (span.http.path)': nilLabel,
  '{} | quantile_over_time(duration, 0, 0.9, 1) by (span.http.path) | topk(10)': nilLabel,
}
const defects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'search vParquet4': defectsAnywhere,
  'search vParquet5': {
    ...defectsAnywhere,
    '{} | quantile_over_time(duration, .99) by (span.http.status_code)': nilLabel,
  },
  'demo-blob vParquet4': {
    ...defectsAnywhere,
    '{} | count_over_time() | topk(10) != 0 with(sample=0.1)': sampled,
    '{} | count_over_time() | topk(10) >= 0 with(sample=0.1)': sampled,
    '{} | rate() by (span.http.url)': cut,
    '{ } | sum_over_time(span.db.rows) by (kind)': sums,
    '{ } > { status = error } | rate()': orphans,
  },
}

/** By labels and time the value. */
function pointsOf({ series }: Pick<MetricsAnswer, 'series'>): Map<string, number> {
  const points = new Map<string, number>()
  for (const { labels, samples } of series) {
    const key = labels.map(label => `${label.key}=${JSON.stringify(label.value)}`).sort()
    for (const { timestampMs, value = 0 } of samples) points.set(`${key.join()} @${timestampMs}`, value)
  }
  return points
}

function differences(expected: Map<string, number>, actual: Map<string, number>): string[] {
  const missing = [...expected].filter(([key, value]) => {
    const own = actual.get(key)
    return own === undefined || Math.abs(own - value) > 1e-9 * Math.abs(value)
  })
  const extra = [...actual].filter(([key]) => !expected.has(key))
  return [
    ...missing.map(([key, value]) => `${key}: ${value}, got ${actual.get(key)}`),
    ...extra.map(([key, value]) => `${key}: none, got ${value}`),
  ]
}

describe.each([
  ['search', 'vParquet4'],
  ['search', 'vParquet5'],
  ['demo-blob', 'vParquet4'],
])('what Tempo counted in %s, %s', (folder, version) => {
  const input = `tempo-blocks/${folder}/traces.otlp.jsonl.gz`
  const answersFile = `tempo-blocks/${folder}/answers-metrics-${version}.ndjson.gz`
  describeReference('every query', [input, answersFile], () => {
    let traces: Trace[]
    let source: SpanSource
    beforeAll(async () => {
      traces = await readTraces(referencePath(input))
      source = keptSource(traces, { batchSpanCount: 1000 })
    })
    const answers = readLines(answersFile) as Answer[]

    const ask = (answer: Answer): Promise<MetricsAnswer> =>
      queryRange(source, parseQuery(answer.q), {
        ...tempoRange(answer),
        maxSeries: Number.POSITIVE_INFINITY,
      })

    test.each(answers.filter(({ q }) => !q.includes('compare')))('$q', async answer => {
      const actual = await ask(answer)
      const found = differences(pointsOf(answer.finalSeries), pointsOf(actual))
      const defect = defects[`${folder} ${version}`]![answer.q]
      if (defect === undefined) {
        expect(found).toEqual([])
        expect(actual.series).toHaveLength(answer.finalSeries.series.length)
      } else expect(found, `no longer so: ${defect}`).not.toEqual([])
    })

    // The block of search lost spans in Tempo: its comparisons count 87 of 524 spans, its own rate() all of them.
    const comparisons = folder === 'search' ? [] : answers.filter(({ q }) => q.includes('compare'))
    test.each(comparisons)('$q', async answer => {
      const actual = pointsOf(await ask(answer))
      const expected = pointsOf(answer.finalSeries)
      // Arrays and what dedicated columns lack are the value nil in Tempo, which counts fields of the query twice.
      const dedicated = /span\.http\.(method|url|status_code)|resource\.pod|span\.(tags|sizes)/
      const isTwice = (key: string): boolean =>
        ['name', 'status'].some(name => answer.q.includes(name) && key.includes(`,${name}=`))
      const wrong = [...expected].filter(([key, value]) => {
        const own = actual.get(key)
        // Of values that occur equally often Tempo answers any.
        if (own === undefined || dedicated.test(key)) return false
        return own !== value && !(isTwice(key) && value === 2 * own)
      })
      expect(wrong).toEqual([])
      expect([...expected.keys()].filter(key => actual.has(key)).length).toBeGreaterThan(2000)
    })

    test.runIf(folder === 'demo-blob')(`${sums}: the true ones`, async () => {
      const answer = answers.find(({ q }) => q === '{ } | sum_over_time(span.db.rows) by (kind)')!
      const { series } = await ask(answer)
      const total = series.flatMap(({ samples }) => samples).reduce((sum, { value = 0 }) => sum + value, 0)
      const rows = traces.flatMap(({ spans }) => spans.flatMap(span => span.attributes))
      expect(total).toBe(rows.reduce((sum, { key, value }) => sum + (key === 'db.rows' ? Number(value) : 0), 0))
    })
  })
})
