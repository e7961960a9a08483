import { randomUUID } from 'node:crypto'
import { serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { encodeJob } from '../../../../lib/cluster/query/job.ts'
import { jobPath, type RemoteQuerier } from '../../../../lib/cluster/query/remote-querier.ts'
import { defaultSplit, SplitSources } from '../../../../lib/cluster/query/split-sources.ts'
import { LabError } from '../../../../lib/error.ts'
import type { TraceRange } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { type BlockFormat, blockFormats, derivedId } from '../../../../lib/serve/blocks/meta.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { drawCorpus, drawQuestion } from '../../../phases/drawn-corpus.ts'
import { ask, questionsAbout } from '../../../support/api-questions.ts'
import { frontendOf, startQuerier } from '../../../support/cluster-queriers.ts'
import { Stage } from '../../../support/cluster-stage.ts'
import { drawsOf } from '../../../support/draws.ts'
import { isThorough } from '../../../support/effort.ts'

const second = 1_000_000_000n
const range = { startNanos: 1_699_999_999n * second, endNanos: 1_700_000_080n * second, stepNanos: 10n * second }

/** Spans some of which stand for others. */
function sampled(traces: readonly Trace[], draw: () => number): Trace[] {
  const stateOf = () => (draw() < 0.5 ? `ot=th:${draw() < 0.5 ? '8' : 'c'};rv:f0000000000000` : '')
  return traces.map(({ traceId, spans }) => ({
    traceId,
    spans: spans.map(span => ({ ...span, traceState: stateOf() })),
  }))
}

/** An answer but for what it says of how it was found. */
function withoutMetrics(body: string): string {
  if (!body.startsWith('{')) return body
  const { metrics: _, ...answer } = JSON.parse(body) as Record<string, unknown>
  return JSON.stringify(answer)
}

async function stageAt(seed: number, isSampled = false, formats?: readonly BlockFormat[]) {
  const draw = drawsOf(seed)
  const stage = await Stage.open(1 + Math.floor(draw() * 3), draw, formats)
  const drawn = drawCorpus(draw, 3, 14)
  const traces = isSampled ? sampled(drawn, draw) : drawn
  const step = async () => {
    stage.append('a', traces.splice(0, 10))
    await stage.build(Math.floor(draw() * stage.partitions.length), 10 + Math.floor(draw() * 30))
    if (draw() < 0.5) await stage.compact('a', 2, draw() < 0.5)
  }
  return { draw, stage, step }
}

function moreQuestions(draw: () => number, traces: readonly Trace[], count: number): string[] {
  const drawn = Array.from({ length: count }, () => drawQuestion(draw, traces))
  return drawn.filter(({ kind }) => kind === 'search' || kind === 'metrics').map(({ text }) => text)
}

const stages = [
  [1, false, ['blockpack']],
  [3, true, blockFormats],
  [2, false, blockFormats],
] as const

for (const [seed, isSampled, formats] of isThorough ? stages : stages.slice(0, 2))
  test(`answers are those of one process to the byte, however many queriers there are (seed ${seed})`, async () => {
    const { draw, stage, step } = await stageAt(seed, isSampled, formats)
    const queriers = await Promise.all([1, 2, 3].map(() => startQuerier(stage)))
    let count = 0
    const one = await frontendOf(stage, () => [])
    const many = await frontendOf(stage, () => queriers.slice(0, count).map(({ remote }) => remote))
    for (let i = 0; i < 3; i++) {
      await step()
      count = 1 + (i % 3)
      const traces = stage.tracesOf('a')
      const more = moreQuestions(draw, traces, 8)
      for (const url of questionsAbout(traces, range, { isWhole: false, more })) {
        if (draw() < 0.6) continue
        const expected = withoutMetrics(await ask(one.app, url, 'a'))
        const answer = withoutMetrics(await ask(many.app, url, 'a'))
        if (answer !== expected) expect(answer, `seed ${seed}, step ${i}, ${url}`).toBe(expected)
      }
    }
    expect(many.dispatcher.counters.localJobs).toBe(0)
    const jobCount = queriers.reduce((sum, { querier }) => sum + querier.counters.jobs, 0)
    expect(jobCount).toBeGreaterThan(20)
  }, 60_000)

test('jobs about different blocks, and about parts of one, go to different queriers, and the same again to the same', async () => {
  const { dispatcher } = await frontendOf(await Stage.open(1, drawsOf(1)), () => [])
  const asked: string[] = []
  const queriers = ['a', 'b', 'c'].map(name =>
    other(name, async () => {
      asked.push(name)
      return { results: [], spentBytes: 0 }
    }),
  )
  const run = async (number: number, within?: TraceRange) => {
    const place = { kind: 'block' as const, tenantID: 'a', blockID: derivedId(String(number)) }
    const portion = { kind: 'own' as const, places: [place], leftOut: [new Uint32Array()], within }
    const work = { name: 'search', content: {} }
    await dispatcher.run({ work, portion, maxBytes: 1, timeoutMillis: 1e4 }, queriers, new AbortController().signal)
  }
  const spread = async (each: (i: number) => Promise<void>) => {
    asked.length = 0
    for (let i = 0; i < 60; i++) await each(i)
    for (const name of ['a', 'b', 'c']) expect(asked.filter(one => one === name).length).toBeGreaterThan(10)
    return [...asked]
  }
  expect(await spread(i => run(i))).toEqual(await spread(i => run(i)))
  await spread(i => run(0, { start: i, end: i + 1 }))
})

const all = '/api/search?q=%7B%7D&limit=1000&spss=1000'
const rate = '/api/metrics/query_range?q=%7B%7D%7Crate()by(name)&start=1699999999&end=1700000080&step=10s'

/** A querier that does something else than a job, each time. */
function other(name: string, run: RemoteQuerier['run']): RemoteQuerier {
  return { name, run }
}

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a querier that dies in the midst of a query is replaced by others, and by none where it was the last', async () => {
  const { stage, step } = await stageAt(21)
  for (let i = 0; i < 3; i++) await step()
  const [first, second] = await Promise.all([startQuerier(stage), startQuerier(stage)])
  const one = await frontendOf(stage, () => [])
  const expected = withoutMetrics(await ask(one.app, all, 'a'))
  let done = 0
  const dying = other('dying', async (job, signal) => {
    if (done++ === 1) await first.app.close()
    return first.remote.run(job, signal)
  })
  const many = await frontendOf(stage, () => [dying, second.remote])
  expect(withoutMetrics(await ask(many.app, all, 'a'))).toBe(expected)
  expect(withoutMetrics(await ask(many.app, rate, 'a'))).toBe(withoutMetrics(await ask(one.app, rate, 'a')))
  expect(many.dispatcher.counters.localJobs).toBe(0)
  await second.app.close()
  const last = await frontendOf(stage, () => [dying, second.remote])
  expect(withoutMetrics(await ask(last.app, all, 'a'))).toBe(expected)
  expect(last.dispatcher.counters.localJobs).toBeGreaterThan(0)
})

