import { z } from 'zod'
import { roleNames } from '../../lib/cluster/roles/config.ts'
import { blockFormats } from '../../lib/serve/blocks/meta.ts'
import { amount, count, environmentSchema, list } from './run-schema.ts'
import { figureSchema } from './serve-bench-schema.ts'

const byRole = z.record(z.enum(roleNames), amount)
const counts = z.record(z.enum(roleNames), count)

/** What `bench cluster` measured, as far as a plan needs it. */
const ratesSchema = z.object({
  /** What of, in words. */
  of: z.string(),
  spansPerTrace: amount,
  /** Live stores per partition. */
  liveReplicas: amount,
  /** Of requests of OTLP, of records as they lie in the log, of what builders hold in memory, of fresh blocks and of compacted ones. */
  bytesPerSpan: z.object({ request: amount, record: amount, held: amount, fresh: amount, compacted: amount }),
  /** Seconds of CPU that all processes of a role took for a million spans; a worker's for a million that are compacted. */
  cpuSecondsPerMillion: byRole,
  /** Seconds of CPU of queriers and frontend for a query over a million spans. */
  querySecondsPerMillion: amount,
  /** The most memory of any process of a role. */
  peakBytes: byRole,
  /** Requests that write a block and its commit, and what a compaction makes and says of its inputs. */
  requests: z.object({ block: amount, compaction: amount }),
  /** What a process asks of the store each second beside blocks: lists and writes, and for each it watches in the ring reads. */
  idleWrites: byRole,
  ringReads: byRole,
  /** How often a process reads a commit. */
  commitReads: amount,
})

/** What a run used and asked of the store until blocks were compacted, which a plan for it has to come near. */
const measuredSchema = z.object({
  counts,
  partitionCount: count,
  cycleSeconds: amount,
  spans: count,
  seconds: amount,
  /** How often each process was asked for its metrics; runs before 2026-11-29 13:00 do not say. */
  lookCount: count.optional(),
  blocks: count,
  compactions: count,
  compactedBlocks: count,
  /** Requests that write or list, and those that read. */
  writes: count,
  reads: count,
  logBytes: count,
  storedBytes: count,
})

/** What one run gives. */
const clusterRunSchema = z.object({
  format: z.enum(blockFormats),
  /** Real Ceph, or a folder where there is none. */
  store: z.enum(['Ceph', 'folder']),
  /** By subject. */
  sections: list(z.object({ title: z.string(), figures: list(figureSchema) })),
  rates: ratesSchema,
  measured: measuredSchema,
})

/** What a cluster does under load, by the format of its blocks. */
export const clusterBenchSchema = z.object({
  kind: z.literal('cluster'),
  /** The capture that is replayed. */
  input: z.object({ name: z.literal('cluster'), source: z.string() }),
  environment: environmentSchema,
  job: z.object({
    seed: count,
    seconds: count,
    rounds: count,
    spansPerSecond: count,
    brokers: count,
    counts,
    cycleSeconds: count,
  }),
  runs: list(clusterRunSchema),
  /** Formats of which there is no run, and why. */
  problems: list(z.string()),
})

export type ClusterRates = z.infer<typeof ratesSchema>
export type Measured = z.infer<typeof measuredSchema>
export type ClusterRun = z.infer<typeof clusterRunSchema>
export type ClusterBench = z.infer<typeof clusterBenchSchema>
