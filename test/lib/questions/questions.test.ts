import { expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { Answer, Question } from '../../../lib/model/question.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { askSource, SourceAsker } from '../../../lib/questions/ask-source.ts'
import { errorOf } from '../../../lib/questions/error.ts'
import { askTruths, priceOf } from '../../../lib/questions/price.ts'
import { questionSet } from '../../../lib/questions/questions.ts'
import { randomnessOf, thresholdOf, withThreshold } from '../../../lib/sampling/threshold.ts'
import { weightedSource } from '../../../lib/sampling/weights.ts'
import { generatedTraces } from '../../support/generated.ts'
import { attributes, span } from '../../support/nasty.ts'

const seed = 20261128

const resource = (service: string) => ({
  attributes: attributes(['service.name', service]),
  droppedAttributesCount: 0,
  schemaUrl: '',
})

/** Three traces of shop > db; the second has an error, the third a second call. */
const traces: Trace[] = [1, 2, 3].map(number => ({
  traceId: `0000000000000000000000000000000${number}`,
  spans: [
    span({ spanId: '0000000000000001', name: 'buy', startNanos: 10n, endNanos: 110n, resource: resource('shop') }),
    ...Array.from({ length: number === 3 ? 2 : 1 }, (_, call) =>
      span({
        spanId: `000000000000000${call + 2}`,
        parentSpanId: '0000000000000001',
        name: 'select',
        startNanos: BigInt(10 + number),
        endNanos: BigInt(10 + 11 * number),
        status: number === 2 ? { code: 2, message: '' } : null,
        resource: resource('db'),
      }),
    ),
  ],
}))

async function valuesOf(question: Question, source = memorySource(traces)): Promise<Record<string, number>> {
  const answer = await askSource(source, question)
  if (answer.kind !== 'values') throw new Error(`got ${answer.kind}`)
  return Object.fromEntries([...answer.values].map(([group, { value }]) => [group.replace('\0', ' > '), value]))
}

test('counts, shares, durations and calls are those of the spans, by hand', async () => {
  expect(await valuesOf({ ask: 'spans', by: 'service' })).toEqual({ shop: 3, db: 4 })
  expect(await valuesOf({ ask: 'spans', by: 'operation' })).toEqual({ 'shop > buy': 3, 'db > select': 4 })
  expect(await valuesOf({ ask: 'errors', by: 'service' })).toEqual({ shop: 0, db: 0.25 })
  expect(await valuesOf({ ask: 'duration', by: 'service', quantile: 0.5 })).toEqual({ shop: 100, db: 20 })
  expect(await valuesOf({ ask: 'duration', by: 'service', quantile: 0.51 })).toEqual({ shop: 100, db: 30 })
  expect(await valuesOf({ ask: 'edges' })).toEqual({ 'shop > db': 4 })
  expect(await valuesOf({ ask: 'trace', traceId: '3' })).toEqual({ 'shop > buy': 1, 'db > select': 2 })
})

test('a range counts spans by their starts, its end left out', async () => {
  const range = { startNanos: 11n, endNanos: 13n }
  expect(await valuesOf({ ask: 'spans', by: 'service', range })).toEqual({ db: 2 })
  expect(await valuesOf({ ask: 'edges', range })).toEqual({ 'shop > db': 2 })
})

test('a comparison subtracts shares', async () => {
  const shares = await valuesOf({ ask: 'compare', selection: '{ status = error }' })
  expect(shares['name > {"stringValue":"select"}']).toBeCloseTo(1 - 3 / 6)
  expect(shares['name > {"stringValue":"buy"}']).toBeCloseTo(0 - 3 / 6)
})

/** The same spans, of which each represents four. */
function fourfold(source: SpanSource): SpanSource {
  return {
    ...source,
    async *scan(request, limits) {
      for await (const batch of source.scan(request, limits)) {
        const weights = new Float64Array(batch.spanCount).fill(4)
        yield { ...batch, spanCount: batch.spanCount, weights }
      }
    },
  }
}

test('spans count as often as they represent one, and a sample says that it is one', async () => {
  const sample = fourfold(memorySource(traces))
  expect(await valuesOf({ ask: 'spans', by: 'service' }, sample)).toEqual({ shop: 12, db: 16 })
  expect(await valuesOf({ ask: 'edges' }, sample)).toEqual({ 'shop > db': 16 })
  expect(await valuesOf({ ask: 'errors', by: 'service' }, sample)).toEqual({ shop: 0, db: 0.25 })
  expect(await valuesOf({ ask: 'duration', by: 'service', quantile: 0.51 }, sample)).toEqual({ shop: 100, db: 30 })
  const found = await askSource(sample, { ask: 'search', query: '{ status = error }' })
  expect(found).toEqual({
    kind: 'traces',
    basis: 'sample of 3 traces',
    traceIds: new Set(['2']),
    isComplete: false,
  })
  expect(await askSource(sample, { ask: 'trace', traceId: '00000000000000000000000000000009' })).toEqual({
    kind: 'unanswerable',
    reason: 'trace 9 is not in the sample of 3 traces',
  })
})

const values = (entries: Record<string, number | [low: number, value: number, high: number]>): Answer => ({
  kind: 'values',
  basis: 'exact',
  values: new Map(
    Object.entries(entries).map(([group, entry]) =>
      typeof entry === 'number'
        ? [group, { value: entry }]
        : [group, { low: entry[0], value: entry[1], high: entry[2] }],
    ),
  ),
})

test('errors are relative; what is missing counts as 1, and bounds are held against the truth', () => {
  const truth = values({ a: 10, b: 100, c: 4, d: 0 })
  const answer = values({ a: [8, 9, 12], b: [101, 110, 120], c: 4, e: 5 })
  expect(errorOf({ ask: 'spans', by: 'service' }, truth, answer)).toEqual({
    median: 0.1,
    worst: 1,
    outside: 0.5,
    missing: 1,
    invented: 1,
    basis: 'exact',
  })
})

test('the distance of sets of traces counts missing and invented ones', () => {
  const found = (...ids: string[]): Answer => ({
    kind: 'traces',
    basis: 'exact',
    traceIds: new Set(ids),
    isComplete: true,
  })
  const question: Question = { ask: 'search', query: '{ }' }
  expect(errorOf(question, found('1', '2', '3'), found('2', '3', '4'))).toMatchObject({ worst: 0.5, missing: 1 })
  expect(errorOf(question, found(), found())).toMatchObject({ worst: 0 })
  expect(errorOf(question, found('1'), { kind: 'unanswerable', reason: 'none' })).toBeUndefined()
})

test('questions are the same whatever the order of traces, others with another seed, and all have an answer', async () => {
  const some = generatedTraces('otel', 100)
  const asker = new SourceAsker(memorySource(some))
  const set = await questionSet(asker, seed)
  expect(await questionSet(new SourceAsker(memorySource([...some].reverse())), seed)).toEqual(set)
  expect(await questionSet(asker, seed + 1)).not.toEqual(set)
  const truths = await askTruths(set, question => asker.ask(question))
  for (const { name, questions } of truths)
    for (const { truth } of questions)
      if (truth.kind === 'values') expect(truth.values.size, name).toBeGreaterThan(0)
      else if (truth.kind === 'traces') expect(truth.traceIds.size, name).toBeGreaterThan(0)
})

test('of spans without attributes, errors and parents what can be asked is asked', async () => {
  const asker = new SourceAsker(memorySource([{ traceId: '01', spans: [span({ spanId: '01' })] }]))
  const set = await questionSet(asker)
  expect(set.map(({ name }) => name)).not.toContain('search an attribute')
  const truths = await askTruths(set, question => asker.ask(question))
  const prices = await priceOf(truths, question => asker.ask(question))
  for (const { question, worstError, invented } of prices)
    expect([question, worstError ?? 0, invented]).toEqual([question, 0, 0])
})

test('samples bound their estimates: most bounds hold the truth, and those of what is always kept are the truth', async () => {
  const all = generatedTraces('otel', 400)
  const asker = new SourceAsker(memorySource(all))
  const groups = (await questionSet(asker)).filter(({ name }) => /^(spans|errors|p\d+) by|^calls/.test(name))
  const asked = await askTruths(groups, question => asker.ask(question))
  const threshold = thresholdOf(0.3)
  const kept = all
    .filter(({ traceId }) => randomnessOf(traceId, '') >= threshold)
    .map(({ traceId, spans }) => ({
      traceId,
      spans: spans.map(own => ({ ...own, traceState: withThreshold('', threshold) })),
    }))
  const sample = new SourceAsker(weightedSource(memorySource(kept)))
  for (const { question, outside, basis } of await priceOf(asked, one => sample.ask(one))) {
    expect(basis).toBe(`sample of ${kept.length} traces`)
    expect(outside, question).toBeLessThan(0.25)
  }
  for (const { outside } of await priceOf(asked, one => asker.ask(one))) expect(outside).toBeNull()
})

test('spans of one trace with several weights sum up as they are, and are one case', async () => {
  const mixed = memorySource([
    {
      traceId: `${'0'.repeat(31)}1`,
      spans: ['8', 'c'].map(th =>
        span({ spanId: `0${th}`, traceState: `ot=th:${th};rv:${'f'.repeat(14)}`, resource: resource('a') }),
      ),
    },
  ])
  const answer = await askSource(weightedSource(mixed), { ask: 'spans', by: 'service' })
  if (answer.kind !== 'values') throw new Error(answer.kind)
  const { value, low, high } = answer.values.get('a')!
  expect(value).toBe(6)
  expect(low).toBeLessThanOrEqual(2)
  expect(high).toBeGreaterThan(6)
})
