import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { defaultConfig } from '../../../lib/serve/config.ts'
import { Store } from '../../../lib/serve/store.ts'
import { localLogFiles } from '../../../lib/serve/wal/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { lab } from '../../support/command.ts'
import { drawsOf } from '../../support/draws.ts'
import { isThorough } from '../../support/effort.ts'
import { sendOtlp, serveData } from '../../support/served.ts'
import { countSpanIds, requestOf, spanIdOf } from '../../support/store-spans.ts'

const folder = mkdtempSync(join(tmpdir(), 'serve-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('takes spans in, answers, keeps its folder to itself, and ends well when it is asked to', async () => {
  const data = join(folder, 'ends')
  const served = await serveData(data)
  expect(await sendOtlp(served.otlp, requestOf([[1, 1]]))).toBe(200)
  expect(await (await fetch(`${served.api}/api/search?q=%7B%7D`)).json()).toMatchObject({ traces: [{ traceID: '1' }] })
  expect(await lab('serve', '--data', data, '--port', '0')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/ends: in use by process \d+; stop it, or choose another folder\n$/),
  })
  const port = new URL(served.otlp).port
  expect(await lab('serve', '--data', join(folder, 'other'), '--port', '0', '--otlp-http-port', port)).toMatchObject({
    code: 1,
    stderr: `127.0.0.1:${port}: another program listens there; choose another port with --otlp-http-port\n`,
  })
  // Of those that are under way when it is asked to end, what was acknowledged is there afterwards.
  const sent = Array.from({ length: 40 }, (_, i) => sendOtlp(served.otlp, requestOf([[2, 100 + i]])))
  await sleep(5)
  expect(await served.kill('SIGTERM')).toEqual([0, null])
  const statuses = await Promise.all(sent)
  const found = await spanIdsIn(data)
  expect(found.get(spanIdOf(1))).toBe(1)
  for (const [i, status] of statuses.entries())
    if (status === 200) expect(found.get(spanIdOf(100 + i)), `span ${100 + i}`).toBe(1)
})

test('works by the configuration of a Tempo user, but where flags say otherwise, and shows it', async () => {
  const data = join(folder, 'configured')
  const file = join(folder, 'tempo.yaml')
  writeFileSync(
    file,
    'storage: { trace: { wal: { path: /nowhere }, local: { path: /nowhere }, s3: { secret_key: hush } } }\n' +
      'live_store: { max_block_duration: 2m, max_trace_idle: 7s }\nquerier: { max_concurrent_queries: 20 }\n' +
      'multitenancy_enabled: true\ndistributor: { receivers: { otlp: { protocols: { http: } } } }\n',
  )
  const served = await serveData(
    data,
    '--config',
    file,
    '--block-duration',
    '3s',
    '--compression-level',
    '5',
    '--compression-codec',
    'snappy',
  )
  expect(served.stderr()).toContain(`${file}: has no meaning here: querier.max_concurrent_queries\n`)
  expect(served.stderr()).toContain('warning: compression_level 5: no effect, snappy has no levels\n')
  const shown = await (await fetch(`${served.api}/status/config`)).text()
  for (const part of ['max_block_duration: 3s', 'max_trace_idle: 7s', 'compression_level: 5', `path: ${data}/wal`])
    expect(shown).toContain(part)
  expect(shown).toContain('# has no meaning here: querier')
  expect(shown).not.toContain('hush')
  expect(await sendOtlp(served.otlp, requestOf([[1, 1]]))).toBe(401)
  expect(await sendOtlp(served.otlp, requestOf([[1, 1]]), { 'x-scope-orgid': 'a' })).toBe(200)
  expect((await fetch(`${served.api}/api/search?q=%7B%7D`)).status).toBe(401)
  expect(await served.kill('SIGTERM')).toEqual([0, null])
})

async function spanIdsIn(data: string): Promise<Map<string, number>> {
  const places = { log: localLogFiles(join(data, 'wal')), blocks: folderStore(join(data, 'blocks')), warn: () => {} }
  const store = await Store.open(places, defaultConfig)
  const counts = await countSpanIds(await store.source('single-tenant'))
  await store.close()
  return counts
}

/** How often the process is killed: BENCH_KILLS asks for more. */
const kills = Number(process.env.BENCH_KILLS ?? (isThorough ? 20 : 4))
const seed = Number(process.env.SEED ?? 20261128)

test(`killed at ${kills} random moments under load, it has every acknowledged span once (seed ${seed})`, async () => {
  const data = join(folder, 'killed')
  const draw = drawsOf(seed)
  const acknowledged = new Set<number>()
  let number = 0
  for (let kill = 0; kill < kills; kill++) {
    const served = await serveData(data, '--block-duration', '200ms')
    let isOver = false
    const sender = async () => {
      while (!isOver) {
        const numbers = Array.from({ length: 20 }, () => ++number)
        // Traces go on over several requests and blocks; a sender that hears nothing sends again.
        const request = requestOf(numbers.map(one => [1 + (one >> 6), one]))
        for (let status = 0; status !== 200 && !isOver; ) {
          status = await sendOtlp(served.otlp, request)
          if (status === 200) for (const one of numbers) acknowledged.add(one)
        }
      }
    }
    const senders = Array.from({ length: 4 }, sender)
    await sleep(100 + draw() * 900)
    const ended = served.kill('SIGKILL')
    isOver = true
    await ended
    await Promise.all(senders)
  }
  const found = await spanIdsIn(data)
  expect([...acknowledged].filter(one => found.get(spanIdOf(one)) !== 1)).toEqual([])
  expect([...found].filter(([, count]) => count !== 1)).toEqual([])
  expect(acknowledged.size).toBeGreaterThan(kills * 20)
}, 600_000)

test.each([
  [[], 2, /needs either --data or --blocks/],
  [['--data', join(folder, 'x'), '--blocks', 'y'], 2, /needs either --data or --blocks/],
  [['--data', join(folder, 'x'), '--sync', 'sometimes'], 2, /--sync sometimes: needs one of always, 50ms, never/],
  [['--data', '/proc/nope'], 1, /\/proc\/nope/],
  [['--config', '/dev/null'], 1, /\/dev\/null: storage.trace.wal.path and storage.trace.local.path is missing; set/],
  [['--config', join(folder, 'none')], 1, /none: no such file/],
  [['--config', '/dev/null', '--blocks', 'y'], 2, /needs either --data or --blocks/],
])('serve %j is refused', async (flags, code, reason) => {
  expect(await lab('serve', ...flags)).toMatchObject({ code, stderr: expect.stringMatching(reason) })
})
