import { floats, words } from './arena.ts'

/** The array with room for more: twice as much, or `capacity`. */
export function grown<A extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  array: A,
  capacity: number = 2 * array.length,
): A {
  const larger = new (array.constructor as new (length: number) => A)(capacity)
  larger.set(array)
  return larger
}

/** A list of numbers in a typed array that grows, in the arena that work is done in, if there is one. */
export class Growing<A extends Float64Array | Uint32Array> {
  length = 0
  #array: A

  /** `empty` says of which type. */
  constructor(empty: A) {
    this.#array = empty
  }

  push(value: number): void {
    if (this.length === this.#array.length) this.#grow(this.length + 1)
    this.#array[this.length++] = value
  }

  pushAll(values: A): void {
    const start = this.length
    if (start + values.length > this.#array.length) this.#grow(start + values.length)
    this.#array.set(values, start)
    this.length += values.length
  }

  at(index: number): number {
    return this.#array[index]!
  }

  set(index: number, value: number): void {
    this.#array[index] = value
  }

  /** Adds this many zeros and returns the position of the first. */
  extend(count: number): number {
    const start = this.reserve(count)
    this.#array.fill(0, start, this.length)
    return start
  }

  /** Adds this many numbers, still to be written, and returns the position of the first. */
  reserve(count: number): number {
    const start = this.length
    if (start + count > this.#array.length) this.#grow(start + count)
    this.length += count
    return start
  }

  /** What it is in, until more is added: for loops that write or read many numbers. */
  get array(): A {
    return this.#array
  }

  /** Takes away what was added beyond a length. */
  truncate(length: number): void {
    this.length = length
  }

  /** What was added so far, without a copy; valid until more is. */
  view(): A {
    return this.#array.subarray(0, this.length) as A
  }

  #grow(needed: number): void {
    const capacity = Math.max(16, needed, this.#array.length * 2)
    const larger = this.#array instanceof Float64Array ? floats(capacity) : words(capacity)
    larger.set(this.#array)
    this.#array = larger as A
  }
}

export function growingCodes(): Growing<Uint32Array> {
  return new Growing(new Uint32Array(0))
}

export function growingNumbers(): Growing<Float64Array> {
  return new Growing(new Float64Array(0))
}
