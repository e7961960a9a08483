import type { S3Config } from '../storage/s3/config.ts'
import type { QueryLimits } from './api/answer.ts'
import { defaultConfig, type StoreConfig } from './config.ts'
import type { Tenancy } from './tenant.ts'

/** Where a server listens; port 0 is any that is free. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** A receiver that is undefined does not listen. */
export interface Endpoints {
  readonly query: Endpoint
  readonly otlpHttp: Endpoint | undefined
  readonly otlpGrpc: Endpoint | undefined
  readonly zipkin: Endpoint | undefined
}

export type Listener = keyof Endpoints

export interface StorageConfig {
  /** Folder of what belongs to neither; other processes are kept from it. */
  readonly home: string
  /** Folder of the write-ahead log: `storage.trace.wal.path`. */
  readonly log: string
  /** Where blocks are: `storage.trace.backend`. */
  readonly backend: 'local' | 's3'
  /** `storage.trace.local.path` */
  readonly folder: string
  readonly s3: S3Config
}

/** How a server works: what a file of configuration and flags may set. */
export interface ServerConfig {
  readonly storage: StorageConfig
  readonly listen: Endpoints
  readonly tenancy: Tenancy
  readonly store: StoreConfig
  readonly api: QueryLimits
}

const endpoint = (port: number): Endpoint => ({ host: '127.0.0.1', port })

/** All but where the log and the blocks are. */
export const defaultServerConfig: ServerConfig = {
  storage: { home: '', log: '', backend: 'local', folder: '', s3: { bucket: '' } },
  listen: { query: endpoint(3200), otlpHttp: endpoint(4318), otlpGrpc: endpoint(4317), zipkin: endpoint(9411) },
  tenancy: 'optional',
  store: defaultConfig,
  api: { timeoutMillis: 60_000, maxBytes: 2 ** 40 },
}
