import { describe, expect, test } from 'vitest'
import { type Demand, planCluster, requestsOf } from '../../../../harness/bench/cluster/plan.ts'
import { compactionsOf, totalOf } from '../../../../harness/bench/cluster/plan-compactions.ts'
import { releasedRun } from '../../../../harness/bench/cluster/released-run.ts'
import type { ClusterRates } from '../../../../harness/runs/cluster-bench-schema.ts'
import { roleNames } from '../../../../lib/cluster/roles/config.ts'
import type { BlockMeta } from '../../../../lib/serve/blocks/meta.ts'
import { defaultCompaction, planBlocks } from '../../../../lib/serve/blocks/plan.ts'

const each = (value: number) =>
  Object.fromEntries(roleNames.map(role => [role, value])) as Record<(typeof roleNames)[number], number>
const rates: ClusterRates = {
  of: 'a test',
  liveReplicas: 2,
  spansPerTrace: 10,
  bytesPerSpan: { request: 200, record: 400, held: 500, fresh: 40, compacted: 30 },
  cpuSecondsPerMillion: { ...each(10), 'live-store': 40 },
  querySecondsPerMillion: 0.1,
  peakBytes: each(2 ** 28),
  requests: { block: 3, compaction: 4 },
  idleWrites: each(1),
  ringReads: each(0.5),
  commitReads: 1,
}
const demand: Demand = {
  spansPerSecond: 1e5,
  tenants: 1,
  retentionSeconds: 3_600,
  logSeconds: 60,
  replication: 3,
  liveReplicas: 2,
  queriesPerSecond: 0.01,
  scrapeSeconds: 15,
  cycleSeconds: 30,
  maxConsumingBytes: 2 ** 28,
  utilisation: 0.5,
}

test('what a load takes follows from the rates', () => {
  const plan = planCluster(rates, demand)
  // A live store takes 20 s of CPU for a million spans, a builder 10: two cores of live stores, half used.
  expect(plan.partitions).toBe(4)
  const counts = Object.fromEntries(roleNames.map(role => [role, plan.roles[role].count]))
  expect(counts).toMatchObject({ distributor: 2, 'block-builder': 2, 'live-store': 8, 'query-frontend': 2 })
  expect(plan.roles.querier).toMatchObject({ cores: 0.18, count: 2 })
  expect(plan.roles['query-frontend']).toMatchObject({ cores: 0.18, count: 2 })
  // Memory is full after 5.4 s.
  expect(plan.blocksPerSecond).toBeCloseTo(1e5 / (2 ** 28 / 500))
  expect(plan.networkBytesPerSecond).toMatchObject({ in: 2e7, log: 1.2e8, consumers: 1.2e8 })
  expect([plan.logBytes, plan.storedBytes]).toEqual([7.2e9, 1.08e10])
  expect(plan.dollarsPerMonth.stored).toBeCloseTo(10.8 * 0.023)
  const processes = roleNames.reduce((sum, role) => sum + plan.roles[role].count, 0)
  const { writes, reads } = requestsOf(
    rates,
    { blocks: 1, compactions: 2, partRequests: 6, seconds: 10, looks: 3 },
    role => plan.roles[role].count,
  )
  const { 'backend-worker': workers, 'live-store': live } = counts
  // Builders and workers watch each other, frontends live stores and queriers; the former and the latter tell the lag.
  expect([workers, live]).toEqual([5, 8])
  expect(writes).toBe(3 + 8 + 6 + 10 * processes + 3 * 4 * 2)
  expect(reads).toBe(5 * (4 + 25 + 2 * 10) + 3 * 4 * 8 + 3 * processes)
})

test('what is given counts more than what follows', () => {
  const plan = planCluster(rates, { ...demand, partitions: 7, counts: { querier: 1 } })
  expect([plan.partitions, plan.roles['live-store'].count, plan.roles.querier.count]).toEqual([7, 14, 1])
  expect(planCluster(rates, { ...demand, spansPerSecond: 1 })).toMatchObject({ partitions: 2 })
  expect(planCluster(rates, { ...demand, spansPerSecond: 1 }).blocksPerSecond).toBeCloseTo(2 / 30)
})

