import { LabError } from '../../lib/error.ts'
import type { BlobStore } from '../../lib/storage/store.ts'

/** What happens to an operation of a process; the last two before it is done, or after. */
export type ProcessFault = 'none' | 'fail' | 'kill' | 'freeze'

/**
 * One process among several that use a store: its operations may fail, before they are done or so that only the answer is
 * lost; it may be killed in one; or freeze in one, and go on later as if nothing were.
 */
export class FaultyProcess {
  readonly store: BlobStore
  readonly #draw: () => number
  readonly #faultOf: (operation: string) => ProcessFault
  readonly #frozen: (() => void)[] = []
  isDead = false

  constructor(store: BlobStore, draw: () => number, faultOf: (operation: string) => ProcessFault) {
    this.#draw = draw
    this.#faultOf = faultOf
    this.store = {
      open: key =>
        this.#do(`open ${key}`, async () => {
          const file = await store.open(key)
          return { ...file, read: ranges => this.#do(`read ${key}`, () => file.read(ranges)) }
        }),
      put: (key, write, when) => this.#do(`put ${key}`, () => store.put(key, write, when)),
      delete: key => this.#do(`delete ${key}`, () => store.delete(key)),
      list: (prefix, after) => this.#list(store, prefix, after),
    }
  }

  get isFrozen(): boolean {
    return this.#frozen.length > 0
  }

  /** A process that was frozen goes on. */
  thaw(): void {
    for (const goOn of this.#frozen.splice(0)) goOn()
  }

  async *#list(store: BlobStore, prefix: string, after?: string) {
    await this.#do(`list ${prefix}`, async () => {})
    yield* store.list(prefix, after)
  }

  async #do<T>(name: string, work: () => Promise<T>): Promise<T> {
    await this.#wait()
    const fault = this.#faultOf(name)
    const isBefore = this.#draw() < 0.5
    if (fault === 'none') return work()
    if (isBefore) await this.#fault(fault, name)
    const result = await work()
    if (!isBefore) await this.#fault(fault, name)
    return result
  }

  async #fault(fault: ProcessFault, name: string): Promise<void> {
    if (fault === 'freeze') {
      const thawed = new Promise<void>(resolve => this.#frozen.push(resolve))
      return thawed
    }
    if (fault === 'kill') this.isDead = true
    await this.#wait()
    throw new LabError('missing', `${name}: no answer`)
  }

  /** While it is frozen, nothing of it goes on; when it is dead, nothing ever. */
  async #wait(): Promise<void> {
    if (this.isDead) return new Promise(() => {})
    if (this.isFrozen) {
      await new Promise<void>(resolve => this.#frozen.push(resolve))
      return this.#wait()
    }
  }
}
