import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type ClusterConfig, defaultClusterConfig } from '../../../../lib/cluster/roles/config.ts'
import { clusterKeys } from '../../../../lib/cluster/roles/keys.ts'
import { settings } from '../../../../lib/formats/blockpack/write/config.ts'
import type { Draft } from '../../../../lib/serve/tempo-config/key.ts'
import { readTempoConfig } from '../../../../lib/serve/tempo-config/read.ts'

/** What a file says under a key, and where it lands: the field, and its value if that is another. */
type Row = readonly [given: unknown, field: string, value?: unknown]

const kafka: Record<string, Row> = {
  address: ['a:1,b:2', 'log.address'],
  topic: ['spans', 'log.topic'],
  client_id: ['me', 'log.clientId'],
  dial_timeout: ['3s', 'log.dialTimeoutMillis', 3_000],
  write_timeout: ['1m', 'log.writeTimeoutMillis', 60_000],
  sasl_mechanism: ['SCRAM-SHA-512', 'log.sasl.mechanism'],
  sasl_username: ['user', 'log.sasl.username'],
  sasl_password: ['secret', 'log.sasl.password'],
  tls_enabled: [true, 'log.tls.isEnabled'],
  tls_ca_path: ['/ca', 'log.tls.authority'],
  tls_cert_path: ['/cert', 'log.tls.certificate'],
  tls_key_path: ['/key', 'log.tls.key'],
  tls_server_name: ['kafka', 'log.tls.serverName'],
  tls_insecure_skip_verify: [true, 'log.tls.acceptsAny'],
  auto_create_topic_enabled: [true, 'log.createsTopic'],
  auto_create_topic_default_partitions: [7, 'log.createdPartitions'],
  producer_max_record_size_bytes: ['1MB', 'log.maxRecordBytes', 1e6],
  consumer_group: ['builders', 'log.group'],
}

const s3: Record<string, Row> = {
  bucket: ['traces', 'storage.s3.bucket'],
  prefix: ['a/b', 'storage.s3.prefix'],
  endpoint: ['http://s3:9000', 'storage.s3.endpoint'],
  region: ['eu-west-1', 'storage.s3.region'],
  access_key: ['me', 'storage.s3.accessKey'],
  secret_key: ['secret', 'storage.s3.secretKey'],
  session_token: ['token', 'storage.s3.sessionToken'],
  insecure: [true, 'storage.s3.insecure'],
  forcepathstyle: [true, 'storage.s3.forcepathstyle'],
}

const compactor: Record<string, Row> = {
  compaction_window: ['2h', 'store.compaction.windowMillis', 7_200_000],
  max_block_bytes: ['1GB', 'store.compaction.maxBytes', 1e9],
  max_compaction_objects: [1_000, 'store.compaction.maxTraces'],
  block_retention: ['48h', 'store.compaction.retentionMillis', 172_800_000],
  compacted_block_retention: ['5m', 'store.compaction.replacedMillis', 300_000],
}

const limits: Record<string, Row> = {
  'ingestion.rate_limit_bytes': [1_000, 'store.limits.maxBytesPerSecond'],
  'ingestion.burst_size_bytes': [2_000, 'store.limits.burstBytes'],
  'ingestion.max_attribute_bytes': [64, 'store.limits.maxAttributeBytes'],
  'global.max_bytes_per_trace': [5_000, 'store.limits.maxTraceBytes'],
  'compaction.block_retention': ['24h', 'store.compaction.retentionMillis', 86_400_000],
}

const live: Record<string, Row> = {
  'live_store.max_trace_idle ingester.trace_idle_period': ['6s', 'store.maxTraceIdleMillis', 6_000],
  'live_store.max_trace_live ingester.trace_live_period': ['40s', 'store.maxTraceLiveMillis', 40_000],
  'live_store.max_block_bytes ingester.max_block_bytes': ['10MiB', 'store.maxBlockBytes', 10 * 2 ** 20],
  'live_store.max_block_duration ingester.max_block_duration': ['20s', 'store.maxBlockMillis', 20_000],
  'live_store.commit_interval': ['7s', 'live.commitMillis', 7_000],
  'live_store.readiness_target_lag': ['2s', 'live.targetLagMillis', 2_000],
  'live_store.complete_block_timeout': ['20m', 'live.keepMillis', 1_200_000],
  'live_store.max_live_traces_bytes': ['100MB', 'live.maxLiveBytes', 100e6],
  'live_store.fail_on_high_lag': [true, 'query.failsOnLag'],
}

