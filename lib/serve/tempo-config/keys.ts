import { isAllowed, printRule, type Setting, settings } from '../../formats/blockpack/write/config.ts'
import type { Endpoint, Listener, ServerConfig } from '../server-config.ts'
import { syncModes } from '../wal/log.ts'
import { type Draft, type Key, key } from './key.ts'
import {
  boolean,
  byteLength,
  choice,
  count,
  integer,
  type Kind,
  millis,
  optional,
  orNone,
  secret,
  text,
} from './kinds.ts'

type Part<T> = (config: Draft<ServerConfig>) => T

const port = integer(0, 65_535)

const tenancy: Kind<ServerConfig['tenancy']> = {
  needs: boolean.needs,
  read: given => (typeof given === 'boolean' ? { value: given ? 'required' : 'single' } : undefined),
  print: value => (value === 'optional' ? undefined : value === 'required'),
}

/** `0.0.0.0:4317`, `[::]:4317`, `:4317` */
const address: Kind<Endpoint | undefined> = {
  needs: 'a host and a port, such as 0.0.0.0:4317',
  read: given => {
    const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(String(given)) ?? []
    const value = { host: bracketed ?? (plain || '0.0.0.0'), port: Number(digits) }
    return digits !== undefined && value.port <= 65_535 ? { value } : undefined
  },
  print: value => value && `${value.host.includes(':') ? `[${value.host}]` : value.host}:${value.port}`,
}

/** Receivers: by name in `distributor.receivers`, the path of the one that listens. */
export const receiverPaths: Readonly<Record<Exclude<Listener, 'query'>, string>> = {
  otlpGrpc: 'distributor.receivers.otlp.protocols.grpc',
  otlpHttp: 'distributor.receivers.otlp.protocols.http',
  zipkin: 'distributor.receivers.zipkin',
}

export const blockpackPath = 'storage.trace.block.blockpack'

/** One of the nine keys; it counts for fresh blocks and for those that replace them. */
function blockpackKey({ key: name, name: field, rule }: Setting): Key<Draft<ServerConfig>> {
  return {
    paths: [`${blockpackPath}.${name}`],
    needs: printRule(rule),
    take({ store }, given) {
      for (const config of [store.blockpack, store.freshBlockpack]) Object.assign(config, { [field]: given })
      return isAllowed(given, rule)
    },
    // Fresh blocks have a profile of their own.
    show: ({ store }) => (store.blockpack[field] === store.freshBlockpack[field] ? store.blockpack[field] : undefined),
  }
}

/** A key of a tenant that takes the place of another one, but where it is 0. */
function overriding(paths: readonly string[], other: Key<Draft<ServerConfig>>): Key<Draft<ServerConfig>> {
  const isNone = (given: unknown) => /^0[a-z]*$/.test(String(given))
  return {
    paths,
    needs: `${other.needs}, or 0 for that of the compactor`,
    take: (config, given) => isNone(given) || other.take(config, given),
    show: () => undefined,
  }
}

const whole: Part<Draft<ServerConfig>> = config => config
const listen: Part<Draft<ServerConfig>['listen']> = config => config.listen
const query: Part<Draft<ServerConfig>['listen']['query']> = config => config.listen.query
const storage: Part<Draft<ServerConfig>['storage']> = config => config.storage
const s3: Part<Draft<ServerConfig>['storage']['s3']> = config => config.storage.s3
const store: Part<Draft<ServerConfig>['store']> = config => config.store
const limits: Part<Draft<ServerConfig>['store']['limits']> = config => config.store.limits
const compaction: Part<Draft<ServerConfig>['store']['compaction']> = config => config.store.compaction
const api: Part<Draft<ServerConfig>['api']> = config => config.api

const live = (name: string, ingesterName: string) => [`live_store.${name}`, `ingester.${ingesterName}`]
const provider = 'backend_scheduler.provider.compaction'
const compactor = (name: string) =>
  ['backend_worker.compaction', `${provider}.compaction`, 'compactor.compaction'].map(path => `${path}.${name}`)
