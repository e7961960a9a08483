import { beforeAll, expect, test } from 'vitest'
import { readOtlpJson } from '../../../../lib/formats/otlp/json.ts'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { blockFormats } from '../../../../lib/serve/blocks/meta.ts'
import { ask, inAnyOrder, serverOf } from '../../../support/api-questions.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { frontendOf, startQuerier } from '../../../support/cluster-queriers.ts'
import { Stage } from '../../../support/cluster-stage.ts'
import { drawsOf } from '../../../support/draws.ts'
import { joinPieces } from '../../../support/traces.ts'
import { describeReference, readJson, readTraces, referencePath } from '../../traceql/references.ts'

const files = {
  verdicts: 'traceql/cases.json',
  searches: 'traceql/search-cases.json',
  benchmarks: 'traceql/bench-queries.json',
  demo: 'tempo-blocks/demo-blob/traces.otlp.jsonl.gz',
  tempo: 'tempo-blocks/search/traces.otlp.jsonl.gz',
}
const seed = Number(process.env.SEED ?? 20261129)
/** What is done between questions: every second text is asked after one of these, by the next seed the others. */
const steps = ['ingest', 'flush', 'compaction'] as const

interface Benchmarks {
  readonly BenchmarkBackendBlockTraceQL: { readonly cases: readonly { readonly query: string }[] }
  readonly BenchmarkBackendBlockQueryRange: Readonly<Record<'vparquet4' | 'vparquet5', readonly string[]>>
}

describeReference('the known texts, asked of a cluster', Object.values(files), () => {
  const { cases } = readJson(files.verdicts) as { cases: { query: string; class: string }[] }
  const { trace, cases: searches } = readJson(files.searches) as { trace: unknown; cases: { query: string }[] }
  const { BenchmarkBackendBlockTraceQL: one, BenchmarkBackendBlockQueryRange: two } = readJson(
    files.benchmarks,
  ) as Benchmarks
  const valid = cases.filter(one => one.class === 'valid')
  const known = [...valid, ...searches, ...one.cases].map(({ query }) => query).concat(two.vparquet4, two.vparquet5)
  const texts = [...new Set(known)].filter(query => !isByOrder(query))
  let traces: Trace[]
  beforeAll(async () => {
    const search = await collect(readOtlpJson(streamOf([Buffer.from(JSON.stringify(trace))])))
    const [demo, tempo] = await Promise.all([files.demo, files.tempo].map(file => readTraces(referencePath(file))))
    traces = [...joinPieces(search.flat()), ...demo!.slice(0, 8), ...tempo!.slice(0, 8)]
  }, 60_000)

  test(`have the answers of one process, while spans come, become blocks and are compacted (seed ${seed})`, async () => {
    const draw = drawsOf(seed)
    const stage = await Stage.open(2, draw, blockFormats)
    const queriers = await Promise.all([1, 2].map(() => startQuerier(stage)))
    const remotes = queriers.map(({ remote }) => remote)
    const { app, dispatcher } = await frontendOf(stage, () => remotes, 60_000, { targetJobBytes: 10_000 })
    stage.append('a', traces.slice(0, 8))
    await stage.build(0, 60)
    let found = 0
    const differing: string[] = []
    for (const [number, step] of steps.entries()) {
      if (step === 'ingest') stage.append('a', traces.slice(8))
      else if (step === 'flush') for (const partition of [0, 1]) await stage.build(partition, 150)
      else await stage.compact('a', 2, true)
      const truth = serverOf(keptSource(stage.tracesOf('a')))
      const own = texts.filter((_, i) => (i + seed) % (2 * steps.length) === 2 * number)
      for (const query of own) {
        const url = urlOf(query, traces)
        const expected = comparable(await ask(truth, url, 'a'))
        const isSame = comparable(await ask(app, url, 'a')) === expected
        if (!isSame) differing.push(`${step}: ${query}`)
        if (expected.length > 200) found++
      }
    }
    expect(differing).toEqual([])
    expect(found).toBeGreaterThan(100)
    expect(dispatcher.counters.localJobs).toBe(0)
  }, 300_000)
})

/** Whether it gives numbers that siblings have by the order in which they came. */
function isByOrder(query: string): boolean {
  return /select\(.*nestedSet(Left|Right)/.test(query)
}

/** A question of the API with a text: by its first stage that makes series, if any, over the time of the last trace. */
function urlOf(query: string, traces: readonly Trace[]): string {
  if (!/\|\s*(rate|compare|histogram_over_time|\w+_over_time)\s*\(/.test(query))
    return `/api/search?${new URLSearchParams({ q: query, limit: '100000', spss: '100000' })}`
  const { startNanos } = traces.at(-1)!.spans[0]!
  const hour = 3_600_000_000_000n
  const range = { start: String(startNanos - hour), end: String(startNanos + hour), step: '300s', exemplars: '0' }
  return `/api/metrics/query_range?${new URLSearchParams({ q: query, ...range })}`
}

/** An answer in any order: of the groups of a trace it depends on the order of its spans which is the first. */
function comparable(body: string): string {
  if (!body.startsWith('{"traces"')) return JSON.stringify(inAnyOrder(body))
  const { traces, ...rest } = JSON.parse(body) as { traces: { spanSet?: unknown; spanSets: unknown[] }[] }
  const whole = traces.map(({ spanSet, ...trace }) => (trace.spanSets.length > 1 ? trace : { ...trace, spanSet }))
  return JSON.stringify(inAnyOrder(JSON.stringify({ traces: whole, ...rest })))
}
