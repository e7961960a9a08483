import { describe, expect, test } from 'vitest'
import { measuredRates } from '../../../../harness/bench/cluster/measured-rates.ts'
import { compactionsOf, type Demand, planCluster, requestsOf } from '../../../../harness/bench/cluster/plan.ts'
import type { ClusterRates } from '../../../../harness/runs/cluster-bench-schema.ts'
import { usualCounts } from '../../../../harness/stack/stack.ts'
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
  requests: { block: 3, compaction: 4, compactedBlock: 2 },
  idleWrites: each(1),
  ringReads: each(0.5),
  commitReads: 1,
}
const demand: Demand = {
  spansPerSecond: 1e5,
  retentionSeconds: 3_600,
  logSeconds: 60,
  replication: 3,
  liveReplicas: 2,
  queriesPerSecond: 0.01,
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
  expect(plan.roles.querier).toMatchObject({ cores: 0.36, count: 2 })
  // Memory is full after 5.4 s.
  expect(plan.blocksPerSecond).toBeCloseTo(1e5 / (2 ** 28 / 500))
  expect(plan.networkBytesPerSecond).toMatchObject({ in: 2e7, log: 1.2e8, consumers: 1.2e8 })
  expect([plan.logBytes, plan.storedBytes]).toEqual([7.2e9, 1.08e10])
  expect(plan.dollarsPerMonth.stored).toBeCloseTo(10.8 * 0.023)
  const processes = roleNames.reduce((sum, role) => sum + plan.roles[role].count, 0)
  const { writes, reads } = requestsOf(
    rates,
    { blocks: 1, compactions: 2, compactedBlocks: 8, seconds: 10 },
    role => plan.roles[role].count,
  )
  // Two builders and six workers that watch each other, and two frontends that watch eight live stores and two queriers.
  expect([writes, reads]).toEqual([3 + 8 + 10 * processes, 16 + 5 * (4 + 36 + 2 * 10) + 3 * processes])
})

test('what is given counts more than what follows', () => {
  const plan = planCluster(rates, { ...demand, partitions: 7, counts: { querier: 1 } })
  expect([plan.partitions, plan.roles['live-store'].count, plan.roles.querier.count]).toEqual([7, 14, 1])
  expect(planCluster(rates, { ...demand, spansPerSecond: 1 })).toMatchObject({ partitions: 2 })
  expect(planCluster(rates, { ...demand, spansPerSecond: 1 }).blocksPerSecond).toBeCloseTo(2 / 30)
})

describe('compactions are those that workers do', () => {
  test.each([
    [1, 100],
    [3, 100],
    [4, 100],
    [16, 1_000],
    [23, 1_000],
    [64, 1_000],
    [240, 5_000],
  ])('of %i blocks', (blocks, traces) => {
    const found = simulate(blocks, traces, false)
    const { count, inputs, rewrites } = compactionsOf(blocks, traces * blocks, false)
    expect({ count, inputs }).toEqual({ count: found.count, inputs: found.inputs })
    expect(rewrites).toBeCloseTo(found.rewritten / blocks / traces)
    const all = simulate(blocks, traces, true)
    const planned = compactionsOf(blocks, traces * blocks)
    expect({ count: planned.count, inputs: planned.inputs }).toEqual({ count: all.count, inputs: all.inputs })
    // The last ones of a window take small ones first, and a plan takes all for one.
    expect(planned.rewrites).toBeGreaterThanOrEqual(all.rewritten / blocks / traces / 2)
    expect(planned.rewrites).toBeLessThanOrEqual(all.rewritten / blocks / traces + 1)
  })
})

/** What the rules of workers make of the blocks of a window, one after the other, until nothing is due. */
function simulate(blocks: number, traces: number, isOver: boolean) {
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
      const [job] = planBlocks(metas, now, defaultCompaction).jobs
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

test('what another run asked of the store and wrote is what is planned for it by the rates of this release', () => {
  // `npx tsx main.ts bench cluster --seconds 8 --rounds 2 --spans-per-second 1000`, 2026-11-29, as roles said at /metrics.
  const [spans, seconds] = [50_817, 251.5]
  const work = { blocks: 12, compactions: 3, compactedBlocks: 12, seconds }
  const measured = { writes: 971, reads: 1_071, logBytes: 43_092_303, storedBytes: 1_485_062 }
  const own = {
    ...{ spansPerSecond: spans / seconds, retentionSeconds: seconds, logSeconds: seconds, replication: 1 },
    ...{ partitions: 2, counts: usualCounts, cycleSeconds: 10 },
  }
  const { writes, reads } = requestsOf(measuredRates, work, role => usualCounts[role])
  const { logBytes, storedBytes } = planCluster(measuredRates, { ...demand, ...own })
  const ratios = [writes / measured.writes, reads / measured.reads, storedBytes / measured.storedBytes]
  for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.2)
  expect(Math.abs(logBytes / measured.logBytes - 1)).toBeLessThan(0.01)
  expect(compactionsOf(work.blocks, spans / measuredRates.spansPerTrace, false)).toMatchObject({ count: 3, inputs: 12 })
})
