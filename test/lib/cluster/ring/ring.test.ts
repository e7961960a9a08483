import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Ring } from '../../../../lib/cluster/ring/ring.ts'
import { LabError } from '../../../../lib/error.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { type BlobStore, putBytes } from '../../../../lib/storage/store.ts'
import { labError } from '../../../support/errors.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const live = (instance: string, partition: number) => ({
  role: 'live-store',
  instance,
  address: `http://${instance}:3200`,
  partition,
})

async function keysOf(store: BlobStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

const namesOf = async (ring: Ring, role = 'live-store') => (await ring.members(role)).map(({ instance }) => instance)

/** Lets time pass, and what is under way end. */
async function pass(millis: number): Promise<void> {
  for (let left = millis; left > 0; left -= 1_000) await vi.advanceTimersByTimeAsync(Math.min(left, 1_000))
}

test('instances are there by role until they end, and their entries go with them', async () => {
  const store = memoryStore()
  const [ring, reader] = [new Ring(store, () => {}), new Ring(store, () => {})]
  const first = ring.announce(live('live-1', 0))
  ring.announce({ role: 'querier', instance: 'querier-1', address: 'http://10.0.0.7:3200' })
  await pass(1)
  expect(await reader.members('live-store')).toEqual([live('live-1', 0)])
  expect(await reader.members('querier')).toEqual([
    { role: 'querier', instance: 'querier-1', address: 'http://10.0.0.7:3200', partition: undefined },
  ])
  await first.end()
  await pass(60_000)
  expect(await keysOf(store)).toEqual(['cluster=1/ring/querier/querier-1.json'])
  expect(await namesOf(reader)).toEqual([])
  expect(await namesOf(reader, 'querier')).toEqual(['querier-1'])
})

test('an instance is gone 20 s after its last new beat, whatever the clocks say, and back with the next', async () => {
  const store = memoryStore()
  let stopped = false
  const frozen: BlobStore = { ...store, put: (...all) => (stopped ? new Promise(() => {}) : store.put(...all)) }
  new Ring(frozen, () => {}).announce(live('live-1', 0))
  // A clock of its own that runs from another beginning.
  const reader = new Ring(
    store,
    () => {},
    () => performance.now() + 1e12,
  )
  await pass(12_000)
  expect(await namesOf(reader)).toEqual(['live-1'])
  stopped = true
  await pass(19_000)
  expect(await namesOf(reader)).toEqual(['live-1'])
  await pass(2_000)
  expect(await namesOf(reader)).toEqual([])
  expect(await namesOf(new Ring(store, () => {}))).toEqual(['live-1'])
  new Ring(store, () => {}).announce(live('live-1', 0))
  await pass(1_001)
  expect(await namesOf(reader)).toEqual(['live-1'])
})

test('an entry that has not changed for an hour is removed, and comes back where its instance was frozen', async () => {
  const store = memoryStore()
  let resume = () => {}
  let isFrozen = false
  const frozen: BlobStore = {
    ...store,
    put: async (...all) => {
      if (isFrozen) await new Promise<void>(resolve => (resume = resolve))
      return store.put(...all)
    },
  }
  new Ring(frozen, () => {}).announce(live('live-1', 0))
  const reader = new Ring(store, () => {})
  await pass(1)
  await reader.members('live-store')
  isFrozen = true
  await vi.advanceTimersByTimeAsync(3_599_000)
  expect([await namesOf(reader), await keysOf(store)]).toEqual([[], ['cluster=1/ring/live-store/live-1.json']])
  await vi.advanceTimersByTimeAsync(6_000)
  expect([await namesOf(reader), await keysOf(store)]).toEqual([[], []])
  isFrozen = false
  resume()
  await pass(1_001)
  expect(await namesOf(reader)).toEqual(['live-1'])
})

test('an entry that is not one is named once and left out, the others are there', async () => {
  const store = memoryStore()
  const warnings: string[] = []
  const ring = new Ring(store, message => warnings.push(message))
  ring.announce(live('live-1', 0))
  const bad: [name: string, text: string, message: string][] = [
    ['a.json', '', 'is not JSON'],
    ['b.json', '{"version":1,"address":"http://b","role":"live-store"}', 'beat: '],
    ['c.json', '{"version":1,"address":"file:///etc","role":"live-store","beat":1}', 'address: '],
    ['d.json', '{"version":1,"address":"http://d","role":"querier","beat":1}', 'is that of the role "querier"'],
    ['e.json', '{"version":2,"address":"http://d","role":"live-store","beat":1}', 'version: '],
    ['f.json', '{"version":1,"address":"http://d","role":"live-store","partition":-1,"beat":1}', 'partition: '],
    ['g', '{"version":1,"address":"http://d","role":"live-store","beat":1}', 'is that of the role "live-store"'],
    ['h.json', 'null', ''],
  ]
  for (const [name, text] of bad) await putBytes(store, `cluster=1/ring/live-store/${name}`, Buffer.from(text))
  for (let i = 0; i < 3; i++) {
    await pass(1_001)
    expect(await namesOf(ring)).toEqual(['live-1'])
  }
  expect(warnings).toHaveLength(bad.length)
  for (const [i, [name, , message]] of bad.entries()) {
    expect(warnings[i]).toContain(`cluster=1/ring/live-store/${name}: ${message}`)
    expect(warnings[i]).toMatch(/^[^\n]+: the instance is left out$/)
  }
})

test('a store that cannot be written is named, and written as soon as it can; one that cannot be read fails', async () => {
  const store = memoryStore()
  let isDown = true
  const down = async () => {
    if (isDown) throw new LabError('invalid', 'the store is down')
  }
  const faulty: BlobStore = {
    ...store,
    open: async key => down().then(() => store.open(key)),
    put: async (...all) => down().then(() => store.put(...all)),
  }
  const warnings: string[] = []
  const ring = new Ring(faulty, message => warnings.push(message))
  ring.announce(live('live-1', 0))
  await pass(1)
  expect(warnings).toEqual(['the ring: the store is down'])
  isDown = false
  await pass(5_000)
  expect(await namesOf(ring)).toEqual(['live-1'])
  isDown = true
  await pass(1_001)
  await expect(ring.members('live-store')).rejects.toThrow('the store is down')
})

test('many who ask at once read the entries once a second, and those who may know less less often', async () => {
  const store = memoryStore()
  let reads = 0
  const counted: BlobStore = { ...store, open: key => store.open(key).finally(() => reads++) }
  const ring = new Ring(counted, () => {})
  ring.announce(live('live-1', 0))
  await pass(1)
  for (let i = 0; i < 10; i++) await Promise.all([1, 2, 3].map(() => ring.members('live-store')))
  expect(reads).toBe(1)
  await pass(4_000)
  await ring.members('live-store', 5_000)
  expect(reads).toBe(1)
  await ring.members('live-store')
  expect(reads).toBe(2)
})

test('a name that cannot be a key is refused', () => {
  const ring = new Ring(memoryStore(), () => {})
  for (const instance of ['', '../a', 'a/b', '.a', 'ä', 'a'.repeat(300)])
    expect(labError(() => ring.announce(live(instance, 0))).message).toMatch(/^instance ".*": a name is of letters/)
})
