import { randomUUID } from 'node:crypto'
import { LabError, messageOf } from '../../error.ts'
import { keyOf, removeParts } from '../../serve/blocks/blocks.ts'
import { type BlockMeta, metaName, printMeta } from '../../serve/blocks/meta.ts'
import { type Encoding, writeBlock } from '../../serve/blocks/write.ts'
import { type BlobStore, putBytes } from '../../storage/store.ts'
import type { Chain } from '../commits/chain.ts'
import { type LogSection, poisonKey } from '../commits/commit.ts'
import { Gathered } from '../gathered.ts'
import { LogError, type PartitionedLog, partitionName } from '../log/log.ts'
import { pause } from '../pause.ts'
import { SharedMemory } from './shared-memory.ts'

/** How blocks are built; the comments name Tempo's keys. */
export interface BuilderConfig {
  readonly instance: string
  /** Those that this one builds, or all: `block_builder.assigned_partitions`. */
  readonly partitions?: readonly number[] | undefined
  /** A block has the records of so long at most: `block_builder.consume_cycle_duration`. */
  readonly cycleMillis: number
  /** Bytes of the records of a block, but for its last record: `block_builder.block.max_block_bytes`. */
  readonly maxBlockBytes?: number | undefined
  /**
   * Bytes of the records of a block, and the memory that spans of all partitions take together:
   * `block_builder.max_consuming_bytes`.
   */
  readonly maxBytes: number
  /** The group whose offsets tell tools how far builders are: `ingest.kafka.consumer_group`. */
  readonly group: string
  readonly encoding: Encoding
  /** Goes on where the log has dropped records that are in no block, and says so in the commit. */
  readonly acceptsLoss: boolean
}

export interface BuilderPlaces {
  readonly log: PartitionedLog
  readonly store: BlobStore
  readonly chain: Chain
  /** Whether a partition is this one's to build, so that builders do not all do the same work; it need not be certain. */
  owns?(partition: number): Promise<boolean>
  readonly warn: (message: string) => void
}

/** What a builder has done since it started. */
export class BuilderCounters {
  blocks = 0
  blockBytes = 0
  spans = 0
  /** Spans that came more than once. */
  repeatedSpans = 0
  records = 0
  bytes = 0
  poison = 0
  lost = 0
  /** Work that was dropped, as another builder was first. */
  overtaken = 0
  failures = 0
  readonly owned: Set<number> = new Set()
  /** Called with the seconds that a block took, by partition: with its records, and its making alone. */
  onBlock: (partition: number, cycleSeconds: number, writeSeconds: number) => void = () => {}
}

/** How much of a read is fetched at once. */
const readBytes = 8 * 2 ** 20
const waitMillis = 500
/** At the end of the log, what comes in so long is read at once: each request costs a broker 0.5 ms of CPU. */
const gatherMillis = 500
/** How often it is looked whether there is room again. */
const roomMillis = 20
const retryMillis = 1_000
/** A partition in which nothing comes is looked at anew after so long: another builder may have it. */
const idleMillis = 10_000
/** How often it is looked which partitions there are, and whose they are. */
const lookMillis = 2_000

/**
 * Makes blocks of the log, each offset once, whatever other builders do. It holds nothing: where its work ends at any
 * point, the next builder begins at the last commit.
 */
export class BlockBuilder {
  readonly counters: BuilderCounters = new BuilderCounters()
  readonly #places: BuilderPlaces
  readonly #config: BuilderConfig
  readonly #memory: SharedMemory

  constructor(places: BuilderPlaces, config: BuilderConfig) {
    this.#places = places
    this.#config = config
    this.#memory = new SharedMemory(config.maxBytes)
  }

  /** What the spans take that are in no block yet. */
  get heldBytes(): number {
    return this.#memory.byteLength
  }

