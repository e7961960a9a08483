import { expect, test } from 'vitest'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import type { State } from '../../../../lib/cluster/commits/state.ts'
import type { WorkerConfig } from '../../../../lib/cluster/maintain/places.ts'
import { BackendWorker } from '../../../../lib/cluster/maintain/worker.ts'
import { keyOf } from '../../../../lib/serve/blocks/blocks.ts'
import { dataName } from '../../../../lib/serve/blocks/meta.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import type { BlobStore } from '../../../../lib/storage/store.ts'
import { drawsOf } from '../../../support/draws.ts'
import { isThorough } from '../../../support/effort.ts'
import { FaultyProcess, type ProcessFault } from '../../../support/faulty-process.ts'
import {
  buildBlock,
  countedSpans,
  hour,
  keysOf,
  never,
  StagedClock,
  tenantKeys,
  workerConfig,
} from '../../../support/worker-stage.ts'

const minute = 60_000
const spansPerBlock = 3

/** A builder or worker, which is started again when it was killed. */
interface Actor {
  readonly start: (store: BlobStore) => Promise<() => Promise<unknown>>
  /** True where nothing happens to it. */
  readonly isSteady: boolean
  process: FaultyProcess | undefined
  /** Undefined while it is idle. */
  running: Promise<void> | undefined
  step: (() => Promise<unknown>) | undefined
}

/** Builders and workers over one store, to whom anything may happen, and readers that look on. */
class Races {
  readonly store: BlobStore = memoryStore()
  readonly clock = new StagedClock()
  readonly #draw: () => number
  readonly #actors: Actor[]
  readonly #readers: { readonly state: State; readonly sinceMillis: number }[] = []
  readonly #config: WorkerConfig
  faultShare = 0.03
  readonly happened = { fail: 0, kill: 0, freeze: 0 }

  constructor(draw: () => number, retentionMillis: number) {
    this.#draw = draw
    this.#config = { ...workerConfig, compaction: { ...workerConfig.compaction, retentionMillis } }
    const builder = async (store: BlobStore) => {
      const chain = await Chain.open(store)
      return () => this.#build(store, chain)
    }
    const worker = async (store: BlobStore) => {
      const places = { store, chain: await Chain.open(store), warn: () => {} }
      const own = new BackendWorker(places, this.#config, this.clock)
      return () => own.pass(never)
    }
    // Without one that works for hours nothing would be deleted, and nobody could come too late.
    this.#actors = [builder, builder, builder, worker, worker, worker].map((start, i) => ({
      start,
      isSteady: i === 5,
      process: undefined,
      running: undefined,
      step: undefined,
    }))
  }

  #build(store: BlobStore, chain: Chain): Promise<boolean> {
    // Two for which builders race, and many of which one has each to itself, and may come late.
    const partition = Math.floor(this.#draw() < 0.5 ? this.#draw() * 2 : this.#draw() * 1_000)
    return buildBlock({ store, chain }, { partition, spanCount: spansPerBlock }, this.clock.millis)
  }

  #faultOf(): ProcessFault {
    if (this.#draw() >= this.faultShare) return 'none'
    const fault = (['fail', 'kill', 'freeze'] as const)[Math.floor(this.#draw() * 3)]!
    this.happened[fault]++
    return fault
  }

  /** Lets time pass, and everyone do something. */
  async turn(): Promise<void> {
    this.clock.millis += Math.floor(this.#draw() * 12 * minute)
    for (const actor of this.#actors) this.#go(actor)
    for (let i = Math.floor(this.#draw() * 60); i >= 0; i--) await new Promise(setImmediate)
    if (this.#draw() < 0.3)
      this.#readers.push({ state: (await Chain.open(this.store)).state, sinceMillis: this.clock.millis })
    await this.#checkReaders()
  }

  #go(actor: Actor): void {
    if (actor.process?.isDead) Object.assign(actor, { process: undefined, running: undefined, step: undefined })
    if (actor.process?.isFrozen && this.#draw() < 0.05) actor.process.thaw()
    if (actor.running !== undefined) return
    actor.process ??= new FaultyProcess(this.store, this.#draw, () => (actor.isSteady ? 'none' : this.#faultOf()))
    const { process } = actor
    actor.running = this.#step(actor, process)
      .catch(() => {})
      .finally(() => {
        if (actor.process === process) actor.running = undefined
      })
  }

  async #step(actor: Actor, process: FaultyProcess): Promise<void> {
    const step = actor.step ?? (await actor.start(process.store))
    if (actor.process === process) actor.step = step
    await step()
  }

  /** Whoever knows a state that is younger than the time for which blocks are kept finds all of them. */
  async #checkReaders(): Promise<void> {
    while (this.#readers.length > 0 && this.clock.millis - this.#readers[0]!.sinceMillis >= hour) this.#readers.shift()
    for (const { state } of this.#readers)
      for (const meta of state.blocks.values()) await (await this.store.open(keyOf(meta, dataName))).close()
  }

  /** Those that are frozen go on, and nothing happens to anybody any more. */
  async calm(): Promise<void> {
    this.faultShare = 0
    while (this.#actors.some(({ running, process }) => running !== undefined && process?.isDead === false)) {
      for (const { process } of this.#actors) process?.thaw()
      await new Promise(setImmediate)
    }
  }

  /** Until only what counts is there. */
  async settle(): Promise<void> {
    const worker = new BackendWorker(
      { store: this.store, chain: await Chain.open(this.store), warn: message => expect(message).toBe('') },
      this.#config,
      this.clock,
    )
    for (let i = 0; i < 4; i++) {
      while (await worker.pass(never));
      this.clock.millis += hour
    }
  }
}

const firstSeed = Number(process.env.SEED ?? 20261129)

/** What happens to builders and workers until nothing is left to do. */
async function race(seed: number, retentionMillis: number): Promise<Races> {
  const races = new Races(drawsOf(seed), retentionMillis)
  for (let i = 0; i < 150; i++) await races.turn()
  await races.calm()
  await races.settle()
  for (const count of Object.values(races.happened)) expect(count).toBeGreaterThan(3)
  return races
}

const seeds = Array.from({ length: isThorough ? 4 : 1 }, (_, i) => firstSeed + i)

test.each(seeds)(
  'whoever dies, freezes or loses an answer: each span counts once, readers miss nothing, nothing is left over (seed %i)',
  async seed => {
    const { store } = await race(seed, workerConfig.compaction.retentionMillis)
    const { state } = await Chain.open(store)
    const expected = [...state.ends].flatMap(([partition, end]) =>
      Array.from({ length: end }, (_, i) => partition * 1e6 + i + 1),
    )
    expect(expected.length).toBeGreaterThan(100)
    const counted = await countedSpans(store)
    expect([...counted.keys()].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b))
    expect([...counted.values()].every(count => count === 1)).toBe(true)
    expect((await tenantKeys(store)).sort()).toEqual(keysOf(state.blocks.values()))
  },
  60_000,
)

test.each(seeds)(
  'retention races with compaction and builders: readers miss nothing, and at last nothing is left (seed %i)',
  async seed => {
    const { store, clock } = await race(seed, 2 * hour)
    const { state } = await Chain.open(store)
    expect(clock.millis).toBeGreaterThan(Date.UTC(2026, 0, 1) + 10 * hour)
    expect(state.ends.size).toBeGreaterThan(10)
    expect([[...state.blocks.keys()], await tenantKeys(store)]).toEqual([[], []])
  },
  60_000,
)
