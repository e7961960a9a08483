import { hostname } from 'node:os'
import type { BlockFormat } from '../../serve/blocks/meta.ts'
import { defaultServerConfig, type ServerConfig } from '../../serve/server-config.ts'
import { defaultLive, type LiveConfig } from '../live/config.ts'
import { defaultKafka, type KafkaConfig, type SaslMechanism } from '../log/kafka/config.ts'
import { defaultSources } from '../query/cluster-sources.ts'
import { defaultSplit } from '../query/split-sources.ts'
import type { RecordFormat } from '../records/split.ts'

/** The parts of a store that run as processes of their own. */
export const roleNames = [
  'distributor',
  'block-builder',
  'live-store',
  'backend-worker',
  'querier',
  'query-frontend',
] as const
export type RoleName = (typeof roleNames)[number]

/** What one process is: one role, or all of them. */
export const targets = ['all', ...roleNames] as const
export type Target = (typeof targets)[number]

/** The log, as a file of configuration says it; the comments name Tempo's keys below `ingest.kafka`. */
export interface LogConfig extends Omit<KafkaConfig, 'sasl' | 'tls' | 'createTopic'> {
  readonly sasl: {
    readonly mechanism: SaslMechanism
    readonly username?: string | undefined
    readonly password?: string | undefined
  }
  /** Paths of files of PEM. */
  readonly tls: {
    readonly isEnabled: boolean
    readonly authority?: string | undefined
    readonly certificate?: string | undefined
    readonly key?: string | undefined
    readonly serverName?: string | undefined
    readonly acceptsAny: boolean
  }
  /** `auto_create_topic_enabled`, `auto_create_topic_default_partitions` */
  readonly createsTopic: boolean
  readonly createdPartitions: number
  /** By which offsets builders tell tools how far they are: `consumer_group`. */
  readonly group: string
}

/** The comments name Tempo's keys below `block_builder`. */
export interface BuilderSettings {
  /** Which partitions a builder has, by its name, or this one: `assigned_partitions`. All take turns where absent. */
  readonly assigned?: readonly number[] | Readonly<Record<string, readonly number[]>> | undefined
  /**
   * How many partitions an instance has: those from its number on, the last digits of its name, times as many.
   * `partitions_per_instance`, which `assigned_partitions` goes before. All take turns where it is absent.
   */
  readonly perInstance?: number | undefined
  /** Bytes of the records of a block: `block.max_block_bytes`. */
  readonly maxBlockBytes?: number | undefined
  /** `consume_cycle_duration` */
  readonly cycleMillis: number
  /** `max_consuming_bytes` */
  readonly maxBytes: number
  /** `storage.trace.block.version` */
  readonly format: BlockFormat
}

/** How questions are answered. */
export interface QuerySettings {
  /** Jobs that a querier does at the same time: `querier.max_concurrent_queries`. */
  readonly maxJobs: number
  /** What a job reads, about: `query_frontend.search.target_bytes_per_job`. */
  readonly targetJobBytes: number
  /** Jobs of one query under way, of all queriers: `query_frontend.search.concurrent_jobs`, `query_frontend.metrics.concurrent_jobs`. */
  readonly maxQueryJobs: number
  /** Questions whose answers may lack spans are refused: `live_store.fail_on_high_lag`. */
  readonly failsOnLag: boolean
  /** What a querier or frontend holds of blocks and pieces: `trace_lab.query_cache_bytes`. */
  readonly maxHeldBytes: number
}

/** The keys of `live_store` beside those of one process. */
export type LiveSettings = Pick<LiveConfig, 'commitMillis' | 'targetLagMillis' | 'maxLiveBytes' | 'keepMillis'>

/** How a role works: what a file of configuration and flags may set, beside what one process has. */
export interface ClusterConfig extends ServerConfig {
  readonly target: Target
  /** What this process is called among those of its role. */
  readonly instance: string
  /** Where others reach this process, if not at the host that it listens on. */
  readonly advertisedHost?: string | undefined
  /** Of a live store; that of its name's last digits where absent. */
  readonly partition?: number | undefined
  readonly log: LogConfig
  readonly recordFormat: RecordFormat
  readonly builder: BuilderSettings
  readonly live: LiveSettings
  readonly query: QuerySettings
  /** Goes on where the log has dropped records that are in no block. */
  readonly acceptsLoss: boolean
}

/** All but where the log and the blocks are. */
export const defaultClusterConfig: ClusterConfig = {
  ...defaultServerConfig,
  target: 'all',
  instance: hostname(),
  log: {
    ...defaultKafka,
    sasl: { mechanism: 'PLAIN' },
    tls: { isEnabled: false, acceptsAny: false },
    createsTopic: false,
    createdPartitions: 2,
    group: 'block-builder',
  },
  recordFormat: 'tempo',
  query: {
    maxJobs: 20,
    targetJobBytes: defaultSplit.targetJobBytes,
    maxQueryJobs: defaultSplit.maxJobs,
    maxHeldBytes: defaultSources.maxHeldBytes,
    failsOnLag: defaultSources.failsOnLag,
  },
  live: {
    commitMillis: defaultLive.commitMillis,
    targetLagMillis: 0,
    maxLiveBytes: defaultLive.maxLiveBytes,
    keepMillis: defaultLive.keepMillis,
  },
  builder: { cycleMillis: 30_000, maxBytes: 256 * 2 ** 20, format: 'blockpack' },
  acceptsLoss: false,
}
