import { randomUUID } from 'node:crypto'
import { LabError, messageOf } from '../error.ts'
import { type BlobStore, putBytes } from './store.ts'

/** Throws where a store lets several writers store what only one of them may. */
export async function probeConditionalWrites(store: BlobStore, name: string): Promise<void> {
  const key = `probe/${randomUUID()}`
  try {
    const puts = ['one', 'two'].map(text => putBytes(store, key, Buffer.from(text), { ifAbsent: true }))
    const results = await Promise.all(puts)
    if (results.includes('stored') && results.includes('exists')) return
    throw refused(name, `of two that wrote one new object, both were answered "${results[0]}"`)
  } catch (error) {
    const { cause } = error as { cause?: { name?: string } }
    throw cause?.name === 'NotImplemented' ? refused(name, messageOf(error)) : error
  } finally {
    // Where it stays it is no harm, and why the probe failed counts more.
    await store.delete(key).catch(() => {})
  }
}

function refused(name: string, why: string): LabError {
  const advice = 'use a store that heeds If-None-Match, as Ceph does'
  return new LabError('unsupported', `${name}: a store without conditional writes (${why}); ${advice}`)
}
