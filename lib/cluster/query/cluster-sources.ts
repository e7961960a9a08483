import { BoundedCache } from '../../maps.ts'
import type { SpanSource } from '../../model/scan.ts'
import type { Asking } from '../../serve/api/answer.ts'
import type { BlockMeta } from '../../serve/blocks/meta.ts'
import { Refusal } from '../../serve/refusal.ts'
import type { Chain } from '../commits/chain.ts'
import type { State } from '../commits/state.ts'
import type { PartitionedLog } from '../log/log.ts'
import { missingOf } from './missing.ts'
import { OpenedFiles } from './opened.ts'
import { type PartitionRead, PartitionReader } from './partition.ts'
import { idOf, type Place, type Shelves } from './place.ts'

export interface SourcePlaces extends Shelves {
  readonly chain: Chain
  /** Says which partitions there are. */
  readonly log: Pick<PartitionedLog, 'partitionCount'>
}

export interface SourcesConfig {
  /** What is held of blocks and pieces takes no more than this. */
  readonly maxHeldBytes: number
  /** How old a state may be. */
  readonly maxStateMillis: number
  /** A live store that has not answered after so long does not answer. */
  readonly liveTimeoutMillis: number
  /** Refuses to answer where spans may be missing, and does not say so in the answer. */
  readonly failsOnLag: boolean
}

export const defaultSources: SourcesConfig = {
  maxHeldBytes: 512 * 2 ** 20,
  maxStateMillis: 1_000,
  liveTimeoutMillis: 5_000,
  failsOnLag: false,
}

/** Tenants, or several together, of which it is known which pieces they had. */
const maxTenants = 1_000

/** So often commits are read again for one question: each time there are new ones, and a gap is left all the same. */
const maxLooks = 5

/** Where the spans of tenants are, in the order in which they are asked. */
interface Found {
  readonly state: State
  readonly places: readonly Place[]
  readonly reads: readonly PartitionRead[]
}

/** The same, opened. */
export interface FoundSources {
  readonly places: readonly Place[]
  readonly sources: readonly SpanSource[]
  /** Which spans may be missing. */
  readonly missing: string | undefined
}

/** All spans of tenants: the blocks that count, and what live stores have beyond them. */
export class ClusterSources {
  readonly opened: OpenedFiles
  readonly #places: SourcePlaces
  readonly #config: SourcesConfig
  readonly #partitions: PartitionReader
  #partitionCount = 0
  #refreshing: Promise<State> | undefined
  #refreshedMillis = Number.NEGATIVE_INFINITY
  /** The last state whose blocks were looked for. */
  #lastState: State | undefined
  /** By tenants: the places that they had last beyond the blocks. */
  readonly #lastPieces = new BoundedCache<string[]>(maxTenants)

  constructor(places: SourcePlaces, config: SourcesConfig) {
    this.#places = places
    this.#config = config
    this.opened = new OpenedFiles(places, config.maxHeldBytes)
    this.#partitions = new PartitionReader(config.liveTimeoutMillis)
  }

  /** All spans of the tenants, of the newest state that is known to be at most a second old. */
  async find(tenants: readonly string[], asking: Asking): Promise<FoundSources> {
    const found = await this.#findWhole(tenants, asking)
    const { places, state, reads } = found
    const missing = missingOf(state, reads)
    if (missing !== undefined && this.#config.failsOnLag)
      throw new Refusal('unavailable', `${missing}; live_store.fail_on_high_lag forbids an answer without them`)
    const sources = await Promise.all(places.map(place => this.opened.source(place)))
    this.#forget(tenants, found)
    return { places, sources, missing }
  }

  /** Blocks may have been committed since the state was read, or read again, and live stores have let go of what is in them. */
  async #findWhole(tenants: readonly string[], asking: Asking): Promise<Found> {
    let found = await this.#find(tenants, asking, asking.isAgain)
    for (let look = 0; look < maxLooks && found.reads.some(({ isGap }) => isGap); look++) {
      const before = found.state
      found = await this.#find(tenants, asking, true)
      if (found.state === before) break
    }
    return found
  }

  async #find(tenants: readonly string[], { signal }: Asking, isForced: boolean): Promise<Found> {
    const [state, replicas] = await Promise.all([this.#refreshed(isForced), this.#places.live.replicas()])
    const numbers = [...state.ends.keys(), ...replicas.map(({ partition }) => partition)]
    const partitionCount = Math.max(this.#partitionCount, ...numbers.map(number => number + 1))
    const reads = await Promise.all(
      tenants.flatMap(tenant =>
        Array.from({ length: partitionCount }, (_, partition) => {
          const members = replicas.filter(replica => replica.partition === partition)
          const asked = { tenant, partition, committed: state.end(partition), signal }
          return this.#partitions.read(members, asked)
        }),
      ),
    )
    const blocks = tenants.flatMap(tenant => inTime(state.blocksOf(tenant)).map(blockPlace))
    return { state, reads, places: [...blocks, ...reads.flatMap(piecePlaces)] }
  }

  async #refreshed(isForced: boolean): Promise<State> {
    const { chain } = this.#places
    if (!isForced && performance.now() - this.#refreshedMillis < this.#config.maxStateMillis) return chain.state
    if (isForced) await this.#refreshing?.catch(() => {})
    const startMillis = performance.now()
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    const state = await this.#refreshing
    this.#refreshedMillis = startMillis
    return state
  }

  async #refresh(): Promise<State> {
    const { chain, log } = this.#places
    // Where the log is away, blocks and live stores are there still.
    const count = await log.partitionCount().catch(() => 0)
    this.#partitionCount = Math.max(this.#partitionCount, count)
    return chain.refresh()
  }

  /** Lets go of what counts no more: blocks that others replace, and pieces that are in others or in blocks. */
  #forget(tenants: readonly string[], { state, places }: Found): void {
    const last = this.#lastState
    this.#lastState = state
    if (last !== state) for (const id of last?.blocks.keys() ?? []) if (!state.blocks.has(id)) this.opened.forget(id)
    const pieces = new Set(places.map(idOf).filter(id => !state.blocks.has(id)))
    const before = this.#lastPieces.get(tenants.join('|'), () => [])
    for (const id of before) if (!pieces.has(id)) this.opened.forget(id)
    before.splice(0, before.length, ...pieces)
  }
}

/** The oldest first: sources keep their places as spans arrive. */
function inTime(metas: readonly BlockMeta[]): BlockMeta[] {
  return metas.toSorted((a, b) => compare(a.startTime, b.startTime) || compare(a.blockID, b.blockID))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Where a block is opened. */
export function blockPlace(meta: BlockMeta): Place {
  const { format, tenantID, blockID } = meta
  return { kind: 'block', tenantID, blockID, ...(format !== 'blockpack' && { tempo: meta }) }
}

function piecePlaces({ pieces }: PartitionRead): Place[] {
  return pieces.map(({ replica, piece }) => ({ kind: 'piece', address: replica.address, piece }))
}
