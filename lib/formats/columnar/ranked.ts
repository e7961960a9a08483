import { BitModels, RangeDecoder, RangeEncoder } from '../../encodings/entropy.ts'
import { TreeModels } from '../../encodings/entropy-symbols.ts'
import { LabError } from '../../error.ts'
import { mix } from './contexts.ts'
import { symbolBitsOf } from './modelled.ts'

/** What a value of a column is predicted from: what is known of its row, and values of the column before it. */
export interface Context {
  /** By row: a hash of what is known. */
  readonly known: Uint32Array
  /** How many values before it in its group count, 0 to 3, or `wholeHistory`. */
  readonly history: number
  /** True where most contexts occur once: 16 bits more of the hash say whether a slot is of this one. */
  readonly isChecked?: boolean | undefined
}

/** All values before it in its group. */
export const wholeHistory = 4

const maxRun = 15
const states = maxRun + 1
/** A guess that held this often survives a miss. */
const steadyRun = 3
const missRateLimit = 8

/**
 * Codes by ranking (after P. Fenwick's symbol ranking, 1997): each context, from the most to the least specific, guesses
 * the code that it saw last; a bit says whether it is right, and its probability depends on how often the context has
 * been right. So what follows from the context costs next to nothing from its second time on. Where all guesses fail,
 * the code is a symbol of its own.
 */
class Ranking {
  readonly slots: Int32Array
  readonly #contexts: readonly Context[]
  readonly #groups: Uint32Array | undefined
  readonly #guesses: Int32Array[]
  readonly #runs: Uint8Array[]
  /** By checked context and slot: the hash bits of what it holds. */
  readonly #marks: (Uint16Array | undefined)[]
  readonly #hashes: Uint32Array
  readonly #shift: number
  #group = -1
  #last = 0
  #second = 0
  #third = 0
  #whole = 0

  constructor(rowCount: number, contexts: readonly Context[], groups: Uint32Array | undefined) {
    const slotBits = Math.min(16, Math.max(6, 34 - Math.clz32(rowCount)))
    this.#shift = 32 - slotBits
    this.#contexts = contexts
    this.#groups = groups
    this.#guesses = contexts.map(() => new Int32Array(1 << slotBits).fill(-1))
    this.#runs = contexts.map(() => new Uint8Array(1 << slotBits))
    this.#marks = contexts.map(({ isChecked }) => (isChecked ? new Uint16Array(1 << slotBits) : undefined))
    this.slots = new Int32Array(contexts.length)
    this.#hashes = new Uint32Array(contexts.length)
  }

  /** Finds the slot of each context at this row. */
  locate(row: number): void {
    if (this.#groups !== undefined && this.#groups[row] !== this.#group) {
      this.#group = this.#groups[row]!
      this.#last = this.#second = this.#third = this.#whole = 0
    }
    for (let i = 0; i < this.slots.length; i++) {
      const { known, history } = this.#contexts[i]!
      let hash = known[row]!
      if (history === wholeHistory) hash = mix(hash, this.#whole)
      else {
        if (history > 0) hash = mix(hash, this.#last)
        if (history > 1) hash = mix(hash, this.#second)
        if (history > 2) hash = mix(hash, this.#third)
      }
      this.#hashes[i] = hash
      this.slots[i] = Math.imul(hash, 0x9e3779b1) >>> this.#shift
    }
  }

  /** The guess of a context, or -1. */
  guess(context: number): number {
    const slot = this.slots[context]!
    const marks = this.#marks[context]
    return marks === undefined || marks[slot] === (this.#hashes[context]! & 0xffff)
      ? this.#guesses[context]![slot]!
      : -1
  }

  /** The model of the bit that says whether a context's guess is right. */
  state(context: number): number {
    return context * states + this.#runs[context]![this.slots[context]!]!
  }

  /** Lets all contexts learn the code. */
  learn(code: number): void {
    for (let i = 0; i < this.slots.length; i++) {
      const slot = this.slots[i]!
      const runs = this.#runs[i]!
      const run = runs[slot]!
      const marks = this.#marks[i]
      if (marks !== undefined && marks[slot] !== (this.#hashes[i]! & 0xffff)) {
        marks[slot] = this.#hashes[i]!
        this.#guesses[i]![slot] = code
        runs[slot] = 0
      } else if (this.#guesses[i]![slot] === code) runs[slot] = run < maxRun ? run + 1 : run
      else if (run >= steadyRun) runs[slot] = run >> 2
      else {
        this.#guesses[i]![slot] = code
        runs[slot] = 0
      }
    }
    this.#third = this.#second
    this.#second = this.#last
    this.#last = code + 1
    this.#whole = mix(this.#whole, this.#last)
  }
}

/** Codes below `size` in order, by ranking under `contexts`; the history begins anew with each group. */
export function encodeRanked(
  codes: Uint32Array,
  size: number,
  contexts: readonly Context[],
  groups: Uint32Array | undefined,
): Buffer {
  const encoder = new RangeEncoder(codes.length >> 2)
  const hits = new BitModels(contexts.length * states, missRateLimit)
  const misses = new TreeModels(1, symbolBitsOf(size), missRateLimit)
  const ranking = new Ranking(codes.length, contexts, groups)
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!
    ranking.locate(row)
    let isHit = false
    let failed = -1
    for (let i = 0; i < contexts.length && !isHit; i++) {
      const guess = ranking.guess(i)
      if (guess < 0 || guess === failed) continue
      isHit = guess === code
      encoder.bit(hits, ranking.state(i), isHit ? 1 : 0)
      failed = guess
    }
    if (!isHit) misses.encode(encoder, 0, code)
    ranking.learn(code)
  }
  return encoder.finish()
}

/** The inverse of `encodeRanked`. */
export function decodeRanked(
  bytes: Uint8Array,
  count: number,
  size: number,
  contexts: readonly Context[],
  groups: Uint32Array | undefined,
): Uint32Array {
  const decoder = new RangeDecoder(bytes)
  decoder.checkCount(count)
  const hits = new BitModels(contexts.length * states, missRateLimit)
  const misses = new TreeModels(1, symbolBitsOf(size), missRateLimit)
  const ranking = new Ranking(count, contexts, groups)
  const codes = new Uint32Array(count)
  for (let row = 0; row < count; row++) {
    ranking.locate(row)
    let code = -1
    let failed = -1
    for (let i = 0; i < contexts.length && code < 0; i++) {
      const guess = ranking.guess(i)
      if (guess < 0 || guess === failed) continue
      if (decoder.bit(hits, ranking.state(i)) === 1) code = guess
      failed = guess
    }
    if (code < 0) {
      code = misses.decode(decoder, 0)
      if (code >= size) throw new LabError('corrupt', `row ${row}: code ${code} of a dictionary of ${size}`)
    }
    codes[row] = code
    ranking.learn(code)
  }
  decoder.end()
  return codes
}