test('a querier that is stuck is not waited for', async () => {
  const { stage, step } = await stageAt(22)
  for (let i = 0; i < 3; i++) await step()
  const healthy = await startQuerier(stage)
  const stuck = other('stuck', (_, signal) => never(signal))
  const one = await frontendOf(stage, () => [])
  const many = await frontendOf(stage, () => [stuck, healthy.remote], 50)
  expect(withoutMetrics(await ask(many.app, rate, 'a'))).toBe(withoutMetrics(await ask(one.app, rate, 'a')))
  const alone = await frontendOf(stage, () => [stuck], 50)
  expect(withoutMetrics(await ask(alone.app, rate, 'a'))).toBe(withoutMetrics(await ask(one.app, rate, 'a')))
})

test('a client that hangs up, an error of one job and a full answer end the other jobs', async () => {
  const { stage, step } = await stageAt(23)
  for (let i = 0; i < 4; i++) await step()
  const healthy = await startQuerier(stage)
  let [asked, aborted] = [0, 0]
  const ended = async () => {
    for (let i = 0; i < 100 && aborted < asked; i++) await new Promise(resolve => setTimeout(resolve, 10))
    expect(asked).toBeGreaterThan(0)
    expect(aborted).toBe(asked)
  }
  const stuck = other('stuck', (_, signal) => {
    asked++
    signal.addEventListener('abort', () => aborted++)
    return never(signal)
  })
  const { sources, dispatcher } = await frontendOf(stage, () => [])
  const parts = { sources, dispatcher, queriers: async () => [stuck] }
  const split = new SplitSources(parts, { ...defaultSplit, targetJobBytes: 1 })
  const client = new AbortController()
  const source = await split.source(['a'], { signal: client.signal, isAgain: false })
  const searching = search(source, parseQuery('{ }'), { signal: client.signal })
  setTimeout(() => client.abort(new Error('hung up')), 100)
  await expect(searching).rejects.toThrow('hung up')
  await ended()

  let number = 0
  const failing = other('failing', (job, signal) => {
    if (number++ !== 2) return stuck.run(job, signal)
    throw new LabError('limit', 'too much')
  })
  const again = await frontendOf(stage, () => [failing])
  expect(await ask(again.app, all, 'a')).toBe('422 too much')
  await ended()

  const before = asked
  const ownOnly = other('own only', (job, signal) =>
    job.portion.kind === 'own' ? healthy.remote.run(job, signal) : stuck.run(job, signal),
  )
  const few = await frontendOf(stage, () => [ownOnly, ownOnly, ownOnly])
  const { traces } = JSON.parse(await ask(few.app, '/api/search?q=%7B%7D&limit=1', 'a')) as { traces: unknown[] }
  expect(traces).toHaveLength(1)
  expect(asked).toBeGreaterThan(before)
  await ended()
})

