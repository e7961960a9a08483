import { defaultLive } from '../../../lib/cluster/live/config.ts'
import { defaultSources } from '../../../lib/cluster/query/cluster-sources.ts'
import { type RoleName, roleNames } from '../../../lib/cluster/roles/config.ts'
import { lagRoles } from '../../../lib/cluster/roles/lag.ts'
import { defaultCompaction } from '../../../lib/serve/blocks/plan.ts'
import type { ClusterRates } from '../../runs/cluster-bench-schema.ts'
import { type Compaction, compactionsOf, totalOf } from './plan-compactions.ts'
import { listsOfLag, watched } from './rates.ts'

/** What a cluster is to hold and answer. */
export interface Demand {
  readonly spansPerSecond: number
  /** Of the same load: each has blocks of its own. */
  readonly tenants: number
  readonly retentionSeconds: number
  /** How long records stay in the log. */
  readonly logSeconds: number
  /** Copies of a record in the log, and live stores of a partition. */
  readonly replication: number
  readonly liveReplicas: number
  /** How often metrics are asked for, the lag among them. */
  readonly scrapeSeconds: number
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
  /** How often a span is written again. */
  readonly rewrites: number
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
  /** Of the traces in blocks, by which frontends know where a trace is. */
  readonly indexBytes: number
  /** What it takes more than can be had, a line each. */
  readonly problems: readonly string[]
  readonly dollarsPerMonth: { readonly writes: number; readonly reads: number; readonly stored: number }
}

export const monthSeconds = 30 * 24 * 3_600
/** So that one may be gone. */
const minOfRole = 2

/** What a trace takes in the memory of a frontend, and in that of a worker while its block becomes another. */
const indexBytesPerTrace = 8
const compactedBytesPerTrace = 21
const windowSeconds = defaultCompaction.windowMillis / 1e3
const hourSeconds = 3_600

/** What a cluster takes for a demand, by measured rates. */
export function planCluster(rates: ClusterRates, demand: Demand, prices: Prices = defaultPrices): ClusterPlan {
  const { spansPerSecond } = demand
  const { bytesPerSpan } = rates
  const partitions = demand.partitions ?? partitionsOf(rates, demand)
  const blocks = blocksOf(rates, demand, partitions)
  const compaction = compactionOf(rates, demand, blocks)
  const cores = coresOf(rates, demand, compaction)
  const countOf = (role: RoleName) => demand.counts?.[role] ?? countFor(role, cores[role], demand, partitions)
  const bytesOf = memoryOf(rates, demand, partitions, countOf, compaction)
  const roles = Object.fromEntries(
    roleNames.map(role => [role, { count: countOf(role), cores: cores[role], bytes: bytesOf[role] }]),
  ) as ClusterPlan['roles']
  const perSecond = demand.tenants / windowSeconds
  const compactions = compaction.count * perSecond
  const work = { blocks, compactions, partRequests: compaction.partRequests * perSecond }
  const time = { seconds: 1, looks: 1 / demand.scrapeSeconds }
  const { writes, reads: others } = requestsOf(rates, { ...work, ...time }, countOf)
  const reads = others + compaction.reads * perSecond
  const storedBytes = spansPerSecond * demand.retentionSeconds * bytesPerSpan.compacted
  const logRate = spansPerSecond * bytesPerSpan.record
  return {
    ...{ partitions, roles, blocksPerSecond: blocks, compactionsPerSecond: compactions, rewrites: compaction.rewrites },
    ...{ writesPerSecond: writes, readsPerSecond: reads },
    networkBytesPerSecond: {
      in: spansPerSecond * bytesPerSpan.request,
      log: logRate * demand.replication,
      consumers: logRate * (1 + demand.liveReplicas),
      store: spansPerSecond * (bytesPerSpan.fresh + compaction.rewrites * bytesPerSpan.compacted),
    },
    logBytes: logRate * demand.logSeconds * demand.replication,
    storedBytes,
    indexBytes: indexBytesOf(rates, demand),
    problems: problemsOf(rates, demand, partitions),
    dollarsPerMonth: {
      writes: ((writes * monthSeconds) / 1e3) * prices.thousandWrites,
      reads: ((reads * monthSeconds) / 1e3) * prices.thousandReads,
      stored: (storedBytes / 1e9) * prices.storedGigabyte,
    },
  }
}

function coresOf(rates: ClusterRates, demand: Demand, { rewrites }: Compaction): Record<RoleName, number> {
  const { spansPerSecond } = demand
  const asked = (rates.querySecondsPerMillion / 1e6) * spansPerSecond * hourSeconds * demand.queriesPerSecond
  const { querier = 0, 'query-frontend': frontend = 0 } = rates.cpuSecondsPerMillion
  const frontendShare = querier + frontend === 0 ? 0 : frontend / (querier + frontend)
  return {
    distributor: coresFor(rates, 'distributor', spansPerSecond),
    'block-builder': coresFor(rates, 'block-builder', spansPerSecond),
    'live-store': liveCores(rates, spansPerSecond) * demand.liveReplicas,
    'backend-worker': coresFor(rates, 'backend-worker', spansPerSecond * rewrites),
    querier: asked * (1 - frontendShare),
    'query-frontend': asked * frontendShare,
  }
}

function countFor(role: RoleName, cores: number, { liveReplicas, utilisation }: Demand, partitions: number): number {
  return role === 'live-store' ? partitions * liveReplicas : Math.max(minOfRole, Math.ceil(cores / utilisation))
}

