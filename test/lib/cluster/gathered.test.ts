import { expect, test } from 'vitest'
import { Gathered } from '../../../lib/cluster/gathered.ts'
import type { StoredRecord } from '../../../lib/cluster/log/log.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { writeBlock } from '../../../lib/serve/blocks/write.ts'
import { LiveSource } from '../../../lib/serve/live/source.ts'
import { memoryStore } from '../../../lib/storage/memory-store.ts'
import { full } from '../../support/otlp-message.ts'
import { countSpanIds, requestOf, spanIdOf } from '../../support/store-spans.ts'

const headers = (tenant: string) => [{ key: 'x-scope-orgid', value: Buffer.from(tenant) }]

function record(offset: number, tenant: string, value: Uint8Array, timeMillis = 1_000 + offset): StoredRecord {
  return { offset, value, timeMillis, headers: headers(tenant) }
}

async function idsOf(gathered: Gathered, tenant: string): Promise<string[]> {
  const counts = await countSpanIds(await LiveSource.open(await gathered.parts.get(tenant)!.view()))
  expect([...counts.values()].every(count => count === 1)).toBe(true)
  return [...counts.keys()].sort()
}

test('spans of records are there by tenant, equal ones once', async () => {
  const gathered = new Gathered()
  gathered.add(record(0, 'a', requestOf([[1, 1]])))
  gathered.add(
    record(
      1,
      'b',
      requestOf([
        [1, 1],
        [2, 2],
      ]),
    ),
  )
  gathered.add(record(2, 'a', requestOf([[1, 1]])))
  gathered.add(record(3, 'a', requestOf([[1, 3]])))
  expect(await idsOf(gathered, 'a')).toEqual([1, 3].map(spanIdOf))
  expect(await idsOf(gathered, 'b')).toEqual([1, 2].map(spanIdOf))
  expect(gathered.parts.get('a')!.lastArrivalMillis).toBe(1_003)
  expect([gathered.recordCount, gathered.poison.length]).toEqual([4, 0])
})

test('of a record that cannot be read nothing is there but its value, and no tenant who has nothing else', () => {
  const gathered = new Gathered()
  const cut = full.subarray(0, full.length - 1)
  gathered.add(record(7, 'a', requestOf([[1, 1]])))
  for (const [i, value] of [Buffer.from('garbage'), cut, Buffer.alloc(0)].entries())
    gathered.add(record(8 + i, 'a', value))
  gathered.add(record(11, 'b', cut))
  gathered.add(record(12, '../c', full))
  expect(gathered.poison.map(({ offset, value }) => [offset, value.length])).toEqual([
    [8, 7],
    [9, cut.length],
    [11, cut.length],
    [12, full.length],
  ])
  for (const { reason } of gathered.poison) expect(reason).toMatch(/^[^\n]{10,}$/)
  expect([...gathered.parts.keys()]).toEqual(['a'])
  expect(gathered.spanCount).toBe(1)
})

test('memory counts tenants with little, and what cannot be read', () => {
  const gathered = new Gathered()
  for (let i = 0; i < 100; i++) gathered.add(record(i, `t${i}`, requestOf([[1, 1]])))
  expect(gathered.memoryBytes).toBeGreaterThan(3 * 2 ** 20)
  const before = gathered.memoryBytes
  gathered.add(record(100, 'a', Buffer.alloc(1 << 20, 'x')))
  expect(gathered.memoryBytes - before).toBeGreaterThanOrEqual(1 << 20)
})

test('a record may say any time, and its spans can be written', async () => {
  for (const timeMillis of [-1, Number(2n ** 63n - 1n), -(2 ** 60)]) {
    const gathered = new Gathered()
    gathered.add(record(0, 'a', requestOf([[1, 1]]), timeMillis))
    const part = gathered.parts.get('a')!
    const place = { tenantID: 'a', blockID: '00000000-0000-4000-8000-000000000000' }
    const encoding = { config: profiles['high-throughput'] }
    const meta = await writeBlock(memoryStore(), await part.view(), place, part.lastArrivalMillis, encoding)
    expect(meta.receivedTime).toMatch(/^(1970|9999)-/)
  }
})
