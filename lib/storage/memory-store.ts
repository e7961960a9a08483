import { LabError } from '../error.ts'
import { MemorySink, openMemory } from './memory.ts'
import { type BlobStore, checkKey } from './store.ts'

/** A store in memory, which ends with the process. */
export function memoryStore(): BlobStore {
  const blobs = new Map<string, Uint8Array>()
  return {
    async open(key) {
      checkKey(key)
      const bytes = blobs.get(key)
      if (bytes === undefined) throw new LabError('missing', `${key}: no such object`)
      return { ...openMemory(bytes), close: async () => {} }
    },
    async put(key, write, when) {
      checkKey(key)
      const sink = new MemorySink()
      await write(sink)
      if (when?.ifAbsent && blobs.has(key)) return 'exists'
      blobs.set(key, sink.bytes())
      return 'stored'
    },
    async *list(prefix, after = '') {
      const keys = [...blobs.keys()].filter(key => key.startsWith(prefix) && key > after).sort()
      for (const key of keys) {
        const bytes = blobs.get(key)
        if (bytes !== undefined) yield { key, byteLength: bytes.length }
      }
    },
    async delete(key) {
      checkKey(key)
      blobs.delete(key)
    },
  }
}