test('bytes that a query may read are those of all its jobs', async () => {
  const { stage, step } = await stageAt(24)
  for (let i = 0; i < 4; i++) await step()
  const healthy = await startQuerier(stage)
  const asked = new Map<number, string>()
  for (const maxBytes of [100, 1_500, 1e6]) {
    const { app } = await frontendOf(stage, () => [healthy.remote], 60_000, { maxBytes })
    asked.set(maxBytes, await ask(app, all, 'a'))
  }
  const refused = (maxBytes: number) =>
    `answering takes more than the limit of ${maxBytes} bytes read: narrow the question`
  expect(asked.get(100)).toContain(refused(100))
  expect(asked.get(1_500)).toContain(refused(1_500))
  const { metrics } = JSON.parse(asked.get(1e6)!) as { metrics: { inspectedBytes: string } }
  expect(Number(metrics.inspectedBytes)).toBeGreaterThan(1_500)
})

test('what a block gave to a metric is known when it is asked again, also over a range that has moved', async () => {
  const { stage, step } = await stageAt(26)
  for (let i = 0; i < 3; i++) await step()
  const { querier, remote } = await startQuerier(stage)
  const one = await frontendOf(stage, () => [])
  const many = await frontendOf(stage, () => [remote])
  const read: number[] = []
  for (const start of [1_700_000_000, 1_700_000_000, 1_699_999_980]) {
    const before = querier.counters.bytes
    const url = `/api/metrics/query_range?q=%7B%7D%7Crate()by(name)&start=${start}&end=1700000100&step=10s`
    expect(withoutMetrics(await ask(many.app, url, 'a'))).toBe(withoutMetrics(await ask(one.app, url, 'a')))
    read.push(querier.counters.bytes - before)
  }
  // What several blocks share is joined anew.
  expect(read[1]).toBeLessThan(read[0]! / 2)
  expect(read[2]).toBe(read[1])
})

test('a querier refuses what is no job, and a frontend that cannot be understood does it itself', async () => {
  const { stage, step } = await stageAt(25)
  await step()
  const { app } = await startQuerier(stage)
  const post = async (payload: Buffer) => {
    const headers = { 'content-type': 'application/octet-stream' }
    const { statusCode, body } = await app.inject({ method: 'POST', url: jobPath, payload, headers })
    return `${statusCode} ${body}`
  }
  expect(await post(Buffer.from('nonsense'))).toContain('job: 8 bytes that are no data')
  expect(await post(serialize({ version: 1 }))).toContain('job: version 1, this querier takes version 2')
  expect(await post(serialize({ version: 2, work: {} }))).toContain('job: work.name')
  const work = { name: 'other', content: {} }
  const job = { work, portion: { kind: 'own' as const, places: [], leftOut: [] }, maxBytes: 1, timeoutMillis: 1e4 }
  expect(await post(encodeJob(job))).toBe('422 {"kind":"unsupported","message":"job: no work is called \\"other\\""}')
  const place = { kind: 'block' as const, tenantID: 'a', blockID: randomUUID() }
  expect(
    await post(encodeJob({ ...job, portion: { kind: 'own', places: [place], leftOut: [new Uint32Array()] } })),
  ).toMatch(/^410 .* has gone/)
})
