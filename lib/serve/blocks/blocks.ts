import { messageOf } from '../../error.ts'
import { blockpackSource } from '../../formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../formats/blockpack/read/reader.ts'
import { getOrInsert } from '../../maps.ts'
import type { SpanSource } from '../../model/scan.ts'
import { type BlobInfo, type BlobReader, type BlobStore, putBytes, readObject } from '../../storage/store.ts'
import { inOrder } from '../../workers/in-order.ts'
import { type BlockMeta, compactedName, dataName, metaName, parseMeta, partsOf, printMeta } from './meta.ts'

/** A block that answers questions. */
export interface Block {
  readonly meta: BlockMeta
  source(): Promise<SpanSource>
}

const blockKey = /^([^/]+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([^/]+)$/

/**
 * The blocks in a store, as `<tenant>/<block id>/` with `data.blockpack` and, written last, `meta.json`. A block counts
 * if it has a `meta.json`, no `meta.compacted.json`, and no other block `replaces` it.
 */
export class Blocks {
  readonly store: BlobStore
  /** By tenant, by id. */
  readonly #live = new Map<string, Map<string, OpenBlock>>()
  /** Blocks whose spans others have, with the time since when. */
  readonly #replaced = new Map<string, ReplacedBlock>()
  readonly #changed = new Set<string>()

  constructor(store: BlobStore) {
    this.store = store
  }

  /**
   * Reads what is in the store; `warn` is called with what of it cannot be read. Gives the data without a
   * `meta.json`: writing these blocks was interrupted.
   */
  async load(warn: (message: string) => void): Promise<readonly BlobInfo[]> {
    const { metas, halves } = await readMetas(this.store, warn)
    const replaced = new Set(metas.flatMap(({ meta }) => meta.replaces))
    for (const { meta, isCompacted } of metas) {
      if (!isCompacted && !replaced.has(meta.blockID)) this.#enter(meta)
      else this.#replace(new OpenBlock(this.store, meta), isCompacted)
    }
    return halves
  }

  /** Those that have blocks which count. */
  tenants(): string[] {
    return [...this.#live].filter(([, blocks]) => blocks.size > 0).map(([tenant]) => tenant)
  }

  /** The tenants whose blocks are others than when it was last called. */
  takeChanged(): string[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }

  /** Those of a tenant that count, the oldest first. */
  list(tenant: string): Block[] {
    const blocks = [...(this.#live.get(tenant)?.values() ?? [])]
    return blocks.sort((a, b) => Date.parse(a.meta.startTime) - Date.parse(b.meta.startTime))
  }

  replaced(): ReplacedBlock[] {
    return [...this.#replaced.values()]
  }

  /** True where the spans of a block are in it or in another one. */
  has(tenant: string, id: string): boolean {
    return this.#live.get(tenant)?.has(id) === true || this.#replaced.has(id)
  }

  /**
   * Publishes a block whose data is written: from its `meta.json` on it counts, and those that it replaces do not.
   * `entered` is called in the turn in which it is found here, and they are not.
   */
  async publish(meta: BlockMeta, entered: () => void = () => {}): Promise<void> {
    await putBytes(this.store, keyOf(meta, metaName), printMeta(meta))
    for (const id of meta.replaces) {
      const old = this.#live.get(meta.tenantID)?.get(id)
      if (old) this.#replace(old, false)
      this.#live.get(meta.tenantID)?.delete(id)
    }
    this.#enter(meta)
    entered()
  }

  #replace(block: OpenBlock, isMarked: boolean): void {
    this.#replaced.set(block.meta.blockID, { meta: block.meta, block, sinceMillis: Date.now(), isMarked })
  }

  /** Says in the store, as Tempo does, that a block was replaced. */
  async mark({ meta }: ReplacedBlock): Promise<void> {
    await putBytes(this.store, keyOf(meta, compactedName), printMeta(meta))
    await this.store.delete(keyOf(meta, metaName))
    const known = this.#replaced.get(meta.blockID)
    if (known) known.isMarked = true
  }

  /** Removes a block: what says that it counts first, what says that it does not last. */
  async remove(meta: BlockMeta): Promise<void> {
    await this.store.delete(keyOf(meta, metaName))
    const block = this.#live.get(meta.tenantID)?.get(meta.blockID) ?? this.#replaced.get(meta.blockID)?.block
    if (this.#live.get(meta.tenantID)?.delete(meta.blockID)) this.#changed.add(meta.tenantID)
    await this.store.delete(keyOf(meta, dataName))
    await this.store.delete(keyOf(meta, compactedName))
    this.#replaced.delete(meta.blockID)
    await block?.close()
  }

  async close(): Promise<void> {
    const live = [...this.#live.values()].flatMap(blocks => [...blocks.values()])
    const replaced = Array.from(this.#replaced.values(), ({ block }) => block)
    for (const block of [...live, ...replaced]) await block.close()
  }

  #enter(meta: BlockMeta): void {
    getOrInsert(this.#live, meta.tenantID, () => new Map()).set(meta.blockID, new OpenBlock(this.store, meta))
    this.#changed.add(meta.tenantID)
  }
}

/** A block whose spans another one has; `isMarked` where its `meta.compacted.json` says so. */
export interface ReplacedBlock {
  readonly meta: BlockMeta
  readonly block: { close(): Promise<void> }
  readonly sinceMillis: number
  isMarked: boolean
}

export function keyOf({ tenantID, blockID }: Pick<BlockMeta, 'tenantID' | 'blockID'>, name: string): string {
  return `${tenantID}/${blockID}/${name}`
}

/** Removes what a block has besides its meta. */
export async function removeParts(store: Pick<BlobStore, 'delete'>, meta: BlockMeta): Promise<void> {
  for (const name of partsOf(meta)) await store.delete(keyOf(meta, name))
}

/** Opens its data when it is first asked, and keeps it open. */
class OpenBlock implements Block {
  readonly meta: BlockMeta
  readonly #store: BlobStore
  #file: BlobReader | undefined
  #source: Promise<SpanSource> | undefined

  constructor(store: BlobStore, meta: BlockMeta) {
    this.#store = store
    this.meta = meta
  }

  source(): Promise<SpanSource> {
    this.#source ??= this.#open()
    return this.#source
  }

  async #open(): Promise<SpanSource> {
    try {
      this.#file = await this.#store.open(keyOf(this.meta, dataName))
      return blockpackSource(await BlockpackReader.open(this.#file))
    } catch (error) {
      this.#source = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}

/** What there is of blocks: by `<tenant>/<block id>` the bytes of each object by its name. */
export async function objectsByBlock(objects: AsyncIterable<BlobInfo>): Promise<Map<string, Map<string, number>>> {
  const found = new Map<string, Map<string, number>>()
  for await (const { key, byteLength } of objects) {
    const [, tenant, id, name] = blockKey.exec(key) ?? []
    if (name !== undefined) getOrInsert(found, `${tenant}/${id}`, () => new Map()).set(name, byteLength)
  }
  return found
}

interface FoundMeta {
  readonly meta: BlockMeta
  readonly isCompacted: boolean
}

/** Metas that are read at the same time: each is a request to an object store. */
const readAtOnce = { width: 16, mayFollow: () => true }

/** All metas, and the data of blocks that have none. */
async function readMetas(store: BlobStore, warn: (message: string) => void) {
  const halves: BlobInfo[] = []
  const keys: string[] = []
  for (const [block, own] of await objectsByBlock(store.list('')))
    if (own.has(compactedName)) keys.push(`${block}/${compactedName}`)
    else if (own.has(metaName)) keys.push(`${block}/${metaName}`)
    else if (own.has(dataName)) halves.push({ key: `${block}/${dataName}`, byteLength: own.get(dataName)! })
  const metas: FoundMeta[] = []
  for await (const meta of inOrder(keys, readAtOnce, key => readMeta(store, key, warn))) if (meta) metas.push(meta)
  return { metas, halves }
}

/** What a block's `meta.json` says; undefined where that cannot be read, or where it is a block of another format. */
async function readMeta(
  store: BlobStore,
  key: string,
  warn: (message: string) => void,
): Promise<FoundMeta | undefined> {
  const bytes = await readObject(store, key)
  try {
    const meta = parseMeta(bytes, key)
    return meta && { meta, isCompacted: key.endsWith(compactedName) }
  } catch (error) {
    warn(`${messageOf(error)}: the block is left out`)
    return undefined
  }
}
