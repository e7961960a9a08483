import { expect } from 'vitest'
import { Chain } from '../../lib/cluster/commits/chain.ts'
import type { LivePiece } from '../../lib/cluster/live/answer.ts'
import { defaultLive, type LiveConfig } from '../../lib/cluster/live/config.ts'
import { LiveStore } from '../../lib/cluster/live/live-store.ts'
import { MemoryLog, MemoryTopic } from '../../lib/cluster/log/memory.ts'
import { blockpackSource } from '../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../lib/formats/blockpack/read/reader.ts'
import { memoryStore } from '../../lib/storage/memory-store.ts'
import { type BlobReader, type BlobStore, readObject } from '../../lib/storage/store.ts'
import { countSpanIds, requestOf, spanIdOf } from './store-spans.ts'

/** A folder whose process may be killed, or whose disk may be full, in any write. */
export class FaultyFolder {
  readonly kept: BlobStore = memoryStore()
  readonly #draw: () => number
  #isDead = false
  /** How likely it is that a write fails, and that the process dies in it. */
  failShare = 0
  deathShare = 0

  constructor(draw: () => number) {
    this.#draw = draw
  }

  /** What a process sees that has just started. */
  restart(): BlobStore {
    this.#isDead = false
    let isOld = false
    const check = () => {
      if (isOld || this.#isDead) throw new Error('the process is dead')
    }
    this.#end()
    this.#end = () => {
      isOld = true
    }
    const write = async <T>(run: () => Promise<T>): Promise<T> => {
      check()
      await new Promise(setImmediate)
      check()
      if (this.#draw() < this.deathShare) {
        if (this.#draw() < 0.5) await run()
        this.#isDead = true
      }
      check()
      if (this.#draw() < this.failShare) throw new Error('ENOSPC: no space left on device, write')
      return run()
    }
    return {
      open: key => this.kept.open(key),
      list: (prefix, after) => this.kept.list(prefix, after),
      put: (key, content, when) => write(() => this.kept.put(key, content, when)),
      delete: key => write(() => this.kept.delete(key)),
    }
  }

  #end: () => void = () => {}

  get isDead(): boolean {
    return this.#isDead
  }

  async keys(): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of this.kept.list('')) keys.push(key)
    return keys
  }
}

/** A live store over a log and a store in memory, step by step, beside what it must answer. */
export class LiveStage {
  readonly topic: MemoryTopic = new MemoryTopic('spans', 2)
  readonly store: BlobStore = memoryStore()
  readonly folder: FaultyFolder
  readonly warnings: string[] = []
  readonly config: LiveConfig
  /** By offset: whose spans a record of partition 1 has, and which. */
  readonly truth: { readonly tenant: string; readonly ids: readonly string[] }[] = []
  readonly #chain: Chain
  live!: LiveStore

  private constructor(chain: Chain, store: BlobStore, draw: () => number, config: Partial<LiveConfig>) {
    this.#chain = chain
    this.store = store
    this.folder = new FaultyFolder(draw)
    this.config = { ...defaultLive, cutMillis: 0, commitMillis: 0, ...config }
  }

  /** With a live store that has begun. */
  static async open(draw: () => number, config: Partial<LiveConfig> = {}): Promise<LiveStage> {
    const store = memoryStore()
    const stage = new LiveStage(await Chain.open(store), store, draw, config)
    await stage.start()
    return stage
  }

  /** Starts the live store, again with what its folder has. */
  async start(): Promise<void> {
    const log = new MemoryLog(this.topic, 100_000)
    const warn = (message: string) => this.warnings.push(message)
    const places = { log, chain: await Chain.open(this.store), folder: this.folder.restart(), warn }
    this.live = await LiveStore.open(1, places, this.config)
  }

  /** Where blocks end. */
  get committed(): number {
    return this.#chain.state.end(1)
  }

  /** A record with spans by number; without any, one that is poison. */
  async append(tenant: string, numbers: readonly number[]): Promise<void> {
    const isPoison = numbers.length === 0
    const value = isPoison ? Buffer.from('poison') : requestOf(numbers.map(number => [number >> 2, number]))
    const headers = [{ key: 'x-scope-orgid', value: Buffer.from(tenant) }]
    await new MemoryLog(this.topic, 100_000).append(1, [{ value, headers, timeMillis: Date.now() }])
    this.truth.push({ tenant, ids: numbers.map(spanIdOf) })
  }

  /** Commits records up to an offset: their spans are in blocks. */
  async build(end: number): Promise<void> {
    const log = [{ partition: 1, start: this.committed, end, poison: [] }]
    expect(await this.#chain.commit({ writer: 'w', log, adds: [], removes: [], discards: [] })).toBeUndefined()
  }

  /** Asks for a tenant, and holds the answer against the truth; gives its pieces. */
  async check(tenant: string, from: number, place: string): Promise<readonly LivePiece[]> {
    const before = await this.#inFolder()
    const { first, next, end, pieces } = await this.live.answer(tenant, from)
    const inFolder = before + (await this.#inFolder())
    expect(first, place).toBeLessThanOrEqual(this.committed)
    expect(next, place).toBeLessThanOrEqual(end)
    expect(end, place).toBeLessThanOrEqual(this.truth.length)
    for (const [i, { start }] of pieces.slice(1).entries())
      expect(start, `${place}: overlap`).toBeGreaterThanOrEqual(pieces[i]!.end)
    const found = new Set<string>()
    const asked = new Set(this.#idsOf(tenant, from, next))
    for (const piece of pieces) {
      expect(piece.end, place).toBeGreaterThan(from)
      expect(piece.meta.tenantID, place).toBe(tenant)
      const ids = await idsIn(await this.live.openPiece(piece.id))
      for (const id of ids) found.add(id)
      if (ids.some(id => !asked.has(id)))
        expect(inFolder, `${place}: older than ${from}, and in memory`).toContain(piece.id)
    }
    const idsBefore = (offset: number, start = 0) => this.#idsOf(tenant, start, offset)
    const known = new Set(idsBefore(next))
    expect(
      [...found].filter(id => !known.has(id)),
      `${place}: not there`,
    ).toEqual([])
    const inBlocks = new Set(idsBefore(Math.max(first, from)))
    const missing = idsBefore(next, Math.max(first, from)).filter(id => !found.has(id) && !inBlocks.has(id))
    expect(missing, `${place}: missing of [${from}, ${next})`).toEqual([])
    return pieces
  }

  #idsOf(tenant: string, start: number, end: number): string[] {
    return this.truth.slice(start, end).flatMap(record => (record.tenant === tenant ? record.ids : []))
  }

  /** The segments of the folder, as they lie there. */
  async #inFolder(): Promise<string> {
    const keys = (await this.folder.keys()).filter(key => key.startsWith('live=1/segment/'))
    return Buffer.concat(await Promise.all(keys.map(key => readObject(this.folder.kept, key)))).toString()
  }
}

/** The ids of the spans of a piece, none of which it has twice. */
export async function idsIn(file: BlobReader): Promise<string[]> {
  const counts = await countSpanIds(blockpackSource(await BlockpackReader.open(file)))
  expect(Math.max(...counts.values())).toBe(1)
  return [...counts.keys()]
}
