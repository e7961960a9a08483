import { type RoleName, roleNames } from '../../../lib/cluster/roles/config.ts'
import { type CompactionConfig, defaultCompaction } from '../../../lib/serve/blocks/plan.ts'
import type { ClusterRates } from '../../runs/cluster-bench-schema.ts'
import { watched } from './rates.ts'

/** What a cluster is to hold and answer. */
export interface Demand {
  readonly spansPerSecond: number
  readonly retentionSeconds: number
  /** How long records stay in the log. */
  readonly logSeconds: number
  /** Copies of a record in the log, and live stores of a partition. */
  readonly replication: number
  readonly liveReplicas: number
  /** Queries of an hour. */
  readonly queriesPerSecond: number
  readonly cycleSeconds: number
  /** What builders hold in memory at most. */
  readonly maxConsumingBytes: number
  /** How busy a core may be. */
  readonly utilisation: number
  /** Instead of what follows from the load. */
  readonly partitions?: number | undefined
  readonly counts?: Readonly<Partial<Record<RoleName, number>>> | undefined
}

/** Dollars; those of S3 Standard in us-east-1 by default. */
export interface Prices {
  /** A thousand requests that write or list, and that read. */
  readonly thousandWrites: number
  readonly thousandReads: number
  /** GB and month. */
  readonly storedGigabyte: number
}

export const defaultPrices: Prices = { thousandWrites: 0.005, thousandReads: 0.0004, storedGigabyte: 0.023 }

/** What a demand takes. */
export interface ClusterPlan {
  readonly partitions: number
  readonly roles: Readonly<Record<RoleName, { readonly count: number; readonly cores: number; readonly bytes: number }>>
  readonly blocksPerSecond: number
  readonly compactionsPerSecond: number
  readonly compactedBlocksPerSecond: number
  readonly writesPerSecond: number
  readonly readsPerSecond: number
  /** Into distributors; into the log with its copies; out of it to builders and live stores; into the store. */
  readonly networkBytesPerSecond: {
    readonly in: number
    readonly log: number
    readonly consumers: number
    readonly store: number
  }
  readonly logBytes: number
  readonly storedBytes: number
  readonly dollarsPerMonth: { readonly writes: number; readonly reads: number; readonly stored: number }
}

export const monthSeconds = 30 * 24 * 3_600
/** So that one may be gone. */
const minOfRole = 2

/** What a cluster takes for a demand, by measured rates. */
export function planCluster(rates: ClusterRates, demand: Demand, prices: Prices = defaultPrices): ClusterPlan {
  const { spansPerSecond, utilisation } = demand
  const { bytesPerSpan } = rates
  const partitions = demand.partitions ?? partitionsOf(rates, demand)
  const blocks = blocksOf(rates, demand, partitions)
  const compaction = compactionsOf(blocks * windowSeconds, (spansPerSecond * windowSeconds) / rates.spansPerTrace)
  const coresOf: Record<RoleName, number> = {
    distributor: coresFor(rates, 'distributor', spansPerSecond),
    'block-builder': coresFor(rates, 'block-builder', spansPerSecond),
    'live-store': liveCores(rates, spansPerSecond) * demand.liveReplicas,
    'backend-worker': coresFor(rates, 'backend-worker', spansPerSecond * compaction.rewrites),
    querier: (rates.querySecondsPerMillion / 1e6) * spansPerSecond * hourSeconds * demand.queriesPerSecond,
    'query-frontend': 0,
  }
  const countOf = (role: RoleName) =>
    demand.counts?.[role] ??
    (role === 'live-store'
      ? partitions * demand.liveReplicas
      : Math.max(minOfRole, Math.ceil(coresOf[role] / utilisation)))
  const roles = Object.fromEntries(
    roleNames.map(role => [role, { count: countOf(role), cores: coresOf[role], bytes: rates.peakBytes[role] ?? 0 }]),
  ) as ClusterPlan['roles']
  const compactions = compaction.count / windowSeconds
  const compacted = compaction.inputs / windowSeconds
  const { writes, reads } = requestsOf(
    rates,
    { blocks, compactions, compactedBlocks: compacted, seconds: 1 },
    role => roles[role].count,
  )
  const storedBytes = spansPerSecond * demand.retentionSeconds * bytesPerSpan.compacted
  const logRate = spansPerSecond * bytesPerSpan.record
  return {
    ...{ partitions, roles, blocksPerSecond: blocks },
    ...{ compactionsPerSecond: compactions, compactedBlocksPerSecond: compacted },
    ...{ writesPerSecond: writes, readsPerSecond: reads },
    networkBytesPerSecond: {
      in: spansPerSecond * bytesPerSpan.request,
      log: logRate * demand.replication,
      consumers: logRate * (1 + demand.liveReplicas),
      store: spansPerSecond * (bytesPerSpan.fresh + compaction.rewrites * bytesPerSpan.compacted),
    },
    logBytes: logRate * demand.logSeconds * demand.replication,
    storedBytes,
    dollarsPerMonth: {
      writes: ((writes * monthSeconds) / 1e3) * prices.thousandWrites,
      reads: ((reads * monthSeconds) / 1e3) * prices.thousandReads,
      stored: (storedBytes / 1e9) * prices.storedGigabyte,
    },
  }
}

