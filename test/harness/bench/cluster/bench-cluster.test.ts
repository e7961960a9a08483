import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { requestsOf } from '../../../../harness/bench/cluster/plan.ts'
import { runIn } from '../../../../harness/bench/cluster/rates.ts'
import { kafkaMissing } from '../../../../harness/stack/kafka.ts'
import { roleNames } from '../../../../lib/cluster/roles/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'bench-cluster-'))
afterAll(() => rmSync(folder, { recursive: true }))
const missing = await kafkaMissing()

test('a small bench of a cluster earns every figure, and a cluster can be planned by it', async ({ skip }) => {
  skip(missing !== undefined, missing)
  const queries = join(folder, 'queries.txt')
  writeFileSync(queries, '{ status = error }\n{ } | rate() by (resource.service.name)\n')
  const small = ['--brokers', '1', '--rounds', '1', '--seconds', '2', '--cycle', '2', '--spans-per-second', '500']
  const args = ['bench', 'cluster', '--formats', 'blockpack', ...small, '--queries', queries, '--results', folder]
  const command = ['--import', 'tsx', 'main.ts', ...args, '--no-progress']
  const { stderr } = await promisify(execFile)(process.execPath, command, { timeout: 280_000 })
  expect(stderr).toBe('')
  const page = readFileSync(join(folder, 'cluster.md'), 'utf8')
  for (const title of ['In', 'Found, at 500 spans/s', 'Stored', 'Memory, the most of any process of a role'])
    expect(page).toContain(`## ${title}\n`)
  const [name] = readdirSync(join(folder, 'runs'))
  const { sections, rates, measured } = runIn(readFileSync(join(folder, 'runs', name!), 'utf8'), name!)
  const figures = sections.flatMap(own => own.figures)
  expect(figures.filter(({ value, problem }) => problem !== undefined || value === null)).toEqual([])
  expect(figures.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['acknowledged', '{ status = error }', 'compacted']),
  )
  expect(rates.bytesPerSpan.record).toBeGreaterThan(rates.bytesPerSpan.compacted)
  expect(rates.bytesPerSpan.record).toBeLessThan(rates.bytesPerSpan.request / 2)
  // In so short a time workers need not have found enough blocks.
  for (const role of roleNames)
    if (role !== 'backend-worker' || measured.compactions > 0)
      expect(rates.cpuSecondsPerMillion[role], role).toBeGreaterThan(0)
  // A plan for what was done comes near what was asked of the store: in so short a time most is the start and the lag.
  const { blocks, compactions, seconds, counts, lookCount = 0 } = measured
  const work = { blocks, compactions, partRequests: 0, seconds, looks: lookCount }
  const { writes } = requestsOf(rates, work, role => counts[role])
  expect(writes / measured.writes).toBeGreaterThan(0.5)
  expect(writes / measured.writes).toBeLessThan(2)
}, 300_000)
