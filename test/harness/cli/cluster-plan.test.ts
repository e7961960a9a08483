import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { releasedRun } from '../../../harness/bench/cluster/released-run.ts'
import { readRun } from '../../../harness/lab/run-files.ts'
import { printMeasurement } from '../../../harness/runs/measurement-schema.ts'
import { benchesOf } from '../../support/benches.ts'
import { lab } from '../../support/command.ts'

const { rates: measuredRates } = releasedRun()
const folder = mkdtempSync(join(tmpdir(), 'plan-'))
afterAll(() => rmSync(folder, { recursive: true }))
const rates = join(folder, 'cluster.json')
const stored = { ...measuredRates.bytesPerSpan, compacted: 100 }
const { cluster, serve: other } = benchesOf(await readRun('results/runs/2026-11-28T223021Z-otel-small.json'), 'a')
const runs = [{ ...cluster.runs[0]!, rates: { ...measuredRates, bytesPerSpan: stored } }]
writeFileSync(rates, printMeasurement({ ...cluster, runs }))
writeFileSync(join(folder, 'other.json'), printMeasurement(other))

const plan = (...args: string[]) => lab('cluster', 'plan', '--spans-per-second', '1000', ...args)

test('a plan is a table, or one object', async () => {
  const { code, stdout } = await plan()
  expect(code).toBe(0)
  expect(stdout).toMatch(/block-builder .*\n.*live-store/)
  expect(stdout).toMatch(/requests that write or list .*\$0\.005 a thousand/)
  const json = JSON.parse((await plan('--json', '--retention', '1d', '--partitions', '5')).stdout)
  expect(json).toMatchObject({
    demand: { spansPerSecond: 1000, retentionSeconds: 86_400 },
    partitions: 5,
    storedBytes: 1000 * 86_400 * measuredRates.bytesPerSpan.compacted,
    roles: { 'live-store': { count: 10 } },
  })
})

test('a plan goes by a measurement of its own, and by what is said of the spans', async () => {
  expect(JSON.parse((await plan('--json', '--rates', rates)).stdout).storedBytes).toBe(1000 * 100 * 30 * 86_400)
  const own = await plan('--json', '--rates', rates, '--bytes-per-span', '50')
  expect(JSON.parse(own.stdout).storedBytes).toBe(1000 * 50 * 30 * 86_400)
})

test.each([
  [['--rates', join(folder, 'none.json')], 1, /none\.json: no such file/],
  [['--rates', join(folder, 'other.json')], 1, /other\.json: has no run of blockpack by `bench cluster`/],
  [['--retention', 'long'], 2, /^--retention long: needs a duration/],
  [['--utilisation', '60'], 2, /^--utilisation 60: needs a number above 0, up to 1/],
  [['--replication', '100'], 2, /^--replication 100: needs an integer from 1 to 15/],
  [['--log-retention', '10s'], 2, /^--log-retention 10 s: .* after --cycle, 30 s; the log has to keep them longer/],
])('what is wrong is named: %j', async (args, exit, message) => {
  const { code, stderr } = await plan(...args)
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(message) })
})
