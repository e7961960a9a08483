import { expect, test } from 'vitest'
import { claimStore } from '../../../lib/cluster/identity.ts'
import { MemoryTopic } from '../../../lib/cluster/log/memory.ts'
import { clusterIdentityKey } from '../../../lib/serve/bucket.ts'
import { memoryStore } from '../../../lib/storage/memory-store.ts'
import { type BlobStore, putBytes, readObject } from '../../../lib/storage/store.ts'
import { labRejection } from '../../support/errors.ts'

const name = 's3://bucket/traces'
const identity = new MemoryTopic('spans', 1).identity

test('the first role makes a store its own, all at once and later ones of its log find it so', async () => {
  const store = memoryStore()
  await Promise.all([claimStore(store, name, identity), claimStore(store, name, identity)])
  await putBytes(store, 'a/4f9cbd9e-0000-4000-8000-000000000000/data.blockpack', Buffer.from('x'))
  await claimStore(store, name, identity)
  const { cluster, topic, topicId } = identity
  const written = JSON.parse(Buffer.from(await readObject(store, clusterIdentityKey)).toString())
  expect(written).toEqual({ version: 1, log: { cluster, topic, topicId } })
})

const others = {
  'another cluster': { ...identity, cluster: 'other' },
  'another topic': { ...identity, topic: 'other' },
  'a topic that was made anew': { ...identity, topicId: 'other' },
}

for (const [what, other] of Object.entries(others))
  test(`a store of a log is not that of ${what}`, async () => {
    const store = memoryStore()
    await claimStore(store, name, identity)
    const error = await labRejection(claimStore(store, name, other))
    expect(error.kind).toBe('invalid')
    expect(error.message).toContain(
      `${name}: belongs to the cluster whose log is the topic "spans" (${identity.topicId}) of Kafka memory, and ingest.kafka leads to`,
    )
    expect(error.message).toContain('name another place: storage.trace.s3.prefix or storage.trace.local.path')
    await claimStore(store, name, identity)
  })

test("a store with objects that no cluster has made is refused, and stays as it is: Tempo's, or one process's", async () => {
  for (const key of ['owner.json', 'single-tenant/4f9cbd9e-0000-4000-8000-000000000000/meta.json']) {
    const store = memoryStore()
    await putBytes(store, key, Buffer.from('{}'))
    const error = await labRejection(claimStore(store, name, identity))
    expect(error.message).toBe(
      `${name}: has ${key}, which is no cluster's: name another place: storage.trace.s3.prefix or storage.trace.local.path`,
    )
    expect(await keysOf(store)).toEqual([key])
  }
})

test('what a probe of the store has left is no object of others', async () => {
  const store = memoryStore()
  await putBytes(store, 'probe/one', Buffer.from('x'))
  await claimStore(store, name, identity)
})

for (const text of ['{', '{}', '{"version":1,"log":{"cluster":"c"}}', '{"version":2}'])
  test(`an identity that reads ${text} is refused with its name`, async () => {
    const store = memoryStore()
    await putBytes(store, clusterIdentityKey, Buffer.from(text))
    const error = await labRejection(claimStore(store, name, identity))
    expect(error.message).toMatch(/^s3:\/\/bucket\/traces\/cluster=1\/identity\.json: [^\n]+$/)
  })

async function keysOf(store: BlobStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}