const others: Record<string, Row> = {
  target: ['querier', 'target'],
  multitenancy_enabled: [true, 'tenancy', 'required'],
  'server.http_listen_address': ['0.0.0.0', 'listen.query.host'],
  'server.http_listen_port': [3_201, 'listen.query.port'],
  'storage.trace.backend': ['s3', 'storage.backend'],
  'storage.trace.wal.path': ['/wal', 'storage.log'],
  'storage.trace.local.path': ['/blocks', 'storage.folder'],
  'storage.trace.block.version': ['vParquet4', 'builder.format'],
  'backend_scheduler.provider.compaction.max_input_blocks': [6, 'store.compaction.maxInputs'],
  'distributor.max_attribute_bytes': [64, 'store.limits.maxAttributeBytes'],
  'trace_lab.instance_id block_builder.instance_id': ['builder-1', 'instance'],
  'block_builder.assigned_partitions': [{ a: [0, 1] }, 'builder.assigned'],
  'block_builder.partitions_per_instance': [3, 'builder.perInstance'],
  'block_builder.block.max_block_bytes': ['50MB', 'builder.maxBlockBytes', 50e6],
  'block_builder.consume_cycle_duration': ['1m', 'builder.cycleMillis', 60_000],
  'block_builder.max_consuming_bytes': ['1GB', 'builder.maxBytes', 1e9],
  'querier.max_concurrent_queries': [5, 'query.maxJobs'],
  'query_frontend.search.target_bytes_per_job': ['10MB', 'query.targetJobBytes', 10e6],
  'query_frontend.search.concurrent_jobs query_frontend.metrics.concurrent_jobs': [50, 'query.maxQueryJobs'],
  'query_frontend.api_timeout': ['10s', 'api.timeoutMillis', 10_000],
  'trace_lab.query_cache_bytes': ['1GB', 'query.maxHeldBytes', 1e9],
  'trace_lab.advertised_host': ['host', 'advertisedHost'],
  'trace_lab.partition': [4, 'partition'],
  'trace_lab.record_format': ['otlp', 'recordFormat'],
  'trace_lab.sync': ['never', 'store.sync'],
  'trace_lab.max_request_bytes': ['1MB', 'store.limits.maxRequestBytes', 1e6],
  'trace_lab.max_spans_per_second': [9, 'store.limits.maxSpansPerSecond'],
  'trace_lab.max_query_bytes': ['2GB', 'api.maxBytes', 2e9],
}

const below = (path: string, rows: Record<string, Row>) =>
  Object.entries(rows).map(([name, row]) => [`${path}.${name}`, row] as const)
const rows: readonly (readonly [string, Row])[] = [
  ...below('ingest.kafka', kafka),
  ...below('storage.trace.s3', s3),
  ...['backend_worker', 'backend_scheduler.provider.compaction', 'compactor'].flatMap(path =>
    below(`${path}.compaction`, compactor),
  ),
  ...below('overrides.defaults', limits),
  ...Object.entries(limits).map(([name, row]) => [`overrides.${legacyOf(name)}`, row] as const),
  ...[...Object.entries(live), ...Object.entries(others)].flatMap(([paths, row]) =>
    paths.split(' ').map(path => [path, row] as const),
  ),
]

/** As version 2 has it. */
function legacyOf(name: string): string {
  return name.replace(/^(?:global|compaction)\./, '').replace('.', '_')
}

const receivers = ['otlp.protocols.grpc', 'otlp.protocols.http', 'zipkin'].map(
  path => `distributor.receivers.${path}.endpoint`,
)
const blockpack = settings.map(({ key }) => `storage.trace.block.blockpack.${key}`)

function read(path: string, given: unknown) {
  const nested = path.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), given)
  const draft = structuredClone(defaultClusterConfig) as Draft<ClusterConfig>
  return readTempoConfig(stringify(nested), 'tempo.yaml', {}, draft, clusterKeys)
}

/** By field what is not as it is by default. */
function changed(config: unknown, before: unknown, field = ''): [string, unknown][] {
  if (JSON.stringify(config) === JSON.stringify(before)) return []
  const isMap = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMap(config) || !isMap(before)) return [[field, config]]
  const [own, other] = [config, before] as [Record<string, unknown>, Record<string, unknown>]
  return Object.keys(own).flatMap(name => changed(own[name], other[name], field === '' ? name : `${field}.${name}`))
}

test.each(rows)('%s is read from a file', (path, [given, field, value = given]) => {
  const { config, ignored } = read(path, given)
  expect(changed(config, defaultClusterConfig)).toEqual([[field, value]])
  expect(ignored).toEqual([])
})

test('of every key there is a row', () => {
  const known = clusterKeys.flatMap(({ paths }) => paths)
  expect([...rows.map(([path]) => path), ...receivers, ...blockpack].sort()).toEqual([...known].sort())
})

test('what the documents name is known, and what is known they name', () => {
  const text = ['docs/cluster.md', 'docs/serve.md', 'docs/blockpack-config.md']
    .map(path => readFileSync(path, 'utf8'))
    .join('\n')
  const known = clusterKeys.flatMap(({ paths }) => paths)
  const firsts = new Set(known.filter(path => path.includes('.')).map(path => path.split('.')[0]))
  const named = [...text.matchAll(/`([a-z_0-9]+(?:\.[a-z_0-9]+)+)(?:\.?\*)?`/g)].map(([, name]) => name!)
  for (const name of named.filter(own => firsts.has(own.split('.')[0]!)))
    expect(
      known.some(path => path.startsWith(name)),
      name,
    ).toBe(true)
  const groups = [...text.matchAll(/`(?:[a-z_]+\.)*([a-z_]+_)\*`/g)].map(([, start]) => start!)
  const isNamed = (path: string) => {
    const last = path.split('.').at(-1)!
    return text.includes(`${last}\``) || groups.some(start => last.startsWith(start))
  }
  for (const { paths } of clusterKeys) expect(paths.some(isNamed), paths.join(' ')).toBe(true)
})

test.each([
  ['live_store.complete_block_timeot', 'live_store.complete_block_timeot (did you mean complete_block_timeout?)'],
  ['query_frontend.search.max_duration', 'query_frontend.search.max_duration'],
  ['block_builder.wal.path', 'block_builder.wal'],
  ['metrics_generator.processor', 'metrics_generator'],
])('%s is named, for it has no meaning', (path, message) => {
  const { config, ignored } = read(path, '1')
  expect(ignored).toEqual([message])
  expect(config).toEqual(defaultClusterConfig)
})
