import { describe, expect, test } from 'vitest'
import { keys } from '../../../../lib/serve/tempo-config/keys.ts'
import { printTempoConfig } from '../../../../lib/serve/tempo-config/print.ts'
import { draftConfig, readTempoConfig } from '../../../../lib/serve/tempo-config/read.ts'

const read = (text: string, env: NodeJS.ProcessEnv = {}) =>
  readTempoConfig(text, 'tempo.yaml', env, draftConfig(), keys)

const version3 = `
target: all
stream_over_http_enabled: true
multitenancy_enabled: true
server: { http_listen_address: 0.0.0.0, http_listen_port: 3201, grpc_listen_port: 9095, log_level: info }
distributor:
  receivers:
    otlp: { protocols: { grpc: { endpoint: "[::1]:14317" }, http: } }
    jaeger: { protocols: { thrift_http: } }
storage:
  trace:
    backend: s3
    wal: { path: /var/tempo/wal }
    s3: { bucket: traces, endpoint: "minio:9000", access_key: me, secret_key: "\${KEY}", insecure: true, forcepathstyle: true, prefix: a }
    block:
      version: vParquet4
      blockpack: { compression_codec: snappy, column_block_size: 65536, enable_minhash: false }
live_store: { max_trace_idle: 6s, max_trace_live: 1m30s, max_block_bytes: 100MiB, max_block_duration: 2m }
backend_scheduler:
  provider: { compaction: { max_input_blocks: 6, compaction: { block_retention: 48h } } }
backend_worker: { compaction: { block_retention: 48h, compaction_window: 2h, compacted_block_retention: 30m } }
query_frontend: { api_timeout: 10s, max_retries: 2 }
overrides:
  defaults:
    ingestion: { rate_limit_bytes: 15000000, burst_size_bytes: 20MB, max_attribute_bytes: 2048 }
    global: { max_bytes_per_trace: 0 }
    metrics_generator: { processors: [service-graphs] }
trace_lab: { sync: 50ms, max_query_bytes: 1GiB }
`

describe("a user's configuration of Tempo", () => {
  test('of version 3 sets what has a meaning here, and names the rest', () => {
    const { config, ignored } = read(version3, { KEY: 'secret' })
    expect(config).toMatchObject({
      tenancy: 'required',
      listen: { query: { host: '0.0.0.0', port: 3201 }, otlpGrpc: { host: '::1', port: 14317 }, zipkin: undefined },
      storage: {
        backend: 's3',
        log: '/var/tempo/wal',
        s3: { bucket: 'traces', endpoint: 'minio:9000', secretKey: 'secret', insecure: true, forcepathstyle: true },
      },
      store: {
        sync: '50ms',
        maxTraceIdleMillis: 6_000,
        maxTraceLiveMillis: 90_000,
        maxBlockBytes: 100 * 2 ** 20,
        maxBlockMillis: 120_000,
        blockpack: { compressionCodec: 'snappy', compressionLevel: 3, columnBlockSize: 65_536 },
        freshBlockpack: { compressionCodec: 'snappy', compressionLevel: 1, columnBlockSize: 65_536 },
        compaction: {
          maxInputs: 6,
          retentionMillis: 48 * 3_600_000,
          windowMillis: 7_200_000,
          replacedMillis: 1_800_000,
        },
        limits: { maxBytesPerSecond: 15e6, burstBytes: 20e6, maxAttributeBytes: 2048, maxTraceBytes: undefined },
      },
      api: { timeoutMillis: 10_000, maxBytes: 2 ** 30 },
    })
    expect(config.listen.otlpHttp).toEqual({ host: '127.0.0.1', port: 4318 })
    expect(ignored).toEqual([
      'server.grpc_listen_port',
      'server.log_level',
      'distributor.receivers.jaeger',
      'storage.trace.block.version',
      'query_frontend.max_retries',
      'overrides.defaults.metrics_generator',
    ])
  })

  test('of version 2 is spelled otherwise and means the same', () => {
    const { config, ignored } = read(`
multitenancy_enabled: false
storage: { trace: { backend: local, local: { path: /tmp/blocks } } }
ingester: { trace_idle_period: 7s, trace_live_period: 1m, max_block_bytes: 1000000, max_block_duration: 30m }
compactor: { compaction: { compaction_window: 4h, max_block_bytes: 1000000000, max_compaction_objects: 1000 } }
distributor: { receivers: {}, max_attribute_bytes: 1024 }
overrides: { ingestion_rate_limit_bytes: 1000, max_bytes_per_trace: 5_000_000, block_retention: 24h, max_traces_per_user: 5 }
`)
    expect(config).toMatchObject({
      tenancy: 'single',
      storage: { backend: 'local', folder: '/tmp/blocks' },
      listen: { zipkin: { port: 9411 } },
      store: {
        maxTraceIdleMillis: 7_000,
        maxTraceLiveMillis: 60_000,
        maxBlockBytes: 1e6,
        maxBlockMillis: 1_800_000,
        compaction: { windowMillis: 14_400_000, maxBytes: 1e9, maxTraces: 1_000, retentionMillis: 86_400_000 },
        limits: { maxBytesPerSecond: 1_000, maxTraceBytes: 5e6, maxAttributeBytes: 1024 },
      },
    })
    expect(ignored).toEqual(['overrides.max_traces_per_user'])
  })

  test.each(['', '# nothing\n', 'server:\n', 'storage: { trace: { s3: } }', 'distributor: { receivers: }'])(
    '%j changes nothing',
    text => {
      expect(read(text)).toEqual({ config: draftConfig(), ignored: [], taken: new Set() })
    },
  )

  test('a key that is mistyped by a letter or two is named with what was meant, a key of Tempo is not', () => {
    const text =
      'live_store: { max_trace_idel: 5s }\nsevrer: { http_listen_port: 1 }\nserver: { grpc_listen_port: 1 }\n'
    expect(read(text).ignored).toEqual([
      'live_store.max_trace_idel (did you mean max_trace_idle?)',
      'sevrer (did you mean server?)',
      'server.grpc_listen_port',
    ])
  })

  test('what holds is shown so that it is read back as the same, without secrets', () => {
    const { config, ignored } = read(version3, { KEY: 'secret' })
    const shown = printTempoConfig(config, keys, ignored)
    expect(shown).toContain('# has no meaning here: server.grpc_listen_port\n')
    expect(shown).not.toContain('secret\n')
    expect(shown).not.toContain('access_key: me')
    const again = read(shown).config
    expect(again.storage.s3).toMatchObject({ secretKey: '<hidden>', accessKey: '<hidden>' })
    Object.assign(again.storage.s3, { secretKey: 'secret', accessKey: 'me' })
    expect(again).toEqual(config)
  })
})

