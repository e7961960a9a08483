import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Chain } from '../../../lib/cluster/commits/chain.ts'
import { keyOf } from '../../../lib/serve/blocks/blocks.ts'
import { dataName, metaName } from '../../../lib/serve/blocks/meta.ts'
import { defaultConfig } from '../../../lib/serve/config.ts'
import { Store } from '../../../lib/serve/store.ts'
import { localLogFiles } from '../../../lib/serve/wal/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { putBytes } from '../../../lib/storage/store.ts'
import { lab } from '../../support/command.ts'
import { requestOf } from '../../support/store-spans.ts'
import { buildBlock } from '../../support/worker-stage.ts'

const folder = mkdtempSync(join(tmpdir(), 'blocks-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('says of each block of a store what will become of it, and why', async () => {
  const places = {
    log: localLogFiles(join(folder, 'wal')),
    blocks: folderStore(join(folder, 'blocks')),
    warn: () => {},
  }
  const store = await Store.open(places, defaultConfig)
  for (const number of [1, 2]) {
    await store.push('a', requestOf([[number, number]]))
    await store.flush()
  }
  await store.maintain(Date.now() + 2 * 3_600_000)
  await store.push('b', requestOf([[1, 1]]))
  await store.flush()
  await store.close()
  const listed = await lab('blocks', 'list', folder, '--format', 'json')
  const rows = JSON.parse(listed.stdout) as Record<string, unknown>[]
  expect(rows.map(({ tenant, level, spans, why }) => [tenant, level, spans, why])).toEqual([
    ['a', 1, 2, expect.stringMatching(/^waits: 1 of 8 that are needed of level 1 in the window of /)],
    ['b', 0, 1, expect.stringMatching(/^waits: 1 of 8 that are needed of level 0 in the window of /)],
    ['a', 0, 1, 'replaced: another block has its spans'],
    ['a', 0, 1, 'replaced: another block has its spans'],
  ])
  const id = String(rows[0]!.block)
  const shown = await lab('blocks', 'show', join(folder, 'blocks'), id.slice(0, 8))
  expect(JSON.parse(shown.stdout)).toMatchObject({ blockID: id, totalSpans: 2, why: rows[0]!.why })
  expect((await lab('blocks', 'list', folder)).stdout).toContain('waits: 1 of 8')
})

test.each([
  [['list', join(folder, 'nope')], 1, /nope: no such folder$/m],
  [['show', folder, 'ffffffff'], 1, /has no block ffffffff; `blocks list` lists them$/m],
  [[], 2, /needs list, plan or show/],
])('blocks %j is refused', async (args, code, reason) => {
  expect(await lab('blocks', ...args)).toMatchObject({ code, stderr: expect.stringMatching(reason) })
})

test('plan says what is due, what more that needs which is not, and when the backlog is done', async () => {
  const home = join(folder, 'planned')
  const places = { log: localLogFiles(join(home, 'wal')), blocks: folderStore(join(home, 'blocks')), warn: () => {} }
  const store = await Store.open(places, defaultConfig)
  for (const [tenant, count] of [['a', 8] as const, ['b', 2] as const])
    for (let number = 1; number <= count; number++) {
      await store.push(tenant, requestOf([[number, number]]))
      await store.flush()
    }
  await store.close()
  const { stdout, stderr } = await lab('blocks', 'plan', home, '--format', 'json')
  expect(JSON.parse(stdout)).toEqual([
    expect.objectContaining({ tenant: 'a', blocks: 8, spans: 8, next: 'due: 8 of them become one' }),
    expect.objectContaining({
      tenant: 'b',
      'blocks of': expect.stringMatching(/^level 0 in the window of /),
      next: expect.stringMatching(
        /^not due: with 6 more small blocks, or with one from .+ on, when the window is over$/,
      ),
    }),
  ])
  expect(stderr).toMatch(/^due: 1 compaction of 8 spans; done in about 1 s of one core's time, if nothing comes/m)
  const config = join(folder, 'tempo.yaml')
  writeFileSync(config, 'backend_worker: { compaction: { block_retention: 1ms } }\n')
  const byConfig = await lab('blocks', 'plan', home, '--config', config, '--format', 'json')
  expect(JSON.parse(byConfig.stdout)).toContainEqual(expect.objectContaining({ tenant: 'b', next: 'due: deleted' }))
})

test("of a cluster's store the commits say which blocks count, and of the others it is said why they do not", async () => {
  const home = join(folder, 'cluster')
  const store = folderStore(home)
  const chain = await Chain.open(store)
  for (let i = 0; i < 9; i++) await buildBlock({ store, chain }, {}, Date.now())
  const metas = [...chain.state.blocks.values()]
  const stray = { tenantID: 'a', blockID: '00000000-0000-4000-8000-000000000000' }
  await putBytes(store, keyOf(stray, dataName), Buffer.from('data'))
  const gone = metas[8]!.blockID
  await chain.commit({ writer: 'w', log: [], adds: [], removes: [gone], discards: [] })
  // Its builder died before it wrote the meta.
  await store.delete(keyOf(metas[0]!, metaName))
  const rows = JSON.parse((await lab('blocks', 'list', home, '--format', 'json')).stdout) as Record<string, unknown>[]
  expect(rows.map(({ block, level, why }) => [block, level, String(why).split(';')[0]]).sort()).toEqual(
    [
      ...metas.slice(0, 8).map(({ blockID }) => [blockID, 0, expect.stringMatching(/^due: becomes one with 7 others/)]),
      [gone, null, 'does not count: was replaced or deleted by a commit, and stays for queries that have begun'],
      [stray.blockID, null, 'does not count: no commit has it'],
    ].sort(),
  )
  expect((await lab('blocks', 'list', home)).stdout).toContain('does not count')
  expect(JSON.parse((await lab('blocks', 'show', home, '00000000')).stdout)).toMatchObject({ tenant: 'a', bytes: 4 })
  const plan = await lab('blocks', 'plan', home)
  expect(plan.stdout).toMatch(/due: 8 of them become one[^d]+due: 1 compaction of 24 spans/)
  await store.delete(keyOf(metas[1]!, dataName))
  expect((await lab('blocks', 'list', home)).stderr).toBe(
    `warning: a/${metas[1]!.blockID}/data.blockpack: is missing, and its spans count\n`,
  )
})