  /**
   * Builds until it is aborted; what was begun then is dropped, and is in the log. Fails where it cannot go on: the log has
   * dropped records, or is another one.
   */
  async run(signal: AbortSignal): Promise<void> {
    const ending = new AbortController()
    const either = AbortSignal.any([signal, ending.signal])
    const loops = new Map<number, Promise<void>>()
    let failure: { readonly error: unknown } | undefined
    while (!either.aborted) {
      const partitions = await this.#partitions().catch(error => this.#failed('the log', error))
      for (const partition of partitions ?? [])
        if (!loops.has(partition))
          loops.set(
            partition,
            this.#follow(partition, either).catch(error => {
              failure ??= { error }
              ending.abort()
            }),
          )
      await pause(lookMillis, either)
    }
    await Promise.all(loops.values())
    if (failure) throw failure.error
  }

  async #partitions(): Promise<readonly number[]> {
    const count = await this.#places.log.partitionCount()
    const { partitions } = this.#config
    return partitions?.filter(partition => partition < count) ?? Array.from({ length: count }, (_, i) => i)
  }

  async #follow(partition: number, signal: AbortSignal): Promise<void> {
    const { owned } = this.counters
    while (!signal.aborted) {
      try {
        const isOwn = (await this.#places.owns?.(partition)) ?? true
        if (isOwn) owned.add(partition)
        else owned.delete(partition)
        if (isOwn) await this.build(partition, signal)
        else await pause(lookMillis, signal)
      } catch (error) {
        if (signal.aborted) return
        if (isFinal(error)) throw error
        this.#failed(this.#nameOf(partition), error)
        await pause(retryMillis, signal)
      }
    }
  }

  /** Makes blocks of what comes after the last commit of a partition, and commits them. */
  async build(partition: number, signal: AbortSignal): Promise<void> {
    const gathered = new Gathered()
    try {
      await this.#build(partition, gathered, signal)
    } finally {
      this.#memory.end(gathered)
    }
  }

  async #build(partition: number, gathered: Gathered, signal: AbortSignal): Promise<void> {
    const { chain } = this.#places
    const startMillis = performance.now()
    const committed = (await chain.refresh()).end(partition)
    const lost = await this.#lost(partition, committed)
    const start = lost?.[1] ?? committed
    this.#memory.gather(gathered)
    const end = await this.#gather(partition, start, gathered, signal)
    if (signal.aborted || end === committed) return
    this.#memory.write(gathered)
    const writeMillis = performance.now()
    await this.#setAside(partition, gathered)
    const section: LogSection = { partition, start, end, poison: gathered.poison.map(({ offset }) => offset), lost }
    const adds = await this.#write(gathered)
    const change = { writer: this.#config.instance, log: [section], adds, removes: [], discards: [] }
    if ((await chain.commit(change)) !== undefined) return this.#drop(adds)
    const now = performance.now()
    this.#count(gathered, adds, section)
    this.counters.onBlock(partition, (now - startMillis) / 1e3, (now - writeMillis) / 1e3)
    await this.#complete(partition, adds, end)
  }

  /** Offsets that the log has dropped before they were in blocks. */
  async #lost(partition: number, committed: number): Promise<[number, number] | undefined> {
    const first = await this.#places.log.first(partition)
    if (first <= committed) return undefined
    if (this.#config.acceptsLoss) return [committed, first]
    throw new LogError(
      'out of range',
      `${this.#nameOf(partition)}: it begins at ${first}, and blocks end at ${committed}: retention has removed` +
        ` ${first - committed} records that are in no block; --accept-lost-records goes on without them`,
    )
  }

  /** Reads records from an offset on, until they are enough for a block, or old enough; gives where they end. */
  async #gather(partition: number, start: number, gathered: Gathered, signal: AbortSignal): Promise<number> {
    const { cycleMillis, maxBlockBytes = Number.POSITIVE_INFINITY } = this.#config
    let end = start
    const startMillis = performance.now()
    let sinceMillis: number | undefined
    const isDue = () => sinceMillis !== undefined && performance.now() - sinceMillis >= cycleMillis
    while (!signal.aborted && !isDue() && gathered.byteLength < maxBlockBytes) {
      const whatNext = this.#memory.next(gathered)
      if (whatNext === 'write') break
      if (whatNext === 'wait') {
        await pause(roomMillis, signal)
        continue
      }
      const left = sinceMillis === undefined ? waitMillis : sinceMillis + cycleMillis - performance.now()
      const wait = Math.max(1, Math.min(waitMillis, Math.ceil(left)))
      const bytes = Math.min(readBytes, this.#memory.readBytes, maxBlockBytes - gathered.byteLength)
      const read = await this.#places.log.read(partition, end, bytes, wait).catch(async error => {
        if (!(error instanceof LogError) || error.reason !== 'out of range') throw error
        // What has been read goes into a block before it is looked at what retention took behind it.
        if (end > start || (await this.#places.log.first(partition)) > end) return undefined
        throw error
      })
      if (read === undefined) break
      const { records, next } = read
      for (const record of records) {
        gathered.add(record)
        // Requests of others have their turn.
        await new Promise(setImmediate)
      }
      if (next > end) sinceMillis ??= performance.now()
      end = next
      if (sinceMillis === undefined) {
        if (performance.now() - startMillis > idleMillis) break
      } else if (next >= read.end)
        await pause(Math.max(0, Math.min(gatherMillis, sinceMillis + cycleMillis - performance.now())), signal)
    }
    return end
  }

  async #setAside(partition: number, { poison }: Gathered): Promise<void> {
    for (const { offset, value, reason } of poison) {
      await putBytes(this.#places.store, poisonKey(partition, offset), value, { ifAbsent: true })
      this.#places.warn(`${this.#nameOf(partition)}, offset ${offset}: is set aside: ${reason}`)
    }
  }

  async #write({ parts }: Gathered): Promise<BlockMeta[]> {
    const metas: BlockMeta[] = []
    for (const [tenantID, part] of parts) {
      const view = await part.view()
      if (view.groups.order.length === 0) continue
      const place = { tenantID, blockID: randomUUID() }
      metas.push(await writeBlock(this.#places.store, view, place, part.lastArrivalMillis, this.#config.encoding))
    }
    return metas
  }

  /** Removes what another builder has made as well. */
  async #drop(metas: readonly BlockMeta[]): Promise<void> {
    this.counters.overtaken++
    const { chain, store } = this.#places
    for (const meta of metas) if (!chain.state.blocks.has(meta.blockID)) await removeParts(store, meta)
  }

  #count(gathered: Gathered, metas: readonly BlockMeta[], { start, lost }: LogSection): void {
    const { counters } = this
    const spanCount = metas.reduce((sum, { totalSpans }) => sum + totalSpans, 0)
    counters.blocks += metas.length
    counters.blockBytes += metas.reduce((sum, { size }) => sum + size, 0)
    counters.spans += spanCount
    counters.repeatedSpans += gathered.spanCount - spanCount
    counters.records += gathered.recordCount
    counters.bytes += gathered.byteLength
    counters.poison += gathered.poison.length
    if (lost) counters.lost += start - lost[0]
  }

  /** What is good to have after a commit: where it fails, backend workers do it, or the next commit. */
  async #complete(partition: number, metas: readonly BlockMeta[], end: number): Promise<void> {
    const { store, log } = this.#places
    const puts = metas.map(meta => putBytes(store, keyOf(meta, metaName), printMeta(meta)))
    log.hint(this.#config.group, partition, end).catch(() => {})
    await Promise.all(puts).catch(error => this.#failed('meta.json', error))
  }

  #failed(subject: string, error: unknown): undefined {
    this.counters.failures++
    const message = messageOf(error)
    this.#places.warn(message.startsWith(subject) ? message : `${subject}: ${message}`)
  }

  #nameOf(partition: number): string {
    return partitionName(this.#places.log.identity.topic, partition)
  }
}

/** Whether trying again cannot help, and going on would lose what nobody has looked at. */
function isFinal(error: unknown): boolean {
  if (error instanceof LogError) return error.reason === 'foreign' || error.reason === 'out of range'
  return error instanceof LabError && error.kind === 'corrupt'
}
