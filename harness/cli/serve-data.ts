import { defaultConfig, type StoreConfig } from '../../lib/serve/config.ts'
import { defaultPorts, type Ports, type ServerConfig, startServer } from '../../lib/serve/server.ts'
import { type SyncMode, syncModes } from '../../lib/serve/wal/log.ts'
import { untilAsked } from '../process/signals.ts'
import { text } from './flags.ts'
import { choice, integer, single } from './options.ts'
import { duration } from './time-options.ts'
import { withWorkers } from './workers.ts'

/** The flags of `serve --data`, and what it does. */

export interface DataArguments {
  data?: string | undefined
  otlpHttpPort?: number | undefined
  otlpGrpcPort?: number | undefined
  zipkinPort?: number | undefined
  sync?: SyncMode | undefined
  blockDuration?: bigint | undefined
  maxRequestBytes?: number | undefined
  maxTraceBytes?: number | undefined
  maxAttributeBytes?: number | undefined
  maxSpansPerSecond?: number | undefined
}

const port = (flag: string, what: string, usual: number) =>
  ({ ...text, describe: `port of ${what} (default ${usual})`, coerce: integer(flag, 0, 65_535) }) as const
const limit = (flag: string, describe: string) => ({ ...text, describe, coerce: integer(flag, 1, 2 ** 40) }) as const

export const dataFlags = {
  data: {
    ...text,
    describe: 'folder of the store: spans that arrive are kept in it',
    coerce: (path: unknown) => single('data', path),
  },
  'otlp-http-port': port('otlp-http-port', 'OTLP over HTTP', defaultPorts.otlpHttp),
  'otlp-grpc-port': port('otlp-grpc-port', 'OTLP over gRPC', defaultPorts.otlpGrpc),
  'zipkin-port': port('zipkin-port', 'Zipkin', defaultPorts.zipkin),
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

/** Runs a store until the process is asked to end. */
export async function serveData(
  args: DataArguments & { data: string },
  { host, port, api }: { host: string; port: number; api: ServerConfig['api'] },
): Promise<void> {
  const ports: Ports = {
    query: port,
    otlpHttp: args.otlpHttpPort ?? defaultPorts.otlpHttp,
    otlpGrpc: args.otlpGrpcPort ?? defaultPorts.otlpGrpc,
    zipkin: args.zipkinPort ?? defaultPorts.zipkin,
  }
  const warn = (message: string) => process.stderr.write(`warning: ${message}\n`)
  const store = storeConfigFrom(args)
  await withWorkers({}, async workers => {
    const running = await startServer({ folder: args.data, host, ports, store, api: { ...api, workers }, warn })
    const asked = untilAsked()
    process.stderr.write(`${describe(host, running.ports)}\n`)
    await asked
    process.stderr.write('stopping\n')
    await running.close()
  })
}

function storeConfigFrom({ sync = defaultConfig.sync, blockDuration, ...args }: DataArguments): StoreConfig {
  const { maxRequestBytes = defaultConfig.limits.maxRequestBytes, maxTraceBytes, maxAttributeBytes } = args
  const limits = { maxRequestBytes, maxTraceBytes, maxAttributeBytes, maxSpansPerSecond: args.maxSpansPerSecond }
  const maxBlockMillis = blockDuration === undefined ? defaultConfig.maxBlockMillis : Number(blockDuration / 1_000_000n)
  return { ...defaultConfig, sync, maxBlockMillis, limits }
}

/** A host and its port, as they stand in an URL. */
export function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function describe(host: string, ports: Ports): string {
  const at = (port: number) => addressOf(host, port)
  return [
    `Tempo's API at http://${at(ports.query)}`,
    `OTLP at http://${at(ports.otlpHttp)}/v1/traces and, as gRPC, ${at(ports.otlpGrpc)}`,
    `Zipkin at http://${at(ports.zipkin)}/api/v2/spans, until Ctrl-C`,
  ].join('\n')
}
