import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { statusPrinter } from '../../../../harness/cli/status-pages.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import { listenForQueries } from '../../../../lib/serve/api/listen.ts'
import type { BlockMeta } from '../../../../lib/serve/blocks/meta.ts'
import { defaultCompaction, planBlocks } from '../../../../lib/serve/blocks/plan.ts'
import { Counters } from '../../../../lib/serve/counters.ts'
import type { Listening } from '../../../../lib/serve/drain.ts'
import { type Running, startServer } from '../../../../lib/serve/server.ts'
import { Rates } from '../../../../lib/serve/status/rates.ts'
import { type BlocksStatus, filesStatus, type Status } from '../../../../lib/serve/status/status.ts'
import { lab } from '../../../support/command.ts'
import { anyPort, serverConfigIn } from '../../../support/server.ts'
import { requestOf } from '../../../support/store-spans.ts'

const folder = mkdtempSync(join(tmpdir(), 'status-test-'))
let server: Running
let files: Listening

beforeAll(async () => {
  server = await startServer(serverConfigIn(folder), { version: '1.2.3', revision: '', statusPrinter, warn: () => {} })
  await server.store.push('a', requestOf([[1, 1]]))
  await server.store.push(
    'b',
    requestOf([
      [2, 2],
      [2, 3],
    ]),
  )
  await server.store.flush()
  await server.store.push('a', requestOf([[3, 4]]))
  const limits = { timeoutMillis: 1_000, maxBytes: 1e9 }
  const status = filesStatus([{ file: 'x.bp', spans: 5, bytes: 700 }], '1.2.3', () => ({ query: files.port }))
  const source = async () => memorySource([])
  files = await listenForQueries({ ...limits, source, version: '1.2.3', revision: '', status, statusPrinter }, anyPort)
})

afterAll(async () => {
  await server?.close()
  await files?.close()
  rmSync(folder, { recursive: true })
})

const ask = async (port: number, path: string, headers: Record<string, string> = {}) =>
  (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text()
const json = { accept: 'application/json' }

test('says what the store has, with recent spans apart from blocks', async () => {
  const status = JSON.parse(await ask(server.ports.query, '/status', json)) as Status
  expect(status).toMatchObject({
    version: '1.2.3',
    ports: { query: server.ports.query, otlpHttp: server.ports.otlpHttp },
    store: { recentSpans: 1, blocks: 2, blockSpans: 3, waitingSegments: 0, compactionsLeft: 0 },
    tenants: [
      { tenant: 'a', spans: 2, requests: 2, recentSpans: 1, blocks: 1 },
      { tenant: 'b', spans: 2, requests: 1, recentSpans: 0, blocks: 1 },
    ],
    warnings: [],
  })
  expect(Object.keys(status.ports)).toEqual(['query', 'otlpHttp'])
  const text = await ask(server.ports.query, '/status')
  expect(text).toMatch(/^version 1\.2\.3, started /)
  expect(text).toMatch(/warnings: 0$/m)
})

test('says what a block stores of each attribute, and of no block of others', async () => {
  const [block] = (JSON.parse(await ask(server.ports.query, '/status/blocks', json)) as BlocksStatus).blocks
  const path = `/status/blocks/${block!.tenant}/${block!.block}`
  const { lines, ...facts } = JSON.parse(await ask(server.ports.query, path))
  expect(facts).toEqual({ tenant: block!.tenant, block: block!.block, spans: block!.spans, bytes: block!.bytes })
  expect(lines.reduce((sum: number, line: { byteLength: number }) => sum + line.byteLength, 0)).toBe(block!.bytes)
  expect(lines).toContainEqual({ name: 'span:name', kind: 'field', byteLength: expect.any(Number) })
  for (const wrong of [`/status/blocks/other/${block!.block}`, `/status/blocks/${block!.tenant}/..%2f..%2fwal`])
    expect(await ask(server.ports.query, wrong)).toMatch(/^block ".*": is none of the tenant's that count$/)
  expect(await ask(files.port, path)).toContain('not found')
})

test('prints blocks as `blocks list` does, and those of one tenant where a header names it', async () => {
  const text = await ask(server.ports.query, '/status/blocks')
  const { stdout } = await lab('blocks', 'list', folder)
  expect(text).toBe(`${stdout}no compaction is due\n`)
  const { blocks } = JSON.parse(await ask(server.ports.query, '/status/blocks', { ...json, 'x-scope-orgid': 'b' }))
  expect(blocks).toMatchObject([{ tenant: 'b', spans: 2, why: expect.stringMatching(/^waits: 1 of 8/) }])
})

test('of files it names each, and no tenants and no store', async () => {
  expect(JSON.parse(await ask(files.port, '/status', json))).toEqual({
    version: '1.2.3',
    started: expect.any(String),
    uptimeSeconds: expect.any(Number),
    ports: { query: files.port },
    files: [{ file: 'x.bp', spans: 5, bytes: 700 }],
    warnings: [],
    warningCount: 0,
  })
  expect(await ask(files.port, '/status/blocks')).toMatch(/file +spans +bytes *\n.*x\.bp +5 +700 *$/ms)
  expect(await ask(files.port, '/status/tenants')).toBe('files are served to every tenant alike\n')
})

test('rates are of the last minute, per second, and samples do not pile up', () => {
  const counters = new Counters()
  const rates = new Rates(counters, 0)
  for (let second = 1; second <= 1_000; second++) {
    const own = counters.of('a')
    own.requests++
    own.spans += second > 940 ? 10 : 1_000
    own.bytes += 100
    rates.sample(second * 1_000)
  }
  expect(rates.of('a')).toEqual({ spansPerSecond: 10, bytesPerSecond: 100, requestsPerSecond: 1 })
  expect(rates.of('other').spansPerSecond).toBe(0)
  const { times, tenants } = rates.history()
  expect(times).toHaveLength(150)
  expect(tenants.a!.spansPerSecond.slice(-2)).toEqual([10, 10])
  rates.close()
})

test('compactions that are left are as many as a store makes until none is due', () => {
  const now = Date.parse('2026-11-28T20:30:00Z')
  const metas = (count: number, hoursAgo: number): BlockMeta[] =>
    Array.from({ length: count }, (_, i) => {
      const time = new Date(now - hoursAgo * 3_600_000 - i).toISOString()
      const counts = { totalObjects: 1, totalSpans: 1, size: 1, compactionLevel: 0, replaces: [] }
      const times = { startTime: time, endTime: time, receivedTime: time }
      return { format: 'blockpack', tenantID: 'a', blockID: `${hoursAgo} ${i}`, ...times, ...counts }
    })
  for (const hoursAgo of [0, 3])
    for (let count = 1; count < 30; count++) {
      let blocks = metas(count, hoursAgo)
      const { compactionsLeft } = planBlocks(blocks, now, defaultCompaction)
      let made = 0
      for (;;) {
        const [job] = planBlocks(blocks, now, defaultCompaction).jobs
        if (job === undefined) break
        const level = Math.max(...job.map(({ compactionLevel }) => compactionLevel)) + 1
        blocks = [
          ...blocks.filter(one => !job.includes(one)),
          { ...job[0]!, blockID: `made ${made++}`, compactionLevel: level },
        ]
      }
      expect(compactionsLeft, `${count} blocks, ${hoursAgo} hours ago`).toBe(made)
    }
})
