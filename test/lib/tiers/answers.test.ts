import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { Answer, Question } from '../../../lib/model/question.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { SourceAsker } from '../../../lib/questions/ask-source.ts'
import { questionSet } from '../../../lib/questions/questions.ts'
import { weightedSource } from '../../../lib/sampling/weights.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { answerFromTiers } from '../../../lib/tiers/answer.ts'
import { openTiers, type TiersFile } from '../../../lib/tiers/file.ts'
import { parseTiers } from '../../../lib/tiers/tier-list.ts'
import { encodeTiers } from '../../../lib/tiers/write.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { streamOf } from '../../support/chunks.ts'
import { drawsOf } from '../../support/draws.ts'
import { isThorough } from '../../support/effort.ts'
import { generatedTraces } from '../../support/generated.ts'
import { attributes, nastyCorpora, span } from '../../support/nasty.ts'

const lists = [
  'exact:25%,renamed:50%,exemplars:75%,rollup:inf',
  'exact:10%,rollup:inf',
  'renamed:inf',
  'exemplars:inf',
  'rollup:inf',
]

async function tiered(traces: readonly Trace[], list: string): Promise<TiersFile> {
  const sink = new MemorySink()
  await encodeTiers(streamOf([traces]), sink, parseTiers(list), 1)
  return openTiers(openMemory(sink.bytes()))
}

const counting: readonly Question[] = [
  ...(['service', 'operation'] as const).flatMap((by): Question[] => [
    { ask: 'spans', by },
    { ask: 'errors', by },
    ...[0.5, 0.95, 0.99].map((quantile): Question => ({ ask: 'duration', by, quantile })),
  ]),
  { ask: 'edges' },
]

function valuesOf(answer: Answer, what: string) {
  if (answer.kind !== 'values') throw new Error(`${what}: ${JSON.stringify(answer)}`)
  return answer.values
}

/** Counts and shares are those of the spans; a quantile's bounds hold the truth, or it is the truth. */
async function expectCounts(file: TiersFile, asker: SourceAsker, question: Question): Promise<void> {
  const what = JSON.stringify(question, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
  const truth = valuesOf(await asker.ask(question), what)
  const answer = valuesOf(await answerFromTiers(file, question), what)
  expect([...answer.keys()].sort(), what).toEqual([...truth.keys()].sort())
  for (const [group, { value }] of truth) {
    const { low, high, ...found } = answer.get(group)!
    if (low === undefined)
      expect(Math.abs(found.value - value), `${what} ${group}`).toBeLessThanOrEqual(1e-9 * Math.abs(value))
    else expect(low <= value && value <= high!, `${what} ${group}: ${value} in [${low}, ${high}]`).toBe(true)
  }
}

async function expectAllCounts(traces: readonly Trace[], own: readonly string[] = [lists[0]!]): Promise<void> {
  const asker = new SourceAsker(weightedSource(memorySource(traces)))
  for (const list of own) {
    const file = await tiered(traces, list)
    for (const question of counting) await expectCounts(file, asker, question)
  }
}

/** Oracles round durations that are 2^53 ns apart and more. */
function isShort(traces: readonly Trace[]): boolean {
  const spans = traces.flatMap(({ spans }) => spans)
  return spans.every(({ startNanos, endNanos }) => Math.abs(Number(endNanos - startNanos)) < 2 ** 51)
}

describe('counts are exact, whichever tiers spans are in', () => {
  test.each(
    nastyCorpora
      .filter(({ traces, name }) => isShort(traces) && !name.startsWith('spellings'))
      .map(({ name, traces }) => [name, traces] as const),
  )('%s', async (_, traces) => {
    await expectAllCounts(traces)
  })

  test('arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces.filter(isShort), traces => expectAllCounts(traces)),
      seeded(15),
    )
  })

  test.each(['otel', 'classic', 'agent'])('generated traces: %s', async name => {
    await expectAllCounts(generatedTraces(name, 100), lists)
  })

  test('of spans at both ends of time, whose ages are as wide', async () => {
    const traces = [0n, 1n, 2n ** 63n, 2n ** 64n - 9n].map((startNanos, i): Trace => {
      const own = [
        span({ startNanos, endNanos: startNanos + 8n }),
        span({ startNanos, endNanos: startNanos, name: '' }),
      ]
      return { traceId: `0${i + 1}`, spans: own }
    })
    await expectAllCounts(traces, [...lists, 'exact:1h,renamed:24h,exemplars:7d,rollup:inf'])
  })

  test('of ranges, from whole seconds to all of the time', async () => {
    const seed = 16
    const draw = drawsOf(seed)
    const traces = generatedTraces('otel', 100)
    const asker = new SourceAsker(weightedSource(memorySource(traces)))
    const starts = traces.flatMap(({ spans }) => spans.map(({ startNanos }) => startNanos / 1_000_000_000n))
    const pick = () =>
      (starts[Math.floor(draw() * starts.length)]! + BigInt(Math.floor(draw() * 100) - 50)) * 1_000_000_000n
    for (const list of lists) {
      const file = await tiered(traces, list)
      for (let i = 0; i < (isThorough ? 6 : 2); i++) {
        const [a, b] = [pick(), pick()]
        const range = { startNanos: a < b ? a : b, endNanos: a < b ? b : a }
        for (const question of counting) await expectCounts(file, asker, { ...question, range })
      }
    }
  })
})

