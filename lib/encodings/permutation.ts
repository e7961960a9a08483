import { LabError } from '../error.ts'
import { getOrInsert } from '../maps.ts'
import type { RangeDecoder, RangeEncoder } from './entropy.ts'

/** The longest permutation: what a byte count could not vouch for is bounded by this. */
const maxLength = 1 << 16

/** Codes a permutation of 0 to n - 1 (n up to 65,536) at log2(n!) bits: its Lehmer code in mixed radix, without n. */
export function writePermutation(encoder: RangeEncoder, order: ArrayLike<number>): void {
  const length = checkLength(order.length)
  const left = remaining(length)
  for (let i = 0; i < length; i++) encoder.uniform(left.takeNumber(order[i]!), length - i)
}

/** The next permutation of 0 to `length - 1` of a stream. */
export function readPermutation(decoder: RangeDecoder, length: number): Uint32Array {
  const left = remaining(checkLength(length))
  const order = new Uint32Array(length)
  for (let i = 0; i < length; i++) order[i] = left.takeRank(decoder.uniform(length - i))
  return order
}

/** The places of a list's members in its set, which has the same; of equal members each takes the next. */
export function placesIn(set: readonly number[], list: readonly number[]): Uint32Array {
  const places = new Uint32Array(list.length)
  if (list.length > maxListed) {
    const byMember = new Map<number, number[]>()
    for (let place = set.length - 1; place >= 0; place--) getOrInsert(byMember, set[place]!, () => []).push(place)
    for (let i = 0; i < list.length; i++) places[i] = byMember.get(list[i]!)!.pop()!
    return places
  }
  const left = set.slice()
  for (let i = 0; i < list.length; i++) {
    const place = left.indexOf(list[i]!)
    left[place] = -1
    places[i] = place
  }
  return places
}

function checkLength(length: number): number {
  if (!(Number.isInteger(length) && length >= 0 && length <= maxLength))
    throw new LabError('corrupt', `permutation: of ${length} items, at most ${maxLength} are ordered`)
  return length
}

/** The numbers not taken yet, ascending. */
interface Numbers {
  /** Takes a number and returns how many smaller ones were left. */
  takeNumber(number: number): number
  /** Takes the number that has `rank` smaller ones left; there must be more than `rank`. */
  takeRank(rank: number): number
}

/** Of so many a list is faster than a tree. */
const maxListed = 32

function remaining(length: number): Numbers {
  return length > maxListed ? new RemainingTree(length) : new RemainingList(length)
}

class RemainingList implements Numbers {
  readonly #numbers: number[] = []

  constructor(length: number) {
    for (let number = 0; number < length; number++) this.#numbers.push(number)
  }

  takeNumber(number: number): number {
    const rank = this.#numbers.indexOf(number)
    if (rank < 0) throw outOfPlace(number)
    this.takeRank(rank)
    return rank
  }

  takeRank(rank: number): number {
    const numbers = this.#numbers
    const number = numbers[rank]!
    for (let i = rank; i + 1 < numbers.length; i++) numbers[i] = numbers[i + 1]!
    numbers.length--
    return number
  }
}

function outOfPlace(number: number): LabError {
  return new LabError('invalid', `permutation: ${number} is out of place`)
}

/** As a tree of counts (Fenwick, 1994): each take is O(log n). */
class RemainingTree implements Numbers {
  readonly #length: number
  readonly #counts: Uint32Array
  readonly #isTaken: Uint8Array

  constructor(length: number) {
    this.#length = length
    this.#isTaken = new Uint8Array(length)
    this.#counts = Uint32Array.from({ length: length + 1 }, (_, i) => i & -i)
  }

  takeNumber(number: number): number {
    if (!(number < this.#length) || this.#isTaken[number] !== 0) throw outOfPlace(number)
    let rank = 0
    for (let i = number; i > 0; i &= i - 1) rank += this.#counts[i]
    this.#remove(number)
    return rank
  }

  takeRank(rank: number): number {
    let at = 0
    let left = rank
    for (let step = 1 << (31 - Math.clz32(this.#length)); step > 0; step >>= 1) {
      const next = at + step
      if (next > this.#length || this.#counts[next] > left) continue
      at = next
      left -= this.#counts[next]
    }
    this.#remove(at)
    return at
  }

  #remove(number: number): void {
    this.#isTaken[number] = 1
    for (let i = number + 1; i <= this.#length; i += i & -i) this.#counts[i]--
  }
}