const hourSeconds = 3_600
const windowSeconds = defaultCompaction.windowMillis / 1e3

function coresFor({ cpuSecondsPerMillion }: ClusterRates, role: RoleName, spansPerSecond: number): number {
  return ((cpuSecondsPerMillion[role] ?? 0) * spansPerSecond) / 1e6
}

/** Cores of one live store of each partition together: what was measured is that of all replicas. */
function liveCores(rates: ClusterRates, spansPerSecond: number): number {
  return coresFor(rates, 'live-store', spansPerSecond) / rates.liveReplicas
}

/** So many that neither the builder nor a live store of one needs more than a core. */
function partitionsOf(rates: ClusterRates, demand: Demand): number {
  const { spansPerSecond, utilisation } = demand
  const busiest = Math.max(coresFor(rates, 'block-builder', spansPerSecond), liveCores(rates, spansPerSecond))
  return Math.max(minOfRole, Math.ceil(busiest / utilisation))
}

/** Blocks per second: one per partition and cycle, or more where memory is full before. */
function blocksOf({ bytesPerSpan }: ClusterRates, demand: Demand, partitions: number): number {
  const { spansPerSecond, cycleSeconds, maxConsumingBytes } = demand
  return Math.max(partitions / cycleSeconds, (spansPerSecond * bytesPerSpan.held) / maxConsumingBytes)
}

interface Compaction {
  readonly count: number
  readonly inputs: number
  /** How often a span is written again. */
  readonly rewrites: number
}

/** What becomes of the blocks of a window by the rules of `planBlocks`: level by level as they fill up, and once it is over the rest. */
export function compactionsOf(
  blocks: number,
  traces: number,
  isOver = true,
  { maxInputs, maxTraces }: Pick<CompactionConfig, 'maxInputs' | 'maxTraces'> = defaultCompaction,
): Compaction {
  let [count, inputs, rewritten] = [0, 0, 0]
  let [atLevel, each, left] = [blocks, traces / blocks, 0]
  const isFull = (size: number) => size * 2 > maxTraces
  while (atLevel >= maxInputs && !isFull(each) && each * maxInputs <= maxTraces) {
    const made = Math.floor(atLevel / maxInputs)
    count += made
    inputs += made * maxInputs
    rewritten += made * maxInputs * each
    left += atLevel - made * maxInputs
    ;[atLevel, each] = [made, each * maxInputs]
  }
  if (!isFull(each)) left += atLevel
  if (isOver && left >= 2 && traces <= maxTraces) {
    const last = Math.ceil((left - 1) / (maxInputs - 1))
    count += last
    inputs += left + last - 1
    rewritten += traces
  }
  return { count, inputs, rewrites: traces === 0 ? 0 : rewritten / traces }
}

/** What is done in some time. */
export interface Work {
  readonly blocks: number
  readonly compactions: number
  readonly compactedBlocks: number
  readonly seconds: number
}

/** The requests to the store that some work takes, with so many processes of each role. */
export function requestsOf(
  { requests, idleWrites, ringReads, commitReads }: ClusterRates,
  { blocks, compactions, compactedBlocks, seconds }: Work,
  countOf: (role: RoleName) => number,
): { writes: number; reads: number } {
  const sumOf = (of: (role: RoleName) => number, roles = roleNames as readonly RoleName[]) =>
    roles.reduce((sum, role) => sum + of(role), 0)
  const idle = sumOf(role => (idleWrites[role] ?? 0) * countOf(role))
  const ring = sumOf(role => (ringReads[role] ?? 0) * countOf(role) * sumOf(countOf, watched[role]))
  return {
    writes: blocks * requests.block + compactions * requests.compaction + idle * seconds,
    reads:
      compactedBlocks * requests.compactedBlock +
      ring * seconds +
      (blocks + compactions) * commitReads * sumOf(countOf),
  }
}