const override = (group: string, name: string, legacy: string) => [
  `overrides.defaults.${group}.${name}`,
  `overrides.${legacy}`,
]

const retention = key(compactor('block_retention'), compaction, 'retentionMillis', millis)

/** The later ones of them count more. */
export const keys: readonly Key<Draft<ServerConfig>>[] = [
  key('multitenancy_enabled', whole, 'tenancy', tenancy),
  key('server.http_listen_address', query, 'host', text),
  key('server.http_listen_port', query, 'port', port),
  ...Object.entries(receiverPaths).map(([name, path]) =>
    key(`${path}.endpoint`, listen, name as keyof typeof receiverPaths, address),
  ),
  key('storage.trace.backend', storage, 'backend', choice(['local', 's3'])),
  key('storage.trace.wal.path', storage, 'log', text),
  key('storage.trace.local.path', storage, 'folder', text),
  key('storage.trace.s3.bucket', s3, 'bucket', text),
  key('storage.trace.s3.prefix', s3, 'prefix', optional(text)),
  key('storage.trace.s3.endpoint', s3, 'endpoint', optional(text)),
  key('storage.trace.s3.region', s3, 'region', optional(text)),
  key('storage.trace.s3.access_key', s3, 'accessKey', secret),
  key('storage.trace.s3.secret_key', s3, 'secretKey', secret),
  key('storage.trace.s3.session_token', s3, 'sessionToken', secret),
  key('storage.trace.s3.insecure', s3, 'insecure', optional(boolean)),
  key('storage.trace.s3.forcepathstyle', s3, 'forcepathstyle', optional(boolean)),
  ...settings.map(blockpackKey),
  key(live('max_trace_idle', 'trace_idle_period'), store, 'maxTraceIdleMillis', millis),
  key(live('max_trace_live', 'trace_live_period'), store, 'maxTraceLiveMillis', millis),
  key(live('max_block_bytes', 'max_block_bytes'), store, 'maxBlockBytes', byteLength),
  key(live('max_block_duration', 'max_block_duration'), store, 'maxBlockMillis', millis),
  key(compactor('compaction_window'), compaction, 'windowMillis', millis),
  key(compactor('max_block_bytes'), compaction, 'maxBytes', byteLength),
  key(compactor('max_compaction_objects'), compaction, 'maxTraces', count(1)),
  retention,
  overriding(override('compaction', 'block_retention', 'block_retention'), retention),
  key(compactor('compacted_block_retention'), compaction, 'replacedMillis', millis),
  key(`${provider}.max_input_blocks`, compaction, 'maxInputs', integer(2, 1_000)),
  key(
    override('ingestion', 'rate_limit_bytes', 'ingestion_rate_limit_bytes'),
    limits,
    'maxBytesPerSecond',
    optional(byteLength),
  ),
  key(
    override('ingestion', 'burst_size_bytes', 'ingestion_burst_size_bytes'),
    limits,
    'burstBytes',
    optional(byteLength),
  ),
  key(override('global', 'max_bytes_per_trace', 'max_bytes_per_trace'), limits, 'maxTraceBytes', orNone(byteLength)),
  key(
    [
      ...override('ingestion', 'max_attribute_bytes', 'ingestion_max_attribute_bytes'),
      'distributor.max_attribute_bytes',
    ],
    limits,
    'maxAttributeBytes',
    orNone(byteLength),
  ),
  key('query_frontend.api_timeout', api, 'timeoutMillis', millis),
  key('trace_lab.sync', store, 'sync', choice(syncModes)),
  key('trace_lab.max_request_bytes', limits, 'maxRequestBytes', byteLength),
  key('trace_lab.max_spans_per_second', limits, 'maxSpansPerSecond', orNone(count(1))),
  key('trace_lab.max_query_bytes', api, 'maxBytes', byteLength),
]
