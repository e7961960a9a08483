import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { defaultConfig } from '../../../lib/serve/config.ts'
import { Store } from '../../../lib/serve/store.ts'
import { localLogFiles } from '../../../lib/serve/wal/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { lab } from '../../support/command.ts'
import { requestOf } from '../../support/store-spans.ts'

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
    ['a', 1, 2, expect.stringMatching(/^waits: 1 of 4 that are needed of level 1 in the window of /)],
    ['b', 0, 1, expect.stringMatching(/^waits: 1 of 4 that are needed of level 0 in the window of /)],
    ['a', 0, 1, 'replaced: another block has its spans'],
    ['a', 0, 1, 'replaced: another block has its spans'],
  ])
  const id = String(rows[0]!.block)
  const shown = await lab('blocks', 'show', join(folder, 'blocks'), id.slice(0, 8))
  expect(JSON.parse(shown.stdout)).toMatchObject({ blockID: id, totalSpans: 2, why: rows[0]!.why })
  expect((await lab('blocks', 'list', folder)).stdout).toContain('waits: 1 of 4')
})

test.each([
  [['list', join(folder, 'nope')], 1, /nope: no such folder$/m],
  [['show', folder, 'ffffffff'], 1, /has no block ffffffff; `blocks list` lists them$/m],
  [[], 2, /needs list or show/],
])('blocks %j is refused', async (args, code, reason) => {
  expect(await lab('blocks', ...args)).toMatchObject({ code, stderr: expect.stringMatching(reason) })
})
