import { getOrInsert } from '../../maps.ts'
import { keyOf, objectsByBlock } from '../../serve/blocks/blocks.ts'
import { type BlockMeta, compactedName, dataNameOf, metaName, printMeta } from '../../serve/blocks/meta.ts'
import type { BlockPlace } from '../../serve/blocks/write.ts'
import { type BlobStore, putBytes, readIfThere } from '../../storage/store.ts'
import { type Commit, clusterPrefix } from '../commits/commit.ts'
import type { State } from '../commits/state.ts'
import { tenantObjects } from './keys.ts'
import type { Clock, WorkerConfig, WorkerCounters, WorkerPlaces } from './places.ts'

/** A block that does not count, and what there is of it. */
export interface Leftover extends BlockPlace {
  readonly names: ReadonlyMap<string, number>
}

/** Says in the store, as Tempo does, that a block does not count any more. */
export async function markReplaced(store: BlobStore, place: BlockPlace, meta: Uint8Array): Promise<void> {
  await putBytes(store, keyOf(place, compactedName), meta)
  await store.delete(keyOf(place, metaName))
}

/**
 * What those left behind who died or lost a race: metas that are missing are written, and blocks that have not counted for
 * long enough, while this looked on, are deleted.
 */
export class Garbage {
  readonly #places: WorkerPlaces
  readonly #config: WorkerConfig
  readonly #counters: WorkerCounters
  readonly #clock: Clock
  /** By block or snapshot since when it is known not to count. */
  readonly #since = new Map<string, number>()

  constructor(places: WorkerPlaces, config: WorkerConfig, counters: WorkerCounters, clock: Clock) {
    this.#places = places
    this.#config = config
    this.#counters = counters
    this.#clock = clock
    // A block may begin and end to count between two passes: its readers have as much time then.
    places.chain.followers.add(commit => this.#follow(commit))
  }

  #follow({ adds, removes }: Commit): void {
    for (const { blockID } of adds) this.#since.delete(blockID)
    for (const id of removes) this.#since.set(id, this.#clock.elapsed())
  }

  async pass(): Promise<void> {
    const { chain, store } = this.#places
    const before = await chain.refresh()
    const found = await objectsByBlock(tenantObjects(store))
    const after = await chain.refresh()
    await this.#complete(
      [...before.blocks.values()].filter(({ blockID }) => after.blocks.has(blockID)),
      found,
    )
    const leftovers = leftoversOf(found, before, after)
    for (const leftover of leftovers) await this.#mark(leftover)
    const snapshots = await this.#oldSnapshots()
    const known = new Set([...Array.from(found.keys(), place => placeOf(place).blockID), ...snapshots])
    for (const id of this.#since.keys()) if (!known.has(id)) this.#since.delete(id)
    const old = leftovers.filter(({ blockID }) => this.#isOld(blockID))
    await this.#discard(old)
    for (const leftover of old) await this.#delete(leftover)
    for (const key of snapshots) if (this.#isOld(key)) await store.delete(key)
  }

  /** Writes metas that are missing of blocks that counted all the time while these were listed. */
  async #complete(metas: readonly BlockMeta[], found: ReadonlyMap<string, ReadonlyMap<string, number>>): Promise<void> {
    let missingCount = 0
    for (const meta of metas) {
      const names = found.get(`${meta.tenantID}/${meta.blockID}`)
      const dataName = dataNameOf(meta)
      if (!names?.has(dataName)) {
        missingCount++
        this.#places.warn(`${keyOf(meta, dataName)}: is missing, and its ${meta.totalSpans} spans count`)
      }
      if (names?.has(metaName)) continue
      await putBytes(this.#places.store, keyOf(meta, metaName), printMeta(meta))
      this.#counters.completedMetas++
    }
    this.#counters.missingBlocks = missingCount
  }

  /** A block that has a meta did count: it was replaced, or is too old. */
  async #mark(leftover: Leftover): Promise<void> {
    if (!leftover.names.has(metaName)) return
    const { store } = this.#places
    const meta = await readIfThere(store, keyOf(leftover, metaName))
    // Another worker may have done it meanwhile.
    if (meta) await markReplaced(store, leftover, meta)
  }

  /** True where it has not counted for so long that no reader knows it any more. */
  #isOld(id: string): boolean {
    const now = this.#clock.elapsed()
    return now - getOrInsert(this.#since, id, () => now) >= this.#config.compaction.replacedMillis
  }

  /** Makes sure that nobody commits what was never committed. */
  async #discard(leftovers: readonly Leftover[]): Promise<void> {
    const { chain } = this.#places
    const fresh = leftovers.filter(({ names }) => !names.has(metaName) && !names.has(compactedName))
    for (;;) {
      const { blocks, discarded } = chain.state
      const ids = fresh.map(({ blockID }) => blockID).filter(id => !blocks.has(id) && !discarded.has(id))
      if (ids.length === 0) return
      const change = { writer: this.#config.instance, log: [], adds: [], removes: [], discards: ids }
      // Where one of them was committed meanwhile, the others are tried again.
      if ((await chain.commit(change)) !== undefined) continue
      this.#counters.discardedBlocks += ids.length
    }
  }

  /** Removes a block: what says that it counts first, what says that it does not last. */
  async #delete(leftover: Leftover): Promise<void> {
    const { chain, store } = this.#places
    const { blockID } = leftover
    // Another one may have committed it since it was looked at.
    if (chain.state.blocks.has(blockID) || !this.#isOld(blockID)) return
    const parts = [...leftover.names.keys()].filter(name => name !== metaName && name !== compactedName)
    for (const name of [metaName, ...parts, compactedName]) await store.delete(keyOf(leftover, name))
    this.#since.delete(blockID)
    this.#counters.deletedBlocks++
  }

  /** The keys of all snapshots but the last one. */
  async #oldSnapshots(): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of this.#places.store.list(`${clusterPrefix}/snapshot/`)) keys.push(key)
    return keys.slice(0, -1)
  }
}

/** What is found of blocks that counted neither before it was looked for nor after it. */
export function leftoversOf(
  found: ReadonlyMap<string, ReadonlyMap<string, number>>,
  before: State,
  after: State,
): readonly Leftover[] {
  return [...found].flatMap(([place, names]) => {
    const { tenantID, blockID } = placeOf(place)
    return before.blocks.has(blockID) || after.blocks.has(blockID) ? [] : [{ tenantID, blockID, names }]
  })
}

function placeOf(place: string): BlockPlace {
  const [tenantID = '', blockID = ''] = place.split('/')
  return { tenantID, blockID }
}
