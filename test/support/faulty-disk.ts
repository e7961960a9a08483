import type { LogFiles } from '../../lib/serve/wal/files.ts'
import { openMemory } from '../../lib/storage/memory.ts'
import { memoryStore } from '../../lib/storage/memory-store.ts'
import type { BlobStore } from '../../lib/storage/store.ts'
import { collect } from './chunks.ts'

/** What the system says where a disk is full. */
export function diskFull(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
}

/** What happens to an operation: nothing, it fails, or the process is killed in it. */
export type Fault = 'none' | 'fail' | 'kill'

/**
 * A disk in memory whose operations may fail. Where the process is killed, the operation is done in part, bytes that were
 * not synced are lost in part, and nothing works any more until `restart`.
 */
export class FaultyDisk {
  readonly #files = new Map<string, { bytes: Buffer; synced: number }>()
  readonly #blobs = memoryStore()
  readonly #draw: () => number
  #isDead = false
  /** Operations so far. */
  operations = 0
  faultAt: (operation: number, name: string) => Fault = () => 'none'

  constructor(draw: () => number) {
    this.#draw = draw
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** The machine starts again: what was not synced may be gone. */
  restart(): void {
    this.#isDead = false
    this.faultAt = () => 'none'
    for (const file of this.#files.values()) {
      const kept = file.synced + Math.floor(this.#draw() * (file.bytes.length - file.synced + 1))
      file.bytes = file.bytes.subarray(0, kept)
      file.synced = kept
    }
  }

  names(): string[] {
    return [...this.#files.keys()]
  }

  bytes(name: string): Buffer {
    return this.#files.get(name)!.bytes
  }

  readonly log: LogFiles = {
    list: async () => [...this.#files.keys()],
    create: async name => {
      await this.#do('create', share => share > 0.5 && this.#files.set(name, { bytes: Buffer.alloc(0), synced: 0 }))
      const file = () => this.#files.get(name)!
      return {
        append: parts =>
          this.#do('append', share => {
            const all = Buffer.concat(parts)
            file().bytes = Buffer.concat([file().bytes, all.subarray(0, Math.floor(share * all.length))])
          }),
        sync: () =>
          this.#do('sync', share => {
            if (share > 0.5) file().synced = file().bytes.length
          }),
        truncate: byteLength => this.#do('cut', share => share > 0.5 && this.#cut(name, byteLength)),
        close: async () => {},
      }
    },
    open: async name => {
      await this.#do('open', () => {})
      return { ...openMemory(this.bytes(name)), close: async () => {} }
    },
    write: async (name, chunks) => {
      const bytes = Buffer.concat(await collect(chunks))
      await this.#do('write', share => {
        if (share > 0.5) this.#files.set(name, { bytes, synced: bytes.length })
      })
    },
    truncate: (name, byteLength) => this.#do('truncate', share => share > 0.5 && this.#cut(name, byteLength)),
    delete: name => this.#do('delete', share => share > 0.5 && this.#files.delete(name)),
  }

  readonly blobs: BlobStore = {
    open: key => this.#blobs.open(key),
    list: (prefix, after) => this.#blobs.list(prefix, after),
    put: async (key, write, when) => {
      let result: 'stored' | 'exists' = 'stored'
      await this.#do(`put ${key}`, async share => {
        if (share > 0.5) result = await this.#blobs.put(key, write, when)
      })
      return result
    },
    delete: key => this.#do(`remove ${key}`, async share => share > 0.5 && this.#blobs.delete(key)),
  }

  #cut(name: string, byteLength: number): void {
    const file = this.#files.get(name)!
    file.bytes = file.bytes.subarray(0, byteLength)
    file.synced = Math.min(file.synced, byteLength)
  }

  /** Does an operation: its whole, or a share of it where it fails. */
  async #do(name: string, work: (share: number) => unknown): Promise<void> {
    // As of a disk: the answer comes in a later turn.
    await new Promise(setImmediate)
    if (this.#isDead) throw new Error('the process is dead')
    const fault = this.faultAt(this.operations++, name)
    await work(fault === 'none' ? 1 : this.#draw())
    if (fault === 'kill') this.#isDead = true
    if (fault !== 'none') throw diskFull()
  }
}