const second = 1_000_000_000n
/** From a whole hour on. */
const at = (seconds: bigint) => 1_699_999_200n * second + seconds * second

/** A trace of one span a minute, the last of them first asked for. */
const minutes = Array.from({ length: 100 }, (_, i): Trace => {
  const startNanos = at(BigInt(i) * 60n)
  const fields = {
    startNanos,
    endNanos: startNanos + 5n,
    attributes: attributes(['request.id', `r${i}`], ['zone', 'a']),
  }
  return { traceId: (i + 1).toString(16).padStart(32, '0'), spans: [span({ ...fields, name: `operation ${i % 2}` })] }
})

describe('an answer says what it is from', () => {
  const quarters = tiered(minutes, lists[0]!)
  const ask = async (question: Question) => answerFromTiers(await quarters, question)

  test('exact where the range is of tiers with spans, rollups of the intervals that it takes else', async () => {
    const by = 'service'
    const basisOf = async (startNanos: bigint, endNanos: bigint) => {
      const answer = await ask({ ask: 'spans', by, range: { startNanos, endNanos } })
      return answer.kind === 'values' ? `${answer.basis}: ${[...answer.values.values()][0]?.value ?? 0}` : answer
    }
    expect(await basisOf(at(6_000n - 60n), at(6_000n))).toBe('exact: 1')
    expect(await basisOf(at(0n), at(60n))).toBe('rollup of 1 min: 1')
    expect(await basisOf(at(0n), at(6_000n))).toBe('exact and rollup of 1 h: 100')
    expect(await ask({ ask: 'spans', by })).toMatchObject({ basis: 'exact and rollup of 1 h' })
  })

  test('a range that cuts a second in which spans are rolled up is not answered', async () => {
    const range = { startNanos: at(0n) + 1n, endNanos: at(120n) }
    expect(await ask({ ask: 'spans', by: 'service', range })).toEqual({
      kind: 'unanswerable',
      reason: 'the range cuts second 1699999200, of which rollups have the whole: ask from whole seconds',
    })
    const between = { startNanos: at(1n) + 1n, endNanos: at(60n) + 1n }
    expect(await ask({ ask: 'spans', by: 'service', range: between })).toMatchObject({ kind: 'unanswerable' })
    const free = { startNanos: at(1n) + 1n, endNanos: at(59n) + 1n }
    expect(await ask({ ask: 'spans', by: 'service', range: free })).toMatchObject({ kind: 'values', basis: 'exact' })
  })

  test('a trace that is counted only is not known to be missing', async () => {
    const trace = (number: number): Question => ({ ask: 'trace', traceId: number.toString(16) })
    expect(await ask(trace(100))).toMatchObject({ basis: 'exact' })
    expect(await ask(trace(60))).toMatchObject({ basis: 'renamed' })
    expect(await ask(trace(1))).toEqual({
      kind: 'unanswerable',
      reason: 'trace 1 is not held; 50 traces are kept as exemplars and rollup',
    })
  })

  test('a search that may have missed says so, and no tier is asked that lacks what is searched for', async () => {
    const found = async (query: string, list: string) => {
      const answer = await answerFromTiers(await tiered(minutes, list), { ask: 'search', query })
      return answer.kind === 'traces' ? { count: answer.traceIds.size, isComplete: answer.isComplete } : answer
    }
    const all = '{ span.zone = "a" }'
    expect(await found(all, 'exact:inf')).toEqual({ count: 100, isComplete: true })
    expect(await found(all, 'renamed:inf')).toEqual({ count: 100, isComplete: true })
    expect(await found(all, lists[0]!)).toMatchObject({ isComplete: false })
    expect(await found(all, 'exact:50%,rollup:inf')).toEqual({ count: 50, isComplete: false })
    expect(await found(all, 'rollup:inf')).toEqual({ kind: 'unanswerable', reason: '100 traces are kept as rollup' })
    for (const query of ['{ span.request.id = "r99" }', '{ .request.id = nil }', '{ span:id = "eee19b7ec3c1b174" }']) {
      expect(await found(query, 'exact:50%,renamed:inf')).toMatchObject({ isComplete: false })
      expect(await found(query, 'renamed:inf')).toMatchObject({ kind: 'unanswerable' })
    }
  })

  test('a comparison is not made of spans that are gone, nor of attributes that are', async () => {
    const compare: Question = { ask: 'compare', selection: '{ name = "operation 1" }' }
    expect(await ask(compare)).toEqual({
      kind: 'unanswerable',
      reason: 'attributes of 50 traces are kept as exemplars and rollup',
    })
    const answer = await answerFromTiers(await tiered(minutes, 'exact:50%,renamed:inf'), compare)
    expect(answer).toMatchObject({ kind: 'values', basis: 'exact without span.request.id' })
    const keys = [...valuesOf(answer, 'compare').keys()]
    expect(keys.some(key => key.startsWith('span.zone'))).toBe(true)
    expect(keys.some(key => key.startsWith('span.request.id'))).toBe(false)
  })

  test('templates are counted in every tier, for all of the time', async () => {
    const traces = generatedTraces('otel', 100)
    const asker = new SourceAsker(weightedSource(memorySource(traces)))
    for (const list of lists) {
      const question: Question = { ask: 'templates', top: 1_000 }
      const answer = valuesOf(await answerFromTiers(await tiered(traces, list), question), list)
      const truth = valuesOf(await asker.ask(question), list)
      expect([...answer.keys()].sort()).toEqual([...truth.keys()].sort())
      for (const [key, { value }] of truth) expect(answer.get(key)!.value).toBeCloseTo(value, 6)
    }
    const range = { startNanos: at(0n), endNanos: at(60n) }
    expect(await ask({ ask: 'templates', top: 3, range })).toMatchObject({ kind: 'unanswerable' })
  })

  test('no question of the fixed set is answered with more than what is true', async () => {
    const traces = generatedTraces('otel', 100)
    const asker = new SourceAsker(weightedSource(memorySource(traces)))
    for (const list of lists) {
      const file = await tiered(traces, list)
      for (const { questions } of await questionSet(asker))
        for (const question of questions) {
          const [truth, answer] = [await asker.ask(question), await answerFromTiers(file, question)]
          if (answer.kind !== 'traces' || truth.kind !== 'traces') continue
          for (const traceId of answer.traceIds) expect(truth.traceIds.has(traceId)).toBe(true)
          if (answer.isComplete) expect(answer.traceIds).toEqual(truth.traceIds)
        }
    }
  })
})
