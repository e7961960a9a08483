import { LabError } from '../../error.ts'
import { type BlobStore, putBytes, readObject } from '../../storage/store.ts'
import {
  type Commit,
  clusterPrefix,
  commitKey,
  numberOf,
  parseCommit,
  parseSnapshot,
  printCommit,
  printSnapshot,
  snapshotKey,
} from './commit.ts'
import { State } from './state.ts'

/** Commits since the last snapshot from which on another one is written. */
const commitsPerSnapshot = 100
/** Commits that are read at once. */
const readAtOnce = 16

/**
 * The chain of commits in an object store, as far as it was read. Any number of processes write to it at once: of those
 * who try the same number one succeeds.
 */
export class Chain {
  /** Called with each commit that is followed, in their order, before the state is that after it. */
  readonly followers: Set<(commit: Commit) => void> = new Set()
  readonly #store: BlobStore
  #state: State
  #snapshotNumber: number
  #reading: Promise<void> | undefined

  private constructor(store: BlobStore, state: State) {
    this.#store = store
    this.#state = state
    this.#snapshotNumber = state.number
  }

  /** Reads the chain to its end. */
  static async open(store: BlobStore): Promise<Chain> {
    let last: string | undefined
    for await (const { key } of store.list(`${clusterPrefix}/snapshot/`)) last = key
    const state = last === undefined ? State.empty : await readSnapshot(store, last)
    const chain = new Chain(store, state)
    await chain.refresh()
    return chain
  }

  /** After the last commit that was read. */
  get state(): State {
    return this.#state
  }

  /** Reads what others have committed, and returns the state after that. */
  async refresh(): Promise<State> {
    // What is being read may have begun before the caller's reason to ask.
    await this.#reading
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    await this.#reading
    return this.#state
  }

  async #read(): Promise<void> {
    const keys: string[] = []
    for await (const { key } of this.#store.list(`${clusterPrefix}/commit/`, commitKey(this.#state.number)))
      keys.push(key)
    for (let first = 0; first < keys.length; first += readAtOnce) {
      const some = keys.slice(first, first + readAtOnce)
      const contents = await Promise.all(some.map(key => readObject(this.#store, key)))
      for (const [i, key] of some.entries()) this.#follow(key, contents[i]!)
    }
  }

  #follow(key: string, content: Uint8Array): void {
    const number = numberOf(key)
    // Committed here while this was read.
    if (number <= this.#state.number) return
    if (number !== this.#state.number + 1)
      throw new LabError('corrupt', `${key}: commit ${this.#state.number + 1} is missing before it`)
    this.#enter(parseCommit(content, key), key)
  }

  #enter(commit: Commit, key: string): void {
    const state = this.#state.after(commit, key)
    for (const follow of this.followers) follow(commit)
    this.#state = state
  }

  /**
   * Commits a change as soon as no other one is before it. Returns undefined once it is committed, or why it cannot be any
   * more: others have committed what contradicts it.
   */
  async commit(change: Commit): Promise<string | undefined> {
    for (;;) {
      const base = this.#state
      const problem = base.conflict(change)
      if (problem !== undefined) return problem
      const key = commitKey(base.number + 1)
      const content = printCommit(change)
      const result = await putBytes(this.#store, key, content, { ifAbsent: true })
      // The answer to the first try of a request may be lost, and the second one finds what the first has stored.
      if (result === 'stored' || content.equals(await readObject(this.#store, key))) {
        // A refresh meanwhile may have read it already.
        if (this.#state.number === base.number) this.#enter(change, key)
        return undefined
      }
      await this.refresh()
    }
  }

  /** Writes a snapshot where many commits came since the last one. */
  async snapshot(): Promise<void> {
    const state = this.#state
    if (state.number - this.#snapshotNumber < commitsPerSnapshot) return
    await putBytes(this.#store, snapshotKey(state.number), printSnapshot(state.snapshot()), { ifAbsent: true })
    this.#snapshotNumber = state.number
  }
}

async function readSnapshot(store: BlobStore, key: string): Promise<State> {
  return State.of(numberOf(key), parseSnapshot(await readObject(store, key), key))
}
