import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { eventually } from '../../../../harness/stack/eventually.ts'
import { ClusterSources, defaultSources } from '../../../../lib/cluster/query/cluster-sources.ts'
import { Dispatcher } from '../../../../lib/cluster/query/dispatcher.ts'
import { Querier } from '../../../../lib/cluster/query/querier.ts'
import { defaultSplit, SplitSources } from '../../../../lib/cluster/query/split-sources.ts'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import type { BlobStore } from '../../../../lib/storage/store.ts'
import { drawCorpus } from '../../../phases/drawn-corpus.ts'
import { ask, inAnyOrder, questionsAbout, serverOf } from '../../../support/api-questions.ts'
import { rooted, Stage, StagedReplica } from '../../../support/cluster-stage.ts'
import { drawsOf } from '../../../support/draws.ts'
import { isThorough } from '../../../support/effort.ts'

const second = 1_000_000_000n
const range = { startNanos: 1_699_999_999n * second, endNanos: 1_700_000_080n * second, stepNanos: 10n * second }

async function sourcesOf(stage: Stage, config = {}, replicas = stage.replicas): Promise<ClusterSources> {
  return new ClusterSources(await stage.places(replicas), { ...defaultSources, maxStateMillis: 0, ...config })
}

function clusterOf(sources: ClusterSources) {
  const local = new Querier(sources.opened, { maxJobs: 1 })
  const parts = { sources, dispatcher: new Dispatcher(local, { hedgeMillis: 1e6 }), queriers: async () => [] }
  const split = new SplitSources(parts, defaultSplit)
  return serverOf((tenants, asking) => split.source(tenants, asking))
}

async function expectWhole(app: FastifyInstance, tenant: string, truth: readonly Trace[], place: string) {
  const one = serverOf(keptSource(truth))
  for (const url of questionsAbout(truth, range, { isWhole: true })) {
    const expected = inAnyOrder(await ask(one, url, tenant))
    const answer = inAnyOrder(await ask(app, url, tenant))
    expect(JSON.stringify(answer) === JSON.stringify(expected), `${place}, ${url}`).toBe(true)
  }
}

async function newStage(seed: number, partitionCount = 2) {
  const draw = drawsOf(seed)
  const stage = await Stage.open(partitionCount, draw)
  stage.append('a', drawCorpus(draw, 2, 10).map(rooted))
  await stage.build(0, 10)
  await stage.build(partitionCount - 1, 5)
  return stage
}

const all = '/api/search?q=%7B%7D&limit=1000&spss=1000'

/** What an answer says is missing, and how many spans it has. */
async function partOf(app: FastifyInstance) {
  const { status, message, traces } = JSON.parse(await ask(app, all, 'a')) as {
    status?: string
    message?: string
    traces: { spanSets: { matched: number }[] }[]
  }
  return { status, message, spanCount: traces.reduce((sum, { spanSets: [set] }) => sum + set!.matched, 0) }
}

/** Another tenant's, which asked together with the first one's are not the same traces. */
function apart({ traceId, spans }: Trace): Trace {
  return { traceId: `f${traceId.slice(1)}`, spans }
}

const countSpans = (traces: readonly Trace[]) => traces.reduce((sum, { spans }) => sum + spans.length, 0)

for (let seed = 1; seed <= (isThorough ? 2 : 1); seed++)
  test(`answers are those of one process, whatever is in blocks and pieces (seed ${seed})`, async () => {
    const draw = drawsOf(seed)
    const stage = await Stage.open(1 + Math.floor(draw() * 3), draw)
    const sources = await sourcesOf(stage)
    const app = clusterOf(sources)
    const traces = drawCorpus(draw, 3, 12).map(rooted)
    for (let step = 0; step < 5; step++) {
      if (step < 4) stage.append('a', traces.splice(0, 9))
      if (step === 1) stage.append('b', drawCorpus(draw, 1, 5).map(rooted).map(apart))
      const partition = Math.floor(draw() * stage.partitions.length)
      if (draw() < 0.7) await stage.build(partition, Math.floor(draw() * 40))
      if (step > 2) await stage.compact('a', 2 + Math.floor(draw() * 2), draw() < 0.5)
      for (const tenant of step === 4 ? ['a', 'b', 'c', 'a|b'] : ['a'])
        await expectWhole(app, tenant, stage.tracesOf(tenant), `seed ${seed}, step ${step}`)
    }
  }, 60_000)

test('a partition without a live store is missed, and told with the time up to which it is known', async () => {
  const stage = await newStage(11)
  const app = clusterOf(await sourcesOf(stage))
  const whole = countSpans(stage.tracesOf('a'))
  expect(await partOf(app)).toEqual({ status: undefined, message: undefined, spanCount: whole })
  stage.replicas[1]!.isDown = true
  const { status, message, spanCount } = await partOf(app)
  expect([status, message]).toEqual([
    'PARTIAL',
    'partition 1: known up to 2026-01-01T00:00:00.000Z, its live stores do not answer',
  ])
  expect(spanCount).toBeLessThan(whole)
  expect(spanCount).toBeGreaterThan(0)
  const [{ traceId }] = stage.tracesOf('a') as [Trace]
  for (const url of [
    `/api/v2/traces/${traceId}`,
    '/api/v2/search/tags',
    '/api/search/tags',
    '/api/v2/search/tag/name/values',
    '/api/search/tag/name/values',
    '/api/metrics/query_range?q=%7B%7D%7Crate()',
    '/api/metrics/query?q=%7B%7D%7Crate()',
  ])
    expect(JSON.parse(await ask(app, url, 'a')), url).toMatchObject({ status: 'PARTIAL', message })
  stage.replicas[1]!.isDown = false
  expect(await partOf(app)).toEqual({ status: undefined, message: undefined, spanCount: whole })
})

