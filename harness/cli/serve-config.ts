import { join } from 'node:path'
import { type ClusterConfig, defaultClusterConfig, type Target, targets } from '../../lib/cluster/roles/config.ts'
import { clusterKeys, clusterOnlyKeys, instanceName, versionPath } from '../../lib/cluster/roles/keys.ts'
import { LabError, messageOf } from '../../lib/error.ts'
import { configure, idleLevel } from '../../lib/formats/blockpack/write/config.ts'
import type { CompactionConfig } from '../../lib/serve/blocks/plan.ts'
import { defaultServerConfig, type Listener, type ServerConfig } from '../../lib/serve/server-config.ts'
import type { Draft } from '../../lib/serve/tempo-config/key.ts'
import { blockpackPath, keys } from '../../lib/serve/tempo-config/keys.ts'
import { printTempoConfig } from '../../lib/serve/tempo-config/print.ts'
import { readTempoConfig } from '../../lib/serve/tempo-config/read.ts'
import { type SyncMode, syncModes } from '../../lib/serve/wal/log.ts'
import { type S3Config, s3ConfigOf } from '../../lib/storage/s3/config.ts'
import { type BlockpackArguments, givenFrom, readConfig } from './blockpack-flags.ts'
import { text } from './flags.ts'
import { choice, integer, single } from './options.ts'
import { duration, millisOf } from './time-options.ts'

/** The configuration of `serve --data` and of roles: flags, and a file of Tempo. */

export interface DataArguments extends BlockpackArguments {
  data?: string | undefined
  bucket?: S3Config | undefined
  host?: string | undefined
  port?: number | undefined
  otlpHttpPort?: number | undefined
  otlpGrpcPort?: number | undefined
  zipkinPort?: number | undefined
  sync?: SyncMode | undefined
  blockDuration?: bigint | undefined
  maxRequestBytes?: number | undefined
  maxTraceBytes?: number | undefined
  maxAttributeBytes?: number | undefined
  maxSpansPerSecond?: number | undefined
  timeout?: bigint | undefined
  maxQueryBytes?: number | undefined
  target?: Target | undefined
  instance?: string | undefined
  partition?: number | undefined
  acceptLostRecords?: boolean | undefined
}

const { listen: defaultListen } = defaultServerConfig

const port = (flag: string, what: string, usual: number) =>
  ({ ...text, describe: `port of ${what} (default ${usual})`, coerce: integer(flag, 0, 65_535) }) as const
const limit = (flag: string, describe: string) => ({ ...text, describe, coerce: integer(flag, 1, 2 ** 40) }) as const

export const dataFlags = {
  data: {
    ...text,
    describe: 'folder of the store: spans that arrive are kept in it',
    coerce: (path: unknown) => single('data', path),
  },
  bucket: {
    ...text,
    describe: 's3://bucket or s3://bucket/prefix that has the blocks; the log stays in the folder',
    coerce: (given: unknown) => bucketOf(single('bucket', given)),
  },
  'otlp-http-port': port('otlp-http-port', 'OTLP over HTTP', defaultListen.otlpHttp!.port),
  'otlp-grpc-port': port('otlp-grpc-port', 'OTLP over gRPC', defaultListen.otlpGrpc!.port),
  'zipkin-port': port('zipkin-port', 'Zipkin', defaultListen.zipkin!.port),
  target: choice('target', targets, 'the role of a cluster that this process has; needs --config'),
  instance: {
    ...text,
    describe: 'name of this process among those of its role (default the name of the machine)',
    coerce: (given: unknown) => instanceOf(single('instance', given)),
  },
  partition: {
    ...text,
    describe: 'partition of a live store (default the last digits of --instance)',
    coerce: integer('partition', 0, 100_000),
  },
  'accept-lost-records': {
    type: 'boolean',
    describe: 'a block builder goes on where the log has dropped records that are in no block',
  },
  sync: choice('sync', syncModes, 'when a request is synced to disk before it is acknowledged (default always)'),
  'block-duration': {
    ...text,
    describe: 'how long spans are in the log and in memory before they become a block (default 30s)',
    coerce: duration('block-duration'),
  },
  'max-request-bytes': limit('max-request-bytes', 'of a request, decompressed (default 67108864)'),
  'max-trace-bytes': limit('max-trace-bytes', 'of a trace; further spans of it are rejected (default no bound)'),
  'max-attribute-bytes': limit(
    'max-attribute-bytes',
    'of a text in an attribute; longer ones are cut (default no bound)',
  ),
  'max-spans-per-second': limit('max-spans-per-second', 'of a tenant; more are refused for now (default no bound)'),
} as const

/** What is to be served, and how. */
export interface Serving {
  readonly config: ClusterConfig
  /** The roles that run in this process; undefined where it is a whole store. */
  readonly target: Target | undefined
  /** Shown at `/status/config`. */
  readonly configText: string
  readonly warnings: readonly string[]
}

