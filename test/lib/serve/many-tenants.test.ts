import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultConfig } from '../../../lib/serve/config.ts'
import { Counters, TenantRates } from '../../../lib/serve/counters.ts'
import { maxTenants } from '../../../lib/serve/live/segment.ts'
import { Store } from '../../../lib/serve/store.ts'
import { localLogFiles } from '../../../lib/serve/wal/files.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { requestOf } from '../../support/store-spans.ts'

test('a client that invents tenants is refused for now, others are served, and what is bad takes no place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'many-tenants-'))
  const places = {
    log: localLogFiles(join(folder, 'wal')),
    blocks: folderStore(join(folder, 'blocks')),
    warn: () => {},
  }
  const store = await Store.open(places, { ...defaultConfig, sync: 'never', maxBlockMillis: 1e9 })
  for (let i = 0; i < maxTenants + 10; i++) {
    await expect(store.push(`bad${i}`, Buffer.from('no'))).rejects.toThrow()
    await store.push(`none${i}`, requestOf([[0, 1]]))
  }
  for (let i = 0; i < maxTenants; i++) await store.push(`t${i}`, requestOf([[1, 1]]))
  await expect(store.push('more', requestOf([[1, 1]]))).rejects.toMatchObject({
    statusCode: 429,
    message: `${maxTenants} tenants have recent spans, no further one is taken for now`,
  })
  expect(await store.push('t7', requestOf([[1, 2]]))).toMatchObject({ spanCount: 1 })
  await store.close()
  rmSync(folder, { recursive: true })
}, 60_000)

test('100,000 names of tenants are counted and limited in bounded memory', () => {
  const counters = new Counters()
  for (let i = 0; i < 100_000; i++) counters.of(`t${i}`).spans++
  expect(counters.tenants.size).toBeLessThanOrEqual(10_001)
  expect(counters.of('other').spans).toBe(90_000)
  const rates = new TenantRates({ maxSpansPerSecond: 5 })
  for (let i = 0; i < 100_000; i++) expect(rates.excess(`t${i}`)).toBeUndefined()
  rates.spend('t1', 100, 1)
  expect(rates.excess('t1')).toBeDefined()
})