test('a question is refused where spans may be missing and the configuration says so', async () => {
  const stage = await newStage(11)
  const app = clusterOf(await sourcesOf(stage, { failsOnLag: true }))
  expect((await partOf(app)).spanCount).toBe(countSpans(stage.tracesOf('a')))
  stage.replicas[1]!.isDown = true
  const { statusCode, body } = await app.inject('/api/search?q={}')
  expect([statusCode, body]).toEqual([
    503,
    expect.stringMatching(/^partition 1: .*; live_store.fail_on_high_lag forbids/),
  ])
})

test('a live store that begins after the blocks end is told, and what it has is answered', async () => {
  const stage = await newStage(12)
  stage.replicas[0]!.first = 12
  const app = clusterOf(await sourcesOf(stage))
  const { message } = await partOf(app)
  expect(message).toBe(
    'partition 0: known up to 2026-01-01T00:00:00.000Z, blocks end at offset 10, its live store begins at 12',
  )
  await stage.build(0, 5)
  expect((await partOf(app)).message).toBeUndefined()
})

test('commits that follow each other while live stores are asked leave no gap', async () => {
  const stage = await newStage(17, 1)
  const [replica] = stage.replicas as [StagedReplica]
  const pieces = replica.pieces.bind(replica)
  let commits = 3
  replica.pieces = async (tenant, from) => {
    if (commits-- > 0) await stage.build(0, 2)
    replica.first = stage.partitions[0]!.committed
    return pieces(tenant, from)
  }
  const app = clusterOf(await sourcesOf(stage))
  const whole = countSpans(stage.tracesOf('a'))
  expect(await partOf(app)).toEqual({ status: undefined, message: undefined, spanCount: whole })
  expect(commits).toBe(-1)
})

test('of replicas the one is asked that has read furthest and has no gap, and none is waited for that is stuck', async () => {
  const stage = await newStage(13, 1)
  const [first] = stage.replicas as [StagedReplica]
  const others = [0, 1, 2].map(() => new StagedReplica(0, stage.partitions[0]!))
  const [late, gappy, stuck] = others as [StagedReplica, StagedReplica, StagedReplica]
  late.limit = 17
  gappy.first = 20
  let release = () => {}
  stuck.gate = new Promise(resolve => {
    release = resolve
  })
  // Who waited for the one that is stuck would not end.
  const app = clusterOf(await sourcesOf(stage, { liveTimeoutMillis: 1e6 }, [...others, first]))
  const whole = countSpans(stage.tracesOf('a'))
  // One that has read further is waited for only so long: not on a machine that is busy.
  await eventually(async () =>
    expect(await partOf(app)).toEqual({ status: undefined, message: undefined, spanCount: whole }),
  )
  stuck.isDown = true
  release()
  first.isDown = true
  // It is not known to lag until it has done so for a while.
  expect((await partOf(app)).spanCount).toBeLessThan(whole)
})

test('a block that was deleted between the state and the reading is looked for in the next state', async () => {
  const stage = await newStage(14, 1)
  await stage.build(0, 5)
  const sources = await sourcesOf(stage, { maxStateMillis: 1e9 })
  const app = clusterOf(sources)
  const whole = countSpans(stage.tracesOf('a'))
  expect((await partOf(app)).spanCount).toBe(whole)
  const stale = clusterOf(await sourcesOf(stage, { maxStateMillis: 1e9 }))
  await partOf(stale)
  await stage.compact('a', 3, true)
  expect((await partOf(app)).spanCount).toBe(whole)
  // Opened before: read now.
  expect(await ask(app, '/api/search/tags', 'a')).not.toContain('gone')
  expect((await partOf(stale)).spanCount).toBe(whole)
})

test('holds no more than it may, and nothing of what counts no more', async () => {
  const stage = await newStage(15, 1)
  for (let i = 0; i < 4; i++) await stage.build(0, 5)
  const sources = await sourcesOf(stage)
  const app = clusterOf(sources)
  await partOf(app)
  expect(sources.opened.count).toBe(7)
  const whole = sources.opened.byteLength
  await stage.compact('a', 6, false)
  await partOf(app)
  expect(sources.opened.count).toBe(2)
  const few = await sourcesOf(stage, { maxHeldBytes: 10 })
  const small = clusterOf(few)
  expect((await partOf(small)).spanCount).toBe(countSpans(stage.tracesOf('a')))
  expect(few.opened.byteLength).toBeLessThanOrEqual(10)
  expect(whole).toBeGreaterThan(sources.opened.byteLength)
})

test('opens a block with two requests at most, and asks for the state once a second', async () => {
  const stage = await newStage(16, 1)
  const places = await stage.places([])
  const { chain } = places
  const requests: string[] = []
  const store: BlobStore = {
    ...stage.store,
    open: async key => {
      const file = await stage.store.open(key)
      return {
        ...file,
        read: ranges => {
          requests.push(key)
          return file.read(ranges)
        },
      }
    },
  }
  const sources = new ClusterSources({ ...places, store }, defaultSources)
  const signal = new AbortController().signal
  await sources.find(['a'], { signal, isAgain: false })
  expect(requests.length).toBeGreaterThan(0)
  expect(requests.length).toBeLessThanOrEqual(2 * chain.state.blocks.size)
  await sources.find(['a'], { signal, isAgain: false })
  await stage.build(0, 1)
  const { number } = chain.state
  await sources.find(['a'], { signal, isAgain: false })
  expect(chain.state.number).toBe(number)
  await sources.find(['a'], { signal, isAgain: true })
  expect(chain.state.number).toBe(number + 1)
})