/** The configuration: flags before the file, the file before the profile of blockpack and the defaults. */
export async function configFrom(args: DataArguments): Promise<Serving> {
  const base = structuredClone(defaultClusterConfig) as Draft<ClusterConfig>
  if (args.profile) for (const name of ['blockpack', 'freshBlockpack'] as const) base.store[name] = profileOf(args)
  const path = args.config
  const { config, ignored, taken } =
    path === undefined
      ? { config: base, ignored: [], taken: new Set<string>() }
      : readTempoConfig(await readConfig(path), path, process.env, base, clusterKeys)
  setFlags(config, args)
  const target = args.target ?? (config.target === 'all' ? undefined : config.target)
  if (target === undefined) checkPlaces(config, args)
  else setTarget(config, target, args)
  const known = target === undefined ? keys : clusterKeys
  const unused =
    target === undefined ? clusterOnlyKeys.flatMap(({ paths }) => paths.filter(name => taken.has(name))) : []
  const isGranted = (name: string) =>
    name === 'target' || (name === versionPath && config.builder.format === 'blockpack')
  const without = [...ignored, ...unused.filter(name => !isGranted(name))]
  const { blockpack, freshBlockpack } = config.store
  const isLevelSet = taken.has(`${blockpackPath}.compression_level`) || args.compressionLevel !== undefined
  return {
    config,
    target,
    configText: printTempoConfig(config, known, without),
    warnings: [
      ...(isLevelSet && freshBlockpack.compressionCodec !== 'zstd' ? idleLevel(blockpack) : []),
      ...(without.length > 0 ? [`${path}: has no meaning here: ${without.join(', ')}`] : []),
    ],
  }
}

/** By which rules blocks are compacted and deleted: what a file of Tempo says, or the defaults. */
export async function compactionFrom(path: string | undefined): Promise<CompactionConfig> {
  const base = structuredClone(defaultClusterConfig) as Draft<ClusterConfig>
  if (path !== undefined) readTempoConfig(await readConfig(path), path, process.env, base, clusterKeys)
  return base.store.compaction
}

function profileOf({ profile = 'default' }: DataArguments) {
  return configure(profile).config
}

function setFlags({ store, listen, api }: Draft<ClusterConfig>, args: DataArguments): void {
  const given = givenFrom(args)
  Object.assign(store.blockpack, given)
  Object.assign(store.freshBlockpack, given)
  if (args.sync !== undefined) store.sync = args.sync
  if (args.blockDuration !== undefined) store.maxBlockMillis = millisOf(args.blockDuration)
  for (const name of ['maxRequestBytes', 'maxTraceBytes', 'maxAttributeBytes', 'maxSpansPerSecond'] as const) {
    const limit = args[name]
    if (limit !== undefined) store.limits[name] = limit
  }
  if (args.timeout !== undefined) api.timeoutMillis = millisOf(args.timeout)
  if (args.maxQueryBytes !== undefined) api.maxBytes = args.maxQueryBytes
  const ports: [Listener, number | undefined][] = [
    ['query', args.port],
    ['otlpHttp', args.otlpHttpPort],
    ['otlpGrpc', args.otlpGrpcPort],
    ['zipkin', args.zipkinPort],
  ]
  for (const [name, port] of ports) {
    if (port !== undefined) listen[name] = { host: listen.query.host, ...listen[name], port }
    const endpoint = listen[name]
    if (endpoint !== undefined && args.host !== undefined) endpoint.host = args.host
  }
}

/** Where the log and the blocks are: in the folder of `--data`, or where the file says. */
function checkPlaces({ storage }: Draft<ServerConfig>, { data, bucket, config }: DataArguments): void {
  if (data !== undefined) Object.assign(storage, { home: data, log: join(data, 'wal'), folder: join(data, 'blocks') })
  else storage.home = storage.log
  if (bucket !== undefined) Object.assign(storage, { backend: 's3', s3: bucket })
  const missing = [
    ...(storage.log === '' ? ['wal.path'] : []),
    ...(storage.backend === 'local' && storage.folder === '' ? ['local.path'] : []),
  ]
  const needed = missing.map(key => `storage.trace.${key}`).join(' and ')
  if (missing.length > 0) throw new LabError('invalid', `${config}: ${needed} is missing; set it, or give --data`)
  if (storage.backend === 's3' && storage.s3.bucket === '')
    throw new LabError('invalid', `${config}: storage.trace.s3.bucket is missing, which the backend s3 needs`)
}

/** What a role is told beside what one process is. */
function setTarget(config: Draft<ClusterConfig>, target: Target, args: DataArguments): void {
  const { storage } = config
  config.target = target
  storage.home = args.data ?? storage.log
  if (args.bucket !== undefined) Object.assign(storage, { backend: 's3', s3: args.bucket })
  if (args.instance !== undefined) config.instance = args.instance
  if (args.partition !== undefined) config.partition = args.partition
  config.acceptsLoss = args.acceptLostRecords === true
  const isMissing = storage.backend === 's3' ? storage.s3.bucket === '' : storage.folder === ''
  const key = `storage.trace.${storage.backend === 's3' ? 's3.bucket' : 'local.path'}`
  if (isMissing)
    throw new LabError('invalid', `${args.config ?? `--target ${target}`}: ${key} is missing: where blocks are; set it`)
}

function bucketOf(address: string | undefined): S3Config | undefined {
  try {
    return address === undefined ? undefined : s3ConfigOf(address)
  } catch (error) {
    throw new LabError('usage', `--bucket: ${messageOf(error)}`, { cause: error })
  }
}

function instanceOf(given: string | undefined): string | undefined {
  const read = given === undefined ? { value: undefined } : instanceName.read(given)
  if (read === undefined) throw new LabError('usage', `--instance ${given}: needs ${instanceName.needs}`)
  return read.value
}
