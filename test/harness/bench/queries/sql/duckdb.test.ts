import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  answerDifference,
  limitedDifference,
  printFacts,
} from '../../../../../harness/bench/queries/answer-difference.ts'
import { type Answer, ask, usualTerms } from '../../../../../harness/bench/queries/ask.ts'
import { builtInSet } from '../../../../../harness/bench/queries/built-in.ts'
import { questionOf } from '../../../../../harness/bench/queries/query-set.ts'
import { askDuckDb, duckDbProblem, withDatabase } from '../../../../../harness/bench/queries/sql/duckdb.ts'
import { describeTable } from '../../../../../harness/bench/queries/sql/table.ts'
import { writeFlat } from '../../../../../lib/import/tables.ts'
import { keptSource } from '../../../../../lib/model/kept-source.ts'
import type { Trace } from '../../../../../lib/model/trace.ts'
import { MemorySink } from '../../../../../lib/storage/memory.ts'
import { streamOf } from '../../../../support/chunks.ts'
import { drawsOf } from '../../../../support/draws.ts'
import { generatedTraces } from '../../../../support/generated.ts'
import { attributes, span } from '../../../../support/nasty.ts'

const folder = mkdtempSync(join(tmpdir(), 'duckdb-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const kept = { spanOrder: false, spanIds: 'kept' } as const

async function fileOf(name: string, traces: readonly Trace[]): Promise<string> {
  const sink = new MemorySink()
  await writeFlat(streamOf([traces]), sink)
  const path = join(folder, `${name}'s.parquet`)
  writeFileSync(path, sink.bytes())
  return path
}

function rangeOf(traces: readonly Trace[]) {
  const starts = traces.flatMap(({ spans }) => spans.map(({ startNanos }) => startNanos)).sort()
  return { startNanos: String(starts[0]), endNanos: String(starts.at(-1)! + 1n), stepNanos: '7000000000' }
}

/** Asks DuckDB and the traces themselves the same, and gives the first difference of each text, or why it is refused. */
async function differences(
  traces: readonly Trace[],
  texts: readonly string[],
  limit: number = usualTerms.limit,
): Promise<Record<string, string>> {
  const file = await fileOf('traces', traces)
  const source = keptSource(traces)
  const terms = {
    ...usualTerms,
    range: rangeOf(traces),
    maxSeries: 1e6,
    spansPerSet: Number.MAX_SAFE_INTEGER,
  }
  return withDatabase(file, async database => {
    const table = await describeTable(database.ask)
    const found: Record<string, string> = {}
    for (const text of texts) {
      const question = questionOf({ text })
      const expected = printFacts(await ask(source, question, terms))
      const actual = await askDuckDb(database.ask, table, question, { ...terms, limit }).then(printFacts, messageOf)
      const difference = !actual.startsWith('{')
        ? actual
        : limit === usualTerms.limit
          ? answerDifference(expected, actual, kept)
          : limitedDifference(expected, actual, limit, kept)
      if (difference !== undefined) found[text] = difference
    }
    return found
  })
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) throw error
  return error.message
}

const conditions = [
  'true',
  'name = `HGETALL`',
  'name != `HGETALL`',
  'name =~ `.*(GET|process).*`',
  'name !~ `.*(GET|process).*`',
  'duration > 5ms',
  '5ms <= duration',
  'duration < 1500000',
  'duration > 1000000.5',
  'status = error',
  'status != ok',
  'status = unset',
  'kind = server',
  'kind != client',
  'resource.service.name = `order-service`',
  'resource.service.name != `order-service`',
  'resource.service.name =~ `(order|user)-.*`',
  '.service.name = `order-service`',
  'span.http.response.status_code >= 400',
  'span.http.response.status_code != 200',
  'span.http.response.status_code = 200.0',
  'span.http.response.status_code = `200`',
  'span.http.response.status_code = nil',
  'span.http.response.status_code != nil',
  'span.rpc.system = `grpc`',
  'span.rpc.system != `grpc`',
  '.rpc.system = `grpc`',
  '.k8s.pod.name != nil',
  '.no.such = nil',
  'span.no.such = "it\'s"',
  'span.rpc.system = 1',
  'rootServiceName = `api-gateway`',
  'rootName != `nothing`',
  'traceDuration > 20ms',
  'statusMessage = ``',
  '!(duration > 5ms)',
  '!(span.rpc.system = `grpc`)',
  '!(span.http.response.status_code != 200 && kind = server)',
  'name IN [`HGETALL`, `GET`]',
] as const

const operators = [
  '&&',
  '||',
  '>',
  '>>',
  '<',
  '<<',
  '~',
  '!>',
  '!>>',
  '!<',
  '!<<',
  '!~',
  '&>',
  '&>>',
  '&<',
  '&<<',
  '&~',
]

describe.skipIf(duckDbProblem() !== undefined)('DuckDB answers as the traces do (needs @duckdb/node-api)', () => {
  const traces = generatedTraces('otel', 60)

  test('each condition', async () => {
    expect(
      await differences(
        traces,
        conditions.map(text => `{ ${text} }`),
      ),
    ).toEqual({})
  })

  test('each operation between spansets, of drawn conditions', async () => {
    const seed = 15
    const draw = drawsOf(seed)
    const one = () => `{ ${conditions[Math.floor(draw() * conditions.length)]} }`
    const texts = operators.flatMap(operator => Array.from({ length: 3 }, () => `${one()} ${operator} ${one()}`))
    expect({ seed, found: await differences(traces, texts) }).toEqual({ seed, found: {} })
  }, 60_000)

  test('conditions joined, drawn', async () => {
    const seed = 16
    const draw = drawsOf(seed)
    const one = () => conditions[Math.floor(draw() * conditions.length)]!
    const join = () => (draw() < 0.5 ? '&&' : '||')
    const texts = Array.from({ length: 40 }, () => `{ (${one()} ${join()} !(${one()})) ${join()} ${one()} }`)
    expect({ seed, found: await differences(traces, texts) }).toEqual({ seed, found: {} })
  }, 60_000)

  test('aggregates, selections and pipelines', async () => {
    const texts = [
      '{ } | count() > 10',
      '{ kind = server } | 3 < count()',
      '{ } | count() != 1 | max(duration) > 5ms',
      '{ } | min(duration) < 1ms',
      '{ } | max(span.http.response.status_code) >= 400',
      '{ status = error } | { kind = server }',
      '{ kind = client } | select(name, span.rpc.system, resource.k8s.pod.name, span:duration, status, kind)',
      '{ kind = server } | select(.service.name, span.http.response.status_code, rootName, traceDuration)',
      '({ kind = server } | count() > 2) && { status = error }',
      '({ kind = server } | count() > 2) >> { kind = client }',
    ]
    expect(await differences(traces, texts)).toEqual({})
  })

  test('metrics of each kind', async () => {
    const texts = [
      '{ } | rate()',
      '{ name = `nothing` } | rate()',
      '{ } | count_over_time() by (resource.service.name, status, kind)',
      '{ } | rate() by (span.http.response.status_code)',
      '{ } | rate() by (.k8s.pod.name, rootServiceName)',
      '{ } | min_over_time(duration) by (name)',
      '{ } | max_over_time(span.http.response.status_code)',
      '{ } | avg_over_time(duration) by (name)',
      '{ } | sum_over_time(duration)',
      '{ } | sum_over_time(span.http.response.status_code) by (kind)',
      '{ } | histogram_over_time(duration) by (kind)',
      '{ } | histogram_over_time(span.http.response.status_code)',
      '{ } | quantile_over_time(duration, .99, .5) by (resource.service.name)',
      '{ kind = server } >> { } | rate() by (name)',
      '{ } | count() > 10 | rate()',
      '{ } | rate() by (name) | topk(3)',
      '({ status = error } | rate() by (name)) / ({ } | rate() by (name)) > 0.1',
      '{ rootName != `nothing` } | rate()',
    ]
    expect(await differences(traces, texts)).toEqual({})
  })

  test('the built-in set, but for compare', async () => {
    const texts = builtInSet('otel').questions.map(({ text }) => text)
    expect(await differences(traces, texts)).toEqual({
      '{ name != nil } | compare({status=error})': 'SQL: compare() is not translated',
    })
  }, 60_000)

  test.each(['classic', 'agent'])(
    'other attributes: %s',
    async name => {
      const texts = ['{ } | select(name)', '{ status = error }', '{ } >> { kind = client }', '{ } | rate() by (name)']
      expect(await differences(generatedTraces(name, 40), texts)).toEqual({})
    },
    60_000,
  )

  test('no more traces than the limit, each as it is', async () => {
    const texts = ['{ }', '{ name = `HGETALL` }', '{ } | count() > 10', '{ kind = server } >> { kind = client }']
    expect(await differences(traces, texts, 7)).toEqual({})
    expect(await differences(traces, texts, 1000)).toEqual({})
  })

  test('what SQL does not say as it is meant is refused by name', async () => {
    const refused = {
      '{ span.a = span.b }': 'SQL: span.a = span.b is not translated',
      '{ duration * 2 > 5ms }': /is not translated$/,
      '{ event:name = `x` }': 'SQL: event:name is not translated',
      '{ name > `x` }': /is not translated$/,
      '{ } | by(name)': 'SQL: the stage by is not translated',
      '{ } | compare({ status = error })': 'SQL: compare() is not translated',
      '{ } | quantile_over_time(duration, .5) with(exact=true)': 'SQL: an exact quantile is not translated',
    }
    const found = await differences(traces, Object.keys(refused))
    for (const [text, message] of Object.entries(refused))
      expect(found[text]).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
  })

  test('an attribute of several types is refused where some of its values are in JSON, and structure where ids repeat', async () => {
    const one = (spanId: string, value: string | bigint | boolean[]) =>
      span({ spanId, attributes: attributes(['mixed', value]) })
    const [first, ...others] = [one('01', 'x'), one('02', 1n), one('02', [true])]
    const below = others.map(own => ({ ...own, parentSpanId: '01' }))
    const mixed: Trace[] = [{ traceId: 'a1', spans: [first!, ...below] }]
    const found = await differences(mixed, ['{ span.mixed = `x` }', '{ } > { }', '{ span.other = nil }'])
    expect(found).toEqual({
      '{ span.mixed = `x` }': expect.stringMatching(
        /^SQL: span\.mixed, of which some values are in span_attributes_json, is/,
      ),
      '{ } > { }': expect.stringMatching(/^SQL: > between spans that share an id/),
    })
  })
})

describe.skipIf(duckDbProblem() !== undefined)('roots that the file does not tell (needs @duckdb/node-api)', () => {
  const refused = 'SQL: the root of a trace that has several, or links to a parent, is not translated'
  const child = { ...span({}), spanId: '02', parentSpanId: '01' }
  const [root, other] = [span({ spanId: '01' }), span({ spanId: '03', name: 'other' })]
  const link = { traceId: 'a1', spanId: '01', traceState: '', flags: 0, droppedAttributesCount: 0 }
  const linked = { ...other, links: [{ ...link, attributes: attributes(['opentracing.ref_type', 'child_of']) }] }

  test.each([
    ['two roots', [root, child, other]],
    ['a link to a parent', [root, child, linked]],
  ])('%s: searches are refused, metrics are not', async (_, spans) => {
    const found = await differences([{ traceId: 'a1', spans }], ['{ }', '{ } | rate()', '{ rootName = `x` } | rate()'])
    expect(found).toEqual({ '{ }': refused, '{ rootName = `x` } | rate()': refused })
  })
})

test('an answer up to a limit is held against the whole one', () => {
  const trace = (traceID: string, matched = 1) => ({ traceID, spanSets: [{ matched, spans: [] }] })
  const print = (...traces: object[]) => printFacts({ traces } as unknown as Answer)
  const whole = print(trace('a'), trace('b'), trace('c'))
  expect(limitedDifference(whole, print(trace('c'), trace('a')), 2, kept)).toBeUndefined()
  expect(limitedDifference(whole, print(trace('c')), 2, kept)).toBe('/traces: 2, got 1')
  expect(limitedDifference(whole, print(trace('c', 2), trace('a')), 2, kept)).toMatch(/matched: 1, got 2$/)
  expect(limitedDifference(whole, print(trace('d'), trace('a')), 2, kept)).toMatch(/^\/traces\/d: nothing/)
})