describe('compactions are those that workers do', () => {
  test.each([
    [1, 100, 6e6],
    [3, 100, 6e6],
    [4, 100, 6e6],
    [16, 1_000, 6e6],
    [23, 1_000, 6e6],
    [64, 1_000, 6e6],
    [240, 5_000, 6e6],
    [64, 1_000, 20_000],
    [100, 1_000, 9_000],
    [37, 900, 2_000],
    [9, 3_000, 4_000],
  ])('of %i blocks of %i traces, where %i are the most', (count, traces, maxTraces) => {
    for (const [isOver, maxInputs] of [false, true].flatMap(
      own =>
        [
          [own, 4],
          [own, 8],
        ] as const,
    )) {
      const alike = { count, traces }
      const planned = totalOf(compactionsOf(alike, isOver, { maxInputs, maxTraces }), alike, 500)
      const found = simulate(count, traces, isOver, maxInputs, maxTraces)
      expect(planned).toMatchObject({ count: found.count, inputs: found.inputs })
      expect(planned.rewrites).toBeCloseTo(found.rewritten / count / traces)
    }
  })
})

/** What the rules of workers make of the blocks of a window, one after the other, until nothing is due. */
function simulate(blocks: number, traces: number, isOver: boolean, maxInputs: number, maxTraces: number) {
  const config = { ...defaultCompaction, maxInputs, maxTraces }
  const time = '2026-01-01T00:00:00.000Z'
  const nowMillis = Date.parse(time) + (isOver ? defaultCompaction.windowMillis : 0)
  const meta = (i: number, totalObjects: number, compactionLevel: number): BlockMeta => ({
    ...{ format: 'blockpack', blockID: String(i), tenantID: 't', replaces: [] },
    ...{ startTime: time, endTime: time, receivedTime: time },
    ...{ totalObjects, totalSpans: totalObjects, size: totalObjects, compactionLevel },
  })
  let metas = Array.from({ length: blocks }, (_, i) => meta(i, traces, 0))
  let [count, inputs, rewritten] = [0, 0, 0]
  // While the window is open what is full goes first.
  for (const now of [Date.parse(time), nowMillis])
    for (;;) {
      const [job] = planBlocks(metas, now, config).jobs
      if (job === undefined) break
      const total = job.reduce((sum, { totalObjects }) => sum + totalObjects, 0)
      const level = Math.max(...job.map(({ compactionLevel }) => compactionLevel)) + 1
      metas = [...metas.filter(own => !job.includes(own)), meta(blocks + count, total, level)]
      count++
      inputs += job.length
      rewritten += total
    }
  return { count, inputs, rewritten }
}

test('what the run of this release asked of the store and wrote is what is planned for it by its rates', () => {
  const { rates: own, measured } = releasedRun()
  const { spans, seconds, counts, partitionCount, cycleSeconds, blocks, compactions, lookCount = 0 } = measured
  const { writes } = requestsOf(
    own,
    { blocks, compactions, partRequests: 0, seconds, looks: lookCount },
    role => counts[role],
  )
  const { logBytes, storedBytes } = planCluster(own, {
    ...{ ...demand, spansPerSecond: spans / seconds, retentionSeconds: seconds, logSeconds: seconds, replication: 1 },
    ...{ partitions: partitionCount, counts, cycleSeconds },
  })
  expect(Math.abs(writes / measured.writes - 1)).toBeLessThan(0.2)
  expect(storedBytes / measured.storedBytes).toBeCloseTo(1)
  expect(logBytes / measured.logBytes).toBeCloseTo(1)
})

test('what no process can do is said', () => {
  expect(planCluster(rates, demand).problems).toEqual([])
  const many = { ...demand, spansPerSecond: 1e6, partitions: 2 }
  expect(planCluster(rates, many).problems).toEqual([
    expect.stringMatching(/^--partitions 2: .* takes 10\.0 cores, .* at least 40 are needed$/),
    expect.stringMatching(/^compaction: .* takes 10\.0 cores of one worker/),
  ])
  expect(planCluster(rates, { ...many, partitions: undefined, tenants: 20 }).problems).toEqual([])
})
