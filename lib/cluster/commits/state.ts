import { LabError } from '../../error.ts'
import type { BlockMeta } from '../../serve/blocks/meta.ts'
import type { Commit, LogSection, Snapshot } from './commit.ts'

/** What counts after a commit; it does not change. */
export class State {
  /** Of the last commit; 0 where there is none. */
  readonly number: number
  /** By partition the first offset that is not in blocks. */
  readonly ends: ReadonlyMap<number, number>
  /** By id. */
  readonly blocks: ReadonlyMap<string, BlockMeta>

  /** Ids of blocks that no commit may add. */
  readonly discarded: ReadonlySet<string>
  /** By partition when the last of its spans arrived that are in blocks, ISO 8601, where that is known. */
  readonly times: ReadonlyMap<number, string>

  private constructor(
    number: number,
    { ends, blocks, discarded, times }: Pick<State, 'ends' | 'blocks' | 'discarded' | 'times'>,
  ) {
    this.number = number
    this.ends = ends
    this.blocks = blocks
    this.discarded = discarded
    this.times = times
  }

  /** Before the first commit. */
  static readonly empty: State = State.of(0, { log: {}, blocks: [], discarded: [] })

  static of(number: number, { log, times = {}, blocks, discarded }: Snapshot): State {
    return new State(number, {
      ends: byPartition(log),
      times: byPartition(times),
      blocks: new Map(blocks.map(meta => [meta.blockID, meta])),
      discarded: new Set(discarded),
    })
  }

  /** The first offset of a partition that is not in blocks. */
  end(partition: number): number {
    return this.ends.get(partition) ?? 0
  }

  /** Those that have blocks. */
  tenants(): Set<string> {
    return new Set(Array.from(this.blocks.values(), ({ tenantID }) => tenantID))
  }

  blocksOf(tenant: string): BlockMeta[] {
    return [...this.blocks.values()].filter(({ tenantID }) => tenantID === tenant)
  }

  /** Why a commit cannot follow this state: what it builds on is not so, or no more. Undefined where it can. */
  conflict({ log, adds, removes, discards }: Commit): string | undefined {
    const problem = log.map(section => this.#sectionConflict(section)).find(found => found !== undefined)
    if (problem !== undefined) return problem
    const gone = removes.find(id => !this.blocks.has(id))
    if (gone !== undefined) return `block ${gone} does not count`
    const discarded = adds.find(({ blockID }) => this.discarded.has(blockID))
    if (discarded !== undefined) return `block ${discarded.blockID} is discarded`
    const known = [...adds.map(({ blockID }) => blockID), ...discards].find(id => this.blocks.has(id))
    return known && `block ${known} counts already`
  }

  #sectionConflict({ partition, start, end, lost }: LogSection): string | undefined {
    const before = this.end(partition)
    const first = lost === undefined ? start : lost[0]
    if (first !== before) return `partition ${partition} ends at ${before}, not at ${first}`
    if (lost !== undefined && !(lost[0] < lost[1] && lost[1] === start))
      return `partition ${partition}: what is lost, ${lost[0]} to ${lost[1]}, does not end at ${start}`
    return end >= start ? undefined : `partition ${partition}: ${start} to ${end}`
  }

  /** The state after a commit. Fails with `corrupt` where it cannot follow. */
  after(commit: Commit, key: string): State {
    const problem = this.conflict(commit)
    if (problem !== undefined) throw new LabError('corrupt', `${key}: ${problem} after commit ${this.number}`)
    const ends = new Map(this.ends)
    const times = new Map(this.times)
    const time = commit.adds
      .map(({ receivedTime }) => receivedTime)
      .sort()
      .at(-1)
    for (const { partition, end } of commit.log) {
      ends.set(partition, end)
      if (time !== undefined) times.set(partition, time)
    }
    const blocks = new Map(this.blocks)
    for (const id of commit.removes) blocks.delete(id)
    for (const meta of commit.adds) blocks.set(meta.blockID, meta)
    const discarded = commit.discards.length === 0 ? this.discarded : new Set([...this.discarded, ...commit.discards])
    return new State(this.number + 1, { ends, times, blocks, discarded })
  }

  snapshot(): Snapshot {
    return {
      log: Object.fromEntries(this.ends),
      times: Object.fromEntries(this.times),
      blocks: [...this.blocks.values()],
      discarded: [...this.discarded],
    }
  }
}

function byPartition<T>(entries: Readonly<Record<string, T>>): Map<number, T> {
  return new Map(Object.entries(entries).map(([partition, value]) => [Number(partition), value]))
}
