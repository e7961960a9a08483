import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { eventually } from '../../harness/stack/eventually.ts'
import { freePorts } from '../../harness/stack/ports.ts'
import { MemoryCluster } from '../support/roles.ts'
import { sendOtlp } from '../support/served.ts'
import { requestOf } from '../support/store-spans.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
afterAll(() => rmSync(folder, { recursive: true }))
const missing = await run('promtool', ['--version']).then(
  () => undefined,
  () => 'there is no Prometheus (Debian: prometheus)',
)
const rules = resolve('deploy/prometheus/alerts.yaml')

test('promtool accepts what Prometheus is told, and each alert comes when it should and not before', async ({
  skip,
}) => {
  skip(missing !== undefined, missing)
  await run('promtool', ['check', 'config', 'deploy/prometheus/prometheus.yaml'])
  const tests = join(folder, 'alerts.test.yaml')
  writeFileSync(tests, readFileSync('test/deploy/alerts.test.yaml', 'utf8').replace('RULES', rules))
  const { stdout } = await run('promtool', ['test', 'rules', tests])
  expect(stdout).toMatch(/SUCCESS/)
})

test('a real Prometheus reads what roles say, and can answer every panel of the dashboard', async ({ skip }) => {
  skip(missing !== undefined, missing)
  const all = await new MemoryCluster(2).start('all')
  const config = join(folder, 'prometheus.yaml')
  const told = parse(readFileSync('deploy/prometheus/prometheus.yaml', 'utf8'))
  told.global.scrape_interval = '1s'
  told.scrape_configs[0].static_configs[0].targets = [`127.0.0.1:${all.ports.query}`]
  writeFileSync(config, stringify({ ...told, rule_files: [rules] }))
  const address = `127.0.0.1:${(await freePorts(1))[0]}`
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`]
  const prometheus = spawn('prometheus', flags, { stdio: 'ignore' })
  const ended = new Promise(done => prometheus.once('exit', done))
  try {
    const ask = async (query: string): Promise<unknown[]> => {
      const response = await fetch(`http://${address}/api/v1/query?${new URLSearchParams({ query })}`)
      const { status, data, error } = (await response.json()) as {
        status: string
        data: { result: unknown[] }
        error: string
      }
      expect(status, `${query}: ${error}`).toBe('success')
      return data.result
    }
    await sendOtlp(`http://127.0.0.1:${all.ports.otlpHttp}/v1/traces`, requestOf([[1, 1]]))
    await eventually(async () => expect(await ask('tempo_distributor_spans_received_total')).not.toEqual([]))
    await eventually(async () => expect(await ask('tempo_ingest_group_partition_lag_seconds')).toHaveLength(2))
    const { panels } = JSON.parse(readFileSync('deploy/grafana/dashboard.json', 'utf8'))
    for (const { targets } of panels) for (const { expr } of targets) await ask(expr)
  } finally {
    prometheus.kill('SIGKILL')
    await Promise.all([ended, all.close()])
  }
}, 60_000)
