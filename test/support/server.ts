import { join } from 'node:path'
import { defaultServerConfig, type Endpoint, type ServerConfig } from '../../lib/serve/server-config.ts'

/** A port that is free. */
export const anyPort: Endpoint = { host: '127.0.0.1', port: 0 }

/** The configuration of a server of a test: its log and blocks in a folder, OTLP over HTTP and queries on free ports. */
export function serverConfigIn(
  home: string,
  { listen, store }: { listen?: Partial<ServerConfig['listen']>; store?: Partial<ServerConfig['store']> } = {},
): ServerConfig {
  return {
    ...defaultServerConfig,
    storage: { ...defaultServerConfig.storage, home, log: join(home, 'wal'), folder: join(home, 'blocks') },
    listen: { query: anyPort, otlpHttp: anyPort, otlpGrpc: undefined, zipkin: undefined, ...listen },
    store: { ...defaultServerConfig.store, ...store },
  }
}
