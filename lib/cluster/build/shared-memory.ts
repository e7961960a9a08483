import type { Gathered } from '../gathered.ts'

/** What a partition does next with what it has gathered. */
export type Next = 'read' | 'write' | 'wait'

/** The memory of what is gathered of all partitions together: where it is full, the largest becomes a block, the others wait. */
export class SharedMemory {
  readonly #maxBytes: number
  readonly #gathering = new Set<Gathered>()
  readonly #writing = new Set<Gathered>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What it takes now. */
  get byteLength(): number {
    return sumOf(this.#gathering) + sumOf(this.#writing)
  }

  /** What one partition may read at once, of records: rows of small ones take several times as much. */
  get readBytes(): number {
    return Math.max(1, Math.floor(this.#maxBytes / 16 / this.#gathering.size))
  }

  gather(gathered: Gathered): void {
    this.#gathering.add(gathered)
  }

  /** It becomes blocks, and no more comes to it. */
  write(gathered: Gathered): void {
    this.#gathering.delete(gathered)
    this.#writing.add(gathered)
  }

  end(gathered: Gathered): void {
    this.#gathering.delete(gathered)
    this.#writing.delete(gathered)
  }

  next(gathered: Gathered): Next {
    if (gathered.byteLength >= this.#maxBytes) return 'write'
    if (this.byteLength < this.#maxBytes) return 'read'
    const isLargest = [...this.#gathering].every(({ memoryBytes }) => memoryBytes <= gathered.memoryBytes)
    return isLargest && this.#writing.size === 0 ? 'write' : 'wait'
  }
}

function sumOf(all: Iterable<Gathered>): number {
  let sum = 0
  for (const { memoryBytes } of all) sum += memoryBytes
  return sum
}
