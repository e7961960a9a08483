import { z } from 'zod'
import { type Draft, type Key, key } from '../../serve/tempo-config/key.ts'
import { keys as serverKeys } from '../../serve/tempo-config/keys.ts'
import {
  boolean,
  byteLength,
  choice,
  integer,
  type Kind,
  millis,
  optional,
  secret,
  text,
} from '../../serve/tempo-config/kinds.ts'
import { saslMechanisms } from '../log/kafka/config.ts'
import { recordFormats } from '../records/split.ts'
import { type ClusterConfig, targets } from './config.ts'

type Config = Draft<ClusterConfig>

const whole = (config: Config) => config
const log = ({ log: part }: Config) => part
const sasl = ({ log: { sasl: part } }: Config) => part
const query = ({ query: part }: Config) => part
const live = ({ live: part }: Config) => part
const builder = ({ builder: part }: Config) => part
const tls = ({ log: { tls: part } }: Config) => part

const instancePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/

/** A name that may be in a key of the object store. */
export const instanceName: Kind<string> = {
  needs: 'up to 100 letters, digits and _.-, which begin with none of the last two',
  read: given => (instancePattern.test(String(given)) ? { value: String(given) } : undefined),
  print: value => value,
}

const partitionNumbers = z.array(z.number().int().nonnegative())
const assignment = z.union([partitionNumbers, z.record(z.string(), partitionNumbers)])
type Assigned = Config['builder']['assigned']

/** `[0, 1]`, or by the names of builders. */
const assigned: Kind<Assigned> = {
  needs: 'a list of partitions, or such lists by instance',
  read: given => {
    const { success, data } = assignment.safeParse(given)
    return success ? { value: data } : undefined
  },
  print: value => value,
}

/** As Tempo calls the formats. */
const version: Kind<Config['builder']['format']> = {
  needs: 'vblockpack or vParquet4',
  read: given =>
    given === 'vblockpack' ? { value: 'blockpack' } : given === 'vParquet4' ? { value: 'vParquet4' } : undefined,
  print: value => (value === 'blockpack' ? 'vblockpack' : value),
}

const orZero: Kind<number> = {
  needs: `${millis.needs}, or 0`,
  read: given => (/^0[a-z]*$/.test(String(given)) ? { value: 0 } : millis.read(given)),
  print: value => (value === 0 ? 0 : millis.print(value)),
}

/** What builders write. */
export const versionPath = 'storage.trace.block.version'

const kafka = (name: string) => `ingest.kafka.${name}`

/** What roles are told beside the keys of one process. */
export const clusterOnlyKeys: readonly Key<Config>[] = [
  key('target', whole, 'target', choice(targets)),
  key(kafka('address'), log, 'address', text),
  key(kafka('topic'), log, 'topic', text),
  key(kafka('client_id'), log, 'clientId', text),
  key(kafka('dial_timeout'), log, 'dialTimeoutMillis', millis),
  key(kafka('write_timeout'), log, 'writeTimeoutMillis', millis),
  key(kafka('sasl_mechanism'), sasl, 'mechanism', choice(saslMechanisms)),
  key(kafka('sasl_username'), sasl, 'username', optional(text)),
  key(kafka('sasl_password'), sasl, 'password', secret),
  key(kafka('tls_enabled'), tls, 'isEnabled', boolean),
  key(kafka('tls_ca_path'), tls, 'authority', optional(text)),
  key(kafka('tls_cert_path'), tls, 'certificate', optional(text)),
  key(kafka('tls_key_path'), tls, 'key', optional(text)),
  key(kafka('tls_server_name'), tls, 'serverName', optional(text)),
  key(kafka('tls_insecure_skip_verify'), tls, 'acceptsAny', boolean),
  key(kafka('auto_create_topic_enabled'), log, 'createsTopic', boolean),
  key(kafka('auto_create_topic_default_partitions'), log, 'createdPartitions', integer(1, 10_000)),
  key(kafka('producer_max_record_size_bytes'), log, 'maxRecordBytes', byteLength),
  key(kafka('consumer_group'), log, 'group', text),
  key(['trace_lab.instance_id', 'block_builder.instance_id'], whole, 'instance', instanceName),
  key('block_builder.assigned_partitions', builder, 'assigned', assigned),
  key('block_builder.partitions_per_instance', builder, 'perInstance', optional(integer(0, 100_000))),
  key('block_builder.block.max_block_bytes', builder, 'maxBlockBytes', optional(byteLength)),
  key('block_builder.consume_cycle_duration', builder, 'cycleMillis', millis),
  key('block_builder.max_consuming_bytes', builder, 'maxBytes', byteLength),
  key(versionPath, builder, 'format', version),
  key('querier.max_concurrent_queries', query, 'maxJobs', integer(1, 10_000)),
  key('query_frontend.search.target_bytes_per_job', query, 'targetJobBytes', byteLength),
  key(
    ['query_frontend.search.concurrent_jobs', 'query_frontend.metrics.concurrent_jobs'],
    query,
    'maxQueryJobs',
    integer(1, 100_000),
  ),
  key('trace_lab.query_cache_bytes', query, 'maxHeldBytes', byteLength),
  key('live_store.commit_interval', live, 'commitMillis', millis),
  key('live_store.readiness_target_lag', live, 'targetLagMillis', orZero),
  key('live_store.fail_on_high_lag', query, 'failsOnLag', boolean),
  key('live_store.complete_block_timeout', live, 'keepMillis', millis),
  key('live_store.max_live_traces_bytes', live, 'maxLiveBytes', byteLength),
  key('trace_lab.advertised_host', whole, 'advertisedHost', optional(text)),
  key('trace_lab.partition', whole, 'partition', optional(integer(0, 100_000))),
  key('trace_lab.record_format', whole, 'recordFormat', choice(recordFormats)),
]

/** All keys that a role knows. */
export const clusterKeys: readonly Key<Config>[] = [...serverKeys, ...clusterOnlyKeys]
