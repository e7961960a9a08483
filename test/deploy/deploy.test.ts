import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { ClusterConfig } from '../../lib/cluster/roles/config.ts'
import { defaultClusterConfig, roleNames } from '../../lib/cluster/roles/config.ts'
import { clusterKeys } from '../../lib/cluster/roles/keys.ts'
import type { RunningRoles } from '../../lib/cluster/roles/start.ts'
import type { Draft } from '../../lib/serve/tempo-config/key.ts'
import { readTempoConfig } from '../../lib/serve/tempo-config/read.ts'
import { MemoryCluster, textOf } from '../support/roles.ts'

const textAt = (path: string) => readFileSync(join('deploy', path), 'utf8')
const yamlAt = (path: string) => parse(textAt(path), { merge: true })

interface Service {
  readonly image: string
  readonly command?: string | readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>
}

const compose = yamlAt('compose.yaml') as {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: object
}
const services = Object.entries(compose.services)

describe('compose.yaml', () => {
  test('has every role, two partitions and four live stores, two of each partition', () => {
    const commands = services.map(([, { command }]) => [command ?? []].flat().join(' '))
    for (const role of roleNames) expect(commands.some(command => command.includes(`--target ${role} `))).toBe(true)
    const partitions = commands.flatMap(command => /--partition (\d)/.exec(command)?.[1] ?? [])
    expect(partitions.sort()).toEqual(['0', '0', '1', '1'])
  })

  test('names only services, volumes and files that there are, and every service has an image', () => {
    const conditions = ['service_started', 'service_healthy', 'service_completed_successfully']
    for (const [name, { image, volumes = [], depends_on: needed = [] }] of services) {
      expect(image, name).toMatch(/^[a-z0-9./-]+(?::[\w.-]+)?$/)
      for (const other of Array.isArray(needed) ? needed : Object.keys(needed))
        expect(compose.services).toHaveProperty(other)
      if (!Array.isArray(needed))
        for (const { condition } of Object.values(needed)) expect(conditions).toContain(condition)
      for (const volume of volumes) {
        const [source = ''] = volume.split(':')
        if (source.startsWith('.')) expect(existsSync(join('deploy', source)), volume).toBe(true)
        else expect(compose.volumes).toHaveProperty(source)
      }
    }
  })

  test('tells the roles what they all understand', () => {
    const config = structuredClone(defaultClusterConfig) as Draft<ClusterConfig>
    const env = { S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' }
    const read = readTempoConfig(textAt('tempo.yaml'), 'deploy/tempo.yaml', env, config, clusterKeys)
    expect(read.ignored).toEqual([])
    expect(read.config.log).toMatchObject({ address: 'kafka:9092', createsTopic: true, createdPartitions: 2 })
  })

  test('lets Prometheus ask every role', () => {
    const { scrape_configs: scraped } = yamlAt('prometheus/prometheus.yaml')
    const roles = services.filter(([, { image }]) => image === 'trace-lab').map(([name]) => `${name}:3200`)
    expect(scraped[0].static_configs[0].targets.sort()).toEqual(roles.sort())
  })
})

describe('the image', () => {
  const lines = textAt('Dockerfile').split('\n')

  test('has the packages that its program begins with, of which some are for development', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
    const install = lines.find(line => line.startsWith('RUN npm ci'))!
    const installed = install.includes('--omit=dev') ? dependencies : { ...dependencies, ...devDependencies }
    const entry = JSON.parse(lines.find(line => line.startsWith('ENTRYPOINT'))!.replace('ENTRYPOINT ', '')) as string[]
    const loader = entry[entry.indexOf('--import') + 1]!
    for (const name of [loader, 'yargs']) expect(installed, name).toHaveProperty([name])
  })

  test('does not get the packages of the machine that it is built on, which may be of another system', () => {
    expect(textAt('Dockerfile.dockerignore').split('\n')).toContain('node_modules')
  })
})

describe('the dashboard and the alerts', () => {
  let all: RunningRoles
  let names: Set<string>
  beforeAll(async () => {
    all = await new MemoryCluster(1).start('all')
    names = new Set(
      [...(await textOf(all.ports.query, '/metrics')).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, kind]) =>
        kind === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name!],
      ),
    )
  }, 60_000)
  afterAll(() => all?.close())

  const expressions = () => [
    ...JSON.parse(textAt('grafana/dashboard.json')).panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map(({ expr }) => expr),
    ),
    ...yamlAt('prometheus/alerts.yaml').groups.flatMap((group: { rules: { expr: string }[] }) =>
      group.rules.map(({ expr }) => expr),
    ),
  ]

  test('use only metrics that roles have', () => {
    const used = expressions().flatMap(text => text.match(/\b(?:tempo|tempodb|trace_lab|process)_\w+/g) ?? [])
    expect(used.length).toBeGreaterThan(20)
    for (const name of used) expect(names, name).toContain(name)
  })

  test('every metric that Tempo has for the same is there', () => {
    const wanted = [
      ...['ingest_group_partition_lag', 'ingest_group_partition_lag_seconds'],
      ...['produce_records_total', 'produce_failures_total', 'kafka_write_bytes_total', 'spans_received_total'].map(
        name => `distributor_${name}`,
      ),
      ...['distributor_bytes_received_total', 'distributor_kafka_write_latency_seconds_bucket'],
      ...['fetch_records_total', 'fetch_bytes_total', 'fetch_errors_total', 'flushed_blocks', 'flush_size_bytes'].map(
        name => `block_builder_${name}`,
      ),
      ...['owned_partitions', 'spans_deduped_total', 'consume_cycle_duration_seconds_bucket'].map(
        name => `block_builder_${name}`,
      ),
      'block_builder_process_partition_section_duration_seconds_bucket',
      ...['records_processed_total', 'records_dropped_total', 'live_traces', 'live_trace_bytes', 'ready'].map(
        name => `live_store_${name}`,
      ),
      ...['blocks_cut_total', 'complete_queue_length', 'completion_duration_seconds_bucket'].map(
        name => `live_store_${name}`,
      ),
      ...['live_store_catch_up_duration_seconds_bucket', 'backend_worker_jobs_total'],
    ].map(name => `tempo_${name}`)
    for (const name of [...wanted, 'tempodb_compaction_outstanding_blocks', 'tempodb_blocklist_length'])
      expect(names, name).toContain(name)
  })
})
