import { randomInt } from 'node:crypto'
import { LabError, messageOf } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import { type BlobStore, putBytes, readIfThere } from '../../storage/store.ts'
import { entryKey, parseEntry, printEntry, type RingEntry, type RingMember, rolePrefix } from './entry.ts'

/** How often an instance says that it lives. */
export const beatMillis: number = 5_000
/** One whose beat stays the same for longer is gone, */
const goneMillis = 20_000
/** and its entry is removed after so long: if it was frozen, it writes another. */
const removeMillis = 3_600_000
/** What was read is good for so long, unless who asks says otherwise. */
const freshMillis = 1_000

/** An entry as this process has seen it. */
interface Seen {
  readonly entry: RingEntry
  /** When its beat was seen first, by the own clock. */
  readonly sinceMillis: number
}

/** The entries of a role as they were read last. */
interface RoleView {
  readonly seen: Map<string, Seen>
  /** Entries that cannot be read, and why. */
  readonly bad: Map<string, string>
  readMillis: number
  reading: Promise<void> | undefined
}

/** What ends an instance's entry. */
export interface Announced {
  /** Removes it. */
  end(): Promise<void>
}

/**
 * Who lives, by the objects that instances write into the store again and again. Who has not written for a while is gone,
 * by the clock of who reads: what clocks say is never compared.
 */
export class Ring {
  readonly #store: BlobStore
  readonly #warn: (message: string) => void
  readonly #now: () => number
  readonly #roles = new Map<string, RoleView>()

  /** `now` is the own clock, in milliseconds. */
  constructor(store: BlobStore, warn: (message: string) => void, now: () => number = () => performance.now()) {
    this.#store = store
    this.#warn = warn
    this.#now = now
  }

  /** Says that an instance lives until `end` is called; while the store cannot be written, goes on trying. */
  announce(member: RingMember): Announced {
    const key = entryKey(member)
    // One that starts again under its name must not begin with the beat that it ended with.
    let beat = randomInt(2 ** 32)
    let [isEnded, writing]: [boolean, Promise<unknown>] = [false, Promise.resolve()]
    let timer: NodeJS.Timeout | undefined
    const write = () => {
      writing = putBytes(this.#store, key, printEntry({ ...member, beat: beat++ }))
        .catch(error => this.#warn(`the ring: ${messageOf(error)}`))
        .finally(() => {
          if (!isEnded) timer = setTimeout(write, beatMillis)
        })
    }
    write()
    return {
      end: async () => {
        isEnded = true
        clearTimeout(timer)
        await writing
        await this.#remove(key)
      },
    }
  }

  /** Those of a role that live, by name, as they were so long ago at the most. */
  async members(role: string, maxAgeMillis = freshMillis): Promise<RingMember[]> {
    const view = getOrInsert(this.#roles, role, newView)
    if (this.#now() - view.readMillis >= maxAgeMillis) {
      view.reading ??= this.#read(role, view).finally(() => {
        view.reading = undefined
      })
      await view.reading
    }
    const living = [...view.seen.values()].filter(({ sinceMillis }) => this.#now() - sinceMillis < goneMillis)
    return living.map(({ entry: { beat: _, ...member } }) => member)
  }

  async #read(role: string, view: RoleView): Promise<void> {
    const keys: string[] = []
    for await (const { key } of this.#store.list(rolePrefix(role))) keys.push(key)
    const entries = await Promise.all(keys.map(key => this.#readEntry(key, view)))
    const before = new Map(view.seen)
    view.seen.clear()
    for (const [i, key] of keys.entries()) {
      const entry = entries[i]
      const old = before.get(key)
      if (entry === undefined) continue
      if (old?.entry.beat !== entry.beat) view.seen.set(key, { entry, sinceMillis: this.#now() })
      else if (this.#now() - old.sinceMillis < removeMillis) view.seen.set(key, old)
      else await this.#remove(key)
    }
    for (const key of view.bad.keys()) if (!keys.includes(key)) view.bad.delete(key)
    view.readMillis = this.#now()
  }

  /** Undefined for one that has been removed, or cannot be read, which is named once. */
  async #readEntry(key: string, { bad }: RoleView): Promise<RingEntry | undefined> {
    try {
      const bytes = await readIfThere(this.#store, key)
      const entry = bytes && parseEntry(bytes, key)
      if (entry) bad.delete(key)
      return entry
    } catch (error) {
      if (!(error instanceof LabError) || error.kind !== 'corrupt') throw error
      if (bad.get(key) !== error.message) this.#warn(`${error.message}: the instance is left out`)
      bad.set(key, error.message)
      return undefined
    }
  }

  async #remove(key: string): Promise<void> {
    await this.#store.delete(key).catch(error => this.#warn(`the ring: ${messageOf(error)}`))
  }
}

function newView(): RoleView {
  return { seen: new Map(), bad: new Map(), readMillis: Number.NEGATIVE_INFINITY, reading: undefined }
}
