import { ByteWriter } from '../../bytes/writer.ts'

/** Bytes of a window: a repeat that has one in common with the pool, at a place that is sampled, is found. */
const windowLength = 96
/** Of the windows, those are looked at whose hash has these bits all 0: one of 32. */
const sampleMask = 31
const factor = 0x9e3779b1 | 0
/** What the first byte of a window counts in its hash. */
const firstFactor = powerOf(factor, windowLength - 1)
const minSlotBits = 16
/** Bytes that are compared by one call. */
const comparedAtOnce = 1 << 12

/** A stretch of the pool. */
export interface Run {
  readonly offset: number
  readonly length: number
}

/** A text: the beginning of the text before it, then the runs. */
export interface PooledText {
  /** Bytes of the text before that are left out at its end; undefined where all are. */
  readonly dropped: number | undefined
  readonly runs: readonly Run[]
}

/** Texts as runs of a pool of bytes, in which what repeats stands once (FORMAT.md of columnar, Pooled texts). */
export class TextPool {
  readonly #bytes = new ByteWriter(1 << 16)
  #view = this.#bytes.view()
  /** By hash of a window: where it is in the pool, plus 1; and the hash. */
  #slots = new Int32Array(1 << minSlotBits)
  #slotHashes = new Int32Array(1 << minSlotBits)
  #slotBits = minSlotBits
  #slotsUsed = 0
  /** Windows of the text at hand that the pool lacks: places and hashes. */
  readonly #places: number[] = []
  readonly #hashes: number[] = []

  /** Of all texts. */
  textBytes = 0
  runCount = 0
  /** The stretches that were added to the pool, in order, and whose they are. */
  readonly stretches: { offset: number; owner: number }[] = []

  get byteLength(): number {
    return this.#bytes.length
  }

  /** Forgets all texts. */
  clear(): void {
    this.#bytes.clear()
    this.#view = this.#bytes.view()
    this.#slots.fill(0)
    this.#slotsUsed = 0
    this.textBytes = 0
    this.runCount = 0
    this.stretches.length = 0
  }

  /** Valid until the next text. */
  view(): Buffer {
    return this.#view
  }

  /** Gives the runs of an owner's text that follows another; what the pool lacks of it is added to the pool. */
  add(text: Buffer, before: Buffer, owner: number): PooledText {
    if (this.stretches.at(-1)?.owner !== owner) this.stretches.push({ offset: this.#bytes.length, owner })
    const common = commonLength(text, 0, before, 0)
    const kept = common < windowLength ? 0 : common
    const runs: Run[] = []
    let [at, pending] = [kept, kept]
    let hash = hashAt(text, at)
    const last = text.length - windowLength
    while (at <= last) {
      for (; (hash & sampleMask) !== 0 && at < last; at++) hash = roll(hash, text[at]!, text[at + windowLength]!)
      if ((hash & sampleMask) !== 0) break
      const match = this.#look(text, at, hash, pending)
      if (match) {
        this.#addNew(text, pending, match.start, runs)
        runs.push({ offset: match.offset, length: match.end - match.start })
        at = match.end
        pending = at
        hash = hashAt(text, at)
      } else if (at === last) break
      else hash = roll(hash, text[at]!, text[at++ + windowLength]!)
    }
    this.#addNew(text, pending, text.length, runs)
    this.textBytes += text.length
    this.runCount += runs.length
    return { dropped: kept === 0 ? undefined : before.length - kept, runs }
  }

  /** The repeat that includes the window at `at`, extended both ways; a window that the pool lacks is noted. */
  #look(text: Buffer, at: number, hash: number, from: number) {
    const slot = this.#slots[slotOf(hash, this.#slotBits)]!
    const pool = this.#view
    const length = slot === 0 ? 0 : commonLength(text, at, pool, slot - 1)
    if (length < windowLength) {
      this.#places.push(at)
      this.#hashes.push(hash)
      return undefined
    }
    let [offset, start] = [slot - 1, at]
    for (; start > from && offset > 0 && text[start - 1] === pool[offset - 1]; start--) offset--
    return { offset, start, end: at + length }
  }

  /** Adds bytes to the pool, and to its index the windows that are whole in them. */
  #addNew(text: Buffer, start: number, end: number, runs: Run[]): void {
    const offset = this.#bytes.length
    if (start < end) {
      runs.push({ offset, length: end - start })
      this.#bytes.raw(text.subarray(start, end))
      this.#view = this.#bytes.view()
    }
    for (let i = 0; i < this.#places.length; i++)
      if (this.#places[i]! + windowLength <= end) this.#index(this.#hashes[i]!, offset + this.#places[i]! - start)
    this.#places.length = 0
    this.#hashes.length = 0
  }

  #index(hash: number, offset: number): void {
    if (this.#slotsUsed * 4 > this.#slots.length) this.#grow()
    const slot = slotOf(hash, this.#slotBits)
    if (this.#slots[slot] !== 0) return
    this.#slots[slot] = offset + 1
    this.#slotHashes[slot] = hash
    this.#slotsUsed++
  }

  #grow(): void {
    const [slots, hashes] = [this.#slots, this.#slotHashes]
    this.#slotBits += 2
    this.#slots = new Int32Array(1 << this.#slotBits)
    this.#slotHashes = new Int32Array(1 << this.#slotBits)
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === 0) continue
      const slot = slotOf(hashes[i]!, this.#slotBits)
      this.#slots[slot] = slots[i]!
      this.#slotHashes[slot] = hashes[i]!
    }
  }
}

/** How many bytes two texts have in common from two places on. */
function commonLength(a: Buffer, startA: number, b: Buffer, startB: number): number {
  const end = Math.min(a.length - startA, b.length - startB)
  let length = 0
  for (let next = windowLength; length < end; next = comparedAtOnce) {
    const to = Math.min(end, length + next)
    if (a.compare(b, startB + length, startB + to, startA + length, startA + to) !== 0) break
    length = to
  }
  while (length < end && a[startA + length] === b[startB + length]) length++
  return length
}

function hashAt(bytes: Buffer, at: number): number {
  let hash = 0
  const end = Math.min(bytes.length, at + windowLength)
  for (let i = at; i < end; i++) hash = (Math.imul(hash, factor) + bytes[i]!) | 0
  return hash
}

/** The hash of the window one byte on. */
function roll(hash: number, first: number, next: number): number {
  return (Math.imul((hash - Math.imul(first, firstFactor)) | 0, factor) + next) | 0
}

function slotOf(hash: number, bits: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> (32 - bits)
}

function powerOf(base: number, exponent: number): number {
  let power = 1
  for (let i = 0; i < exponent; i++) power = Math.imul(power, base)
  return power
}