/** Bytes of a process of each role: what was measured, and what a load like this adds to that at most. */
function memoryOf(
  rates: ClusterRates,
  demand: Demand,
  partitions: number,
  countOf: (role: RoleName) => number,
  { largestTraces }: Compaction,
): Record<RoleName, number> {
  const { spansPerSecond, cycleSeconds, maxConsumingBytes } = demand
  const held = (spans: number, max: number) => Math.min(max, spans * rates.bytesPerSpan.held)
  const liveSeconds = cycleSeconds + defaultLive.keepMillis / 1e3
  const opened = Math.min(defaultSources.maxHeldBytes, indexBytesOf(rates, demand))
  const added: Record<RoleName, number> = {
    distributor: 0,
    'block-builder': held((spansPerSecond / countOf('block-builder')) * cycleSeconds, maxConsumingBytes),
    'live-store': held((spansPerSecond / partitions) * liveSeconds, defaultLive.maxLiveBytes),
    'backend-worker': largestTraces * compactedBytesPerTrace,
    querier: opened,
    'query-frontend': opened,
  }
  return Object.fromEntries(roleNames.map(role => [role, (rates.peakBytes[role] ?? 0) + added[role]])) as typeof added
}

function indexBytesOf({ spansPerTrace }: ClusterRates, { spansPerSecond, retentionSeconds }: Demand): number {
  return ((spansPerSecond * retentionSeconds) / spansPerTrace) * indexBytesPerTrace
}

function coresFor({ cpuSecondsPerMillion }: ClusterRates, role: RoleName, spansPerSecond: number): number {
  return ((cpuSecondsPerMillion[role] ?? 0) * spansPerSecond) / 1e6
}

/** Cores of one live store of each partition together: what was measured is that of all replicas. */
function liveCores(rates: ClusterRates, spansPerSecond: number): number {
  return coresFor(rates, 'live-store', spansPerSecond) / rates.liveReplicas
}

/** Cores that the builder or a live store of all partitions needs, whichever needs more. */
function busiestCores(rates: ClusterRates, { spansPerSecond }: Demand): number {
  return Math.max(coresFor(rates, 'block-builder', spansPerSecond), liveCores(rates, spansPerSecond))
}

function partitionsOf(rates: ClusterRates, demand: Demand): number {
  return Math.max(minOfRole, Math.ceil(busiestCores(rates, demand) / demand.utilisation))
}

/** Where one process would have to do more than a core can. */
function problemsOf(rates: ClusterRates, demand: Demand, partitions: number): string[] {
  const problems: string[] = []
  const inPartition = busiestCores(rates, demand) / partitions
  if (inPartition > 1)
    problems.push(
      `--partitions ${partitions}: the live store or the builder of one takes ${inPartition.toFixed(1)} cores, and has one: at least ${partitionsOf(rates, demand)} are needed`,
    )
  // One worker has all compactions of a tenant and level, one after the other.
  const ofLevel = coresFor(rates, 'backend-worker', demand.spansPerSecond) / demand.tenants
  if (ofLevel > 1)
    problems.push(
      `compaction: blocks of a tenant and level become others one after the other, which takes ${ofLevel.toFixed(1)} cores of one worker: they fall behind unless the load is of several tenants`,
    )
  return problems
}

/** Blocks per second: one per tenant, partition and cycle, or more where memory is full before. */
function blocksOf({ bytesPerSpan }: ClusterRates, demand: Demand, partitions: number): number {
  const { spansPerSecond, tenants, cycleSeconds, maxConsumingBytes } = demand
  return Math.max((partitions * tenants) / cycleSeconds, (spansPerSecond * bytesPerSpan.held) / maxConsumingBytes)
}

/** Of the blocks of a tenant that arrive within a window. */
function compactionOf({ spansPerTrace, bytesPerSpan }: ClusterRates, demand: Demand, blocks: number): Compaction {
  const count = Math.max(1, Math.round((blocks * windowSeconds) / demand.tenants))
  const traces = (demand.spansPerSecond * windowSeconds) / spansPerTrace / demand.tenants / count
  const alike = { count, traces }
  return totalOf(compactionsOf(alike), alike, spansPerTrace * bytesPerSpan.compacted)
}

/** What is done in some time. */
export interface Work {
  readonly blocks: number
  readonly compactions: number
  /** Requests that write the parts of large blocks. */
  readonly partRequests: number
  readonly seconds: number
  /** How often each process is asked for its metrics. */
  readonly looks: number
}

/** The requests to the store that some work takes, with so many processes of each role, without those that read blocks. */
export function requestsOf(
  { requests, idleWrites, ringReads, commitReads }: ClusterRates,
  { blocks, compactions, partRequests, seconds, looks }: Work,
  countOf: (role: RoleName) => number,
): { writes: number; reads: number } {
  const sumOf = (of: (role: RoleName) => number, roles = roleNames as readonly RoleName[]) =>
    roles.reduce((sum, role) => sum + of(role), 0)
  const idle = sumOf(role => (idleWrites[role] ?? 0) * countOf(role))
  const lagLooks = looks * sumOf(countOf, lagRoles)
  const ring = sumOf(role => (ringReads[role] ?? 0) * countOf(role) * sumOf(countOf, watched[role]))
  return {
    writes:
      blocks * requests.block +
      compactions * requests.compaction +
      partRequests +
      idle * seconds +
      lagLooks * listsOfLag,
    reads: ring * seconds + lagLooks * countOf('live-store') + (blocks + compactions) * commitReads * sumOf(countOf),
  }
}
