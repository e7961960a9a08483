import type { ByteSink, Range } from '../bytes/range.ts'
import type { MemoryFile } from '../bytes/read-steps.ts'
import { LabError } from '../error.ts'

/** Takes bytes and keeps them. */
export class MemorySink implements ByteSink {
  readonly #chunks: Uint8Array[] = []

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk)
  }

  /** All that was written. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

/** Reads ranges of bytes in memory, as views. */
export function openMemory(bytes: Uint8Array): MemoryFile {
  const readSync = (ranges: readonly Range[]) => ranges.map(range => bytes.subarray(...bounds(range, bytes.length)))
  return { byteLength: bytes.length, readSync, read: async ranges => readSync(ranges) }
}

/** Start and end of a range that must lie within `byteLength` bytes. */
export function bounds({ start, end }: Range, byteLength: number): [number, number] {
  if (!(start >= 0 && start <= end && end <= byteLength))
    throw new LabError('truncated', `bytes ${start} to ${end} are asked for, the file has ${byteLength}`)
  return [start, end]
}
