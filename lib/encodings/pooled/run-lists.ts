import type { Fail } from '../counts.ts'
import type { PooledText, Run } from './text-pool.ts'

export type { Run }

import { textOf } from './texts.ts'

/** The bytes of a pool; `copy` is that of a Buffer. */
export interface PoolSource {
  readonly length: number
  copy(target: Buffer, targetStart: number, start: number, end: number): number
}

/** The texts of a column as numbers: two for each text, two for each run. */
export interface RunLists {
  /** By text: 0 where it keeps nothing of the text before, else 1 and the bytes that are dropped at the end of that. */
  readonly kept: Float64Array
  /** By text: the runs that follow. */
  readonly added: Float64Array
  /** By run: the furthest end of the column's runs so far, less the offset. */
  readonly steps: Float64Array
  /** By run. */
  readonly lengths: Float64Array
}

export function encodeRunLists(texts: readonly PooledText[]): RunLists {
  const runs = texts.flatMap(text => text.runs)
  let end = 0
  const steps = Float64Array.from(runs, ({ offset, length }) => {
    const step = end - offset
    end = Math.max(end, offset + length)
    return step
  })
  return {
    kept: Float64Array.from(texts, ({ dropped }) => (dropped === undefined ? 0 : dropped + 1)),
    added: Float64Array.from(texts, text => text.runs.length),
    steps,
    lengths: Float64Array.from(runs, run => run.length),
  }
}

/** Goes through the texts of a column; of each the runs are known when it is reached. */
export class RunListReader {
  readonly #lists: RunLists
  readonly #poolLength: number
  readonly #fail: Fail
  readonly #runs: Run[] = []
  #byteLength = 0
  #text = 0
  #added = 0
  #end = 0

  /** `lists` have as many steps and lengths as `added` adds up to. */
  constructor(lists: RunLists, poolLength: number, fail: Fail) {
    this.#lists = lists
    this.#poolLength = poolLength
    this.#fail = fail
  }

  /** The runs of the next text, valid until the one after it, and their bytes. */
  next(): { runs: readonly Run[]; byteLength: number } {
    const { kept, added } = this.#lists
    const dropped = kept[this.#text]! - 1
    this.#drop(dropped === -1 ? this.#byteLength : dropped)
    for (let left = added[this.#text]!; left > 0; left--) this.#add()
    this.#text++
    return { runs: this.#runs, byteLength: this.#byteLength }
  }

  #drop(byteLength: number): void {
    if (!(byteLength >= 0 && byteLength <= this.#byteLength))
      this.#fail(`text ${this.#text} drops ${byteLength} of ${this.#byteLength} bytes`)
    this.#byteLength -= byteLength
    for (let left = byteLength; left > 0; ) {
      const { offset, length } = this.#runs.pop()!
      if (length > left) this.#runs.push({ offset, length: length - left })
      left -= length
    }
  }

  #add(): void {
    const [step, length] = [this.#lists.steps[this.#added]!, this.#lists.lengths[this.#added]!]
    this.#added++
    const offset = this.#end - step
    if (!(length >= 1 && offset >= 0 && offset + length <= this.#poolLength))
      this.#fail(`text ${this.#text} has ${length} bytes from byte ${offset} of a pool of ${this.#poolLength}`)
    this.#end = Math.max(this.#end, offset + length)
    this.#runs.push({ offset, length })
    this.#byteLength += length
  }
}

/**
 * The texts of a column, made of the pool's bytes. `spend` is called with the bytes of each before memory is taken for
 * it. Where only some rows are wanted, the others are empty.
 */
export function gatherTexts(
  lists: RunListReader,
  pool: PoolSource,
  count: number,
  isBinary: boolean,
  spend: (byteLength: number) => void,
  wanted = { start: 0, count },
): string[] {
  return Array.from({ length: count }, (_, row) => {
    const { runs, byteLength } = lists.next()
    if (row < wanted.start || row >= wanted.start + wanted.count) return ''
    spend(byteLength)
    const bytes = Buffer.allocUnsafe(byteLength)
    let at = 0
    for (const { offset, length } of runs) at += pool.copy(bytes, at, offset, offset + length)
    return textOf(bytes, isBinary)
  })
}