describe('what is wrong is named by file, line and key', () => {
  test.each([
    [
      'server:\n  http_listen_port: 99999',
      'line 2: server.http_listen_port is 99999, needs an integer from 0 to 65535',
    ],
    ['server: 5', 'line 1: server needs a map'],
    ['- 1', 'its content needs a map'],
    [
      'live_store:\n\n  max_trace_idle: soon',
      'line 3: live_store.max_trace_idle is "soon", needs a duration of at least 1ms, such as 30s or 1h30m',
    ],
    ['live_store: { max_trace_idle: 30 }', 'line 1: live_store.max_trace_idle is 30, needs a duration'],
    ['live_store: { max_trace_idle: "30" }', 'line 1: live_store.max_trace_idle is "30", needs a duration'],
    ['live_store: { max_trace_idle: -5s }', 'line 1: live_store.max_trace_idle is "-5s", needs a duration'],
    [
      'live_store: { max_block_bytes: 50 MiB of it }',
      'line 1: live_store.max_block_bytes is "50 MiB of it", needs bytes, such as 52428800 or 50MiB',
    ],
    ['live_store: { max_block_bytes: 0 }', 'line 1: live_store.max_block_bytes is 0, needs bytes'],
    ['storage: { trace: { backend: gcs } }', 'line 1: storage.trace.backend is "gcs", needs one of local, s3'],
    [
      'storage: { trace: { s3: { insecure: "yes please" } } }',
      'line 1: storage.trace.s3.insecure is "yes please", needs true or false',
    ],
    [
      'storage:\n  trace:\n    block:\n      blockpack: { compression_codec: gzip }',
      'line 4: storage.trace.block.blockpack.compression_codec is "gzip", needs one of',
    ],
    [
      'storage:\n  trace:\n    block:\n      blockpack: { compresion_codec: zstd }',
      'line 4: storage.trace.block.blockpack: unknown key compresion_codec (did you mean compression_codec?)',
    ],
    [
      'distributor: { receivers: { jaeger: { protocols: { grpc: } } } }',
      'line 1: distributor.receivers has none of otlp.protocols.grpc, otlp.protocols.http, zipkin',
    ],
    [
      'distributor: { receivers: { zipkin: { endpoint: here } } }',
      'line 1: distributor.receivers.zipkin.endpoint is "here", needs a host and a port, such as 0.0.0.0:4317',
    ],
    [
      'ingester: { max_block_bytes: 1 }\nlive_store: { max_block_bytes: 2 }',
      'line 1: ingester.max_block_bytes is 1, but live_store.max_block_bytes is 2: they mean the same',
    ],
    ['multitenancy_enabled: maybe', 'line 1: multitenancy_enabled is "maybe", needs true or false'],
    [
      '# ok \u0024{X}\nserver:\n  http_listen_address: \u0024{NONE}',
      'line 3: \u0024{NONE}: NONE is not set; set it, or write \u0024{NONE:default}',
    ],
    ['a: \u0024{1}', 'line 1: \u0024{1}: expected \u0024{NAME} or \u0024{NAME:default}; $$ is a dollar sign'],
    ['a: [', 'line 1: '],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(`tempo.yaml: ${message}`)
  })
})

test('variables of the environment are put in, with defaults', () => {
  const text = `
server: { http_listen_port: \${PORT:3300}, http_listen_address: "\${HOST:-0.0.0.0}" } # \${NOTHING}
storage: { trace: { local: { path: "\${DIR}/blocks$\${X}" } } }`
  const { listen, storage } = read(text, { DIR: '/data', PORT: '' }).config
  expect(listen.query).toEqual({ host: '0.0.0.0', port: 3300 })
  expect(storage.folder).toBe('/data/blocks\u0024{X}')
})
