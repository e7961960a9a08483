import { type RoleName, roleNames } from '../../../lib/cluster/roles/config.ts'
import { LabError, naming } from '../../../lib/error.ts'
import { encodeTraces, OtlpMessages } from '../../../lib/formats/otlp/proto-message.ts'
import { SpanRows } from '../../../lib/shred/rows.ts'
import type { ClusterRates, ClusterRun, Measured } from '../../runs/cluster-bench-schema.ts'
import { parseMeasurement } from '../../runs/measurement-schema.ts'
import { type ClusterJob, partitionCount } from './job.ts'
import type { Stored } from './part-storage.ts'
import { totalOf } from './samples.ts'
import type { Sent } from './sent.ts'
import { between, type Scrape, type Watch } from './watch.ts'

/** Whom a role looks for in the ring. */
export const watched: Readonly<Record<RoleName, readonly RoleName[]>> = {
  distributor: [],
  'block-builder': ['block-builder'],
  'live-store': [],
  'backend-worker': ['backend-worker'],
  querier: [],
  'query-frontend': ['live-store', 'querier'],
}

/** The run of blockpack in the JSON of a bench. */
export function runIn(text: string, name: string): ClusterRun {
  const measurement = naming(name, () => parseMeasurement(text))
  const runs = measurement.kind === 'cluster' ? measurement.runs : []
  const own = runs.find(({ format }) => format === 'blockpack')
  if (own === undefined) throw new LabError('invalid', `${name}: has no run of blockpack by \`bench cluster\``)
  return own
}

/** Lists that the lag takes, each time that it is told at /metrics, beside the entry of each live store. */
export const listsOfLag = 2

/** When blocks were compacted. */
export interface Compacted {
  readonly scrape: Scrape
  /** Since the epoch. */
  readonly seconds: number
  /** How often each process was asked for its metrics. */
  readonly lookCount: number
}

/** Before and after some seconds in which nothing was asked. */
export interface Idle {
  readonly before: Scrape
  readonly after: Scrape
  readonly seconds: number
}

/** What rates and totals are made of. */
export interface RateParts {
  readonly job: ClusterJob
  readonly sent: Sent
  readonly watch: Watch
  readonly stored: Stored
  readonly compacted: Compacted
  readonly idle: Idle
  /** Before and after as many queries over all spans. */
  readonly asked: { readonly before: Scrape; readonly after: Scrape; readonly queryCount: number }
}

const requestsMetric = 'trace_lab_store_requests_total'
const cpuMetric = 'process_cpu_seconds_total'
const writing = ['PUT', 'POST']
const reading = ['GET', 'HEAD']
/** Objects that are not for a block. */
const beside = ['ring', 'snapshot', 'identity', 'probe']
const nothing: Scrape = new Map()

/** What all roles have asked and written until blocks were compacted. */
export function measuredOf({
  job,
  sent,
  stored,
  compacted: { scrape: compacted, seconds, lookCount },
}: RateParts): Measured {
  const all = (labels: object) =>
    roleNames.reduce((sum, role) => sum + between(nothing, compacted, role, requestsMetric, { ...labels }), 0)
  const lists = all({ operation: 'GET', object: 'list' })
  return {
    counts: job.counts,
    partitionCount,
    cycleSeconds: job.cycleSeconds,
    spans: sent.load.acknowledgedSpans,
    seconds: Math.max(...roleNames.flatMap(role => livesOf(compacted, role, seconds))),
    lookCount,
    blocks: stored.fresh.blocks,
    compactions: stored.compactions,
    compactedBlocks: stored.compactedBlocks,
    writes: all({ operation: writing }) + lists,
    reads: all({ operation: reading }) - lists,
    logBytes: Math.round(stored.logBytes),
    storedBytes: stored.compacted.bytes,
  }
}

/** What a plan needs of a run. */
export function ratesOf(parts: RateParts): ClusterRates {
  const { job, sent, watch, stored } = parts
  const { scrape: compacted } = parts.compacted
  const { before, after, seconds } = parts.idle
  const idly = (role: RoleName, labels: object) =>
    between(before, after, role, requestsMetric, { ...labels }) / (seconds * job.counts[role])
  const spans = sent.load.acknowledgedSpans
  const worker = (labels: object) => between(nothing, compacted, 'backend-worker', requestsMetric, { ...labels })
  const per = (value: number, count: number) => (count === 0 ? 0 : value / count)
  const blockWrites = worker({ operation: writing, object: ['data', 'filter', 'meta', 'commit'] })
  const cpuOf = (role: RoleName) => {
    const cpuSeconds = between(nothing, compacted, role, cpuMetric)
    return per(cpuSeconds * 1e6, role === 'backend-worker' ? stored.compactedSpans : spans)
  }
  return {
    of: `${job.capture.name}, ${spans} spans, blocks of ${job.format} every ${job.cycleSeconds} s`,
    liveReplicas: job.counts['live-store'] / partitionCount,
    spansPerTrace: sent.replay.spanCount / sent.replay.tracesOf(0).size,
    bytesPerSpan: {
      request: sent.load.acknowledgedBytes / spans,
      record: stored.logBytes / spans,
      held: heldBytesPerSpan(sent),
      fresh: stored.fresh.bytes / stored.fresh.spans,
      compacted: stored.compacted.bytes / stored.compacted.spans,
    },
    cpuSecondsPerMillion: byRoles(cpuOf),
    querySecondsPerMillion: (queryCpuOf(parts) * 1e6) / (parts.asked.queryCount * spans),
    peakBytes: byRoles(role => watch.peakBytes(role)),
    requests: {
      block: stored.writesPerBlock,
      compaction: per(blockWrites, stored.compactions),
    },
    idleWrites: byRoles(
      role => idly(role, { operation: 'GET', object: 'list' }) + idly(role, { operation: writing, object: beside }),
    ),
    ringReads: byRoles(role => per(idly(role, { operation: reading, object: 'ring' }), countOf(watched[role], job))),
    commitReads:
      roleNames.reduce((sum, role) => sum + requests(compacted, role, { operation: reading, object: 'commit' }), 0) /
      ((stored.fresh.blocks + stored.compactions) * countOf(roleNames, job)),
  }
}

function requests(scrape: Scrape, role: RoleName, labels: object): number {
  return between(nothing, scrape, role, requestsMetric, { ...labels })
}

/** How many seconds each process of a role has lived. */
function livesOf(scrape: Scrape, role: RoleName, atSeconds: number): number[] {
  return (scrape.get(role) ?? []).map(own => atSeconds - totalOf(own, 'process_start_time_seconds'))
}

function queryCpuOf({ asked: { before, after } }: RateParts): number {
  return between(before, after, 'querier', cpuMetric) + between(before, after, 'query-frontend', cpuMetric)
}

/** What a round's spans take as builders hold them. */
function heldBytesPerSpan({ replay }: Sent): number {
  const rows = new SpanRows()
  const messages = new OtlpMessages(rows, () => {})
  messages.read(encodeTraces(replay.traces(0)), rows)
  return rows.byteLength / rows.length
}

function byRoles(of: (role: RoleName) => number): Record<RoleName, number> {
  return Object.fromEntries(roleNames.map(role => [role, of(role)])) as Record<RoleName, number>
}

function countOf(roles: readonly RoleName[], { counts }: ClusterJob): number {
  return roles.reduce((sum, role) => sum + counts[role], 0)
}
