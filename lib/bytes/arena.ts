/**
 * Memory for typed arrays that are made and given up together, over and over: what decoding a batch takes. To allocate,
 * clear and collect tens of kilobytes for every column took 15 to 20 % of the CPU of a scan.
 */

const minChunkBytes = 1 << 18
/** Arenas that wait for the next use: a worker has as many batches open at a time. */
const maxIdle = 16

export class Arena {
  readonly #chunks: ArrayBuffer[] = []
  /** The chunk in use, and its bytes that are taken. */
  #chunk = 0
  #taken = 0

  /** Where `byteLength` bytes are free, at a multiple of 8. */
  take(byteLength: number): { buffer: ArrayBuffer; start: number } {
    for (; this.#chunk < this.#chunks.length; this.#chunk++, this.#taken = 0) {
      const buffer = this.#chunks[this.#chunk]!
      const start = this.#taken
      if (start + byteLength > buffer.byteLength) continue
      this.#taken = start + Math.ceil(byteLength / 8) * 8
      return { buffer, start }
    }
    this.#chunks.push(new ArrayBuffer(Math.max(minChunkBytes, Math.ceil(byteLength / 8) * 8)))
    return this.take(byteLength)
  }

  /** Takes back all that it gave. */
  clear(): void {
    this.#chunk = 0
    this.#taken = 0
  }
}

const idle: Arena[] = []

/** An arena that nobody uses. */
export function borrowArena(): Arena {
  return idle.pop() ?? new Arena()
}

/** Ends the use of an arena: what was allocated in it must not be read any more. */
export function returnArena(arena: Arena): void {
  arena.clear()
  if (idle.length < maxIdle) idle.push(arena)
}

let current: Arena | undefined

/** Does work, which is not asynchronous, that allocates in an arena. */
export function allocatingIn<T>(arena: Arena | undefined, work: () => T): T {
  const before = current
  current = arena
  try {
    return work()
  } finally {
    current = before
  }
}

/** Numbers that are still to be written: what they are is not known. */
export function floats(count: number): Float64Array {
  if (current === undefined) return new Float64Array(count)
  const { buffer, start } = current.take(count * 8)
  return new Float64Array(buffer, start, count)
}

/** The numbers as doubles. */
export function floatsOf(numbers: ArrayLike<number>): Float64Array {
  const copy = floats(numbers.length)
  for (let i = 0; i < copy.length; i++) copy[i] = numbers[i]!
  return copy
}

/** Bytes that are still to be written. */
export function bytesToFill(byteLength: number): Buffer {
  if (current === undefined) return Buffer.allocUnsafe(byteLength)
  const { buffer, start } = current.take(byteLength)
  return Buffer.from(buffer, start, byteLength)
}

export function words(count: number): Uint32Array {
  if (current === undefined) return new Uint32Array(count)
  const { buffer, start } = current.take(count * 4)
  return new Uint32Array(buffer, start, count)
}

export function ints(count: number): Int32Array {
  const { buffer, byteOffset } = words(count)
  return new Int32Array(buffer, byteOffset, count)
}

/** 0, 1, 2 and so on. */
export function countUp(count: number): Uint32Array {
  const numbers = words(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
}
