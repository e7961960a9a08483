import { bufferOf } from './buffer.ts'

const nothing = Buffer.alloc(0)

/** Reads a stream by bytes instead of chunks. What has come in and is not consumed is held. */
export class ChunkInput {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Buffer = nothing
  /** What follows it and has come in: of a chunk whose beginning was joined to what was held. */
  #rest: Buffer = nothing
  #offset = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  get held(): Buffer {
    return this.#held
  }

  /** The offset of the next byte. */
  get offset(): number {
    return this.#offset
  }

  /** Holds this many bytes, or all there are, and returns how many are held, if not more. */
  async fill(byteLength: number): Promise<number> {
    if (this.#held.length >= byteLength) return byteLength
    const parts = [this.#held]
    let held = this.#held.length
    while (held < byteLength) {
      const chunk = await this.#next()
      if (chunk === undefined) break
      // A chunk by itself is held as it is; of one that is joined to others no more is copied than is needed.
      const part = held === 0 && chunk.length >= byteLength ? chunk : chunk.subarray(0, byteLength - held)
      this.#rest = chunk.subarray(part.length)
      parts.push(part)
      held += part.length
    }
    this.#held = parts.length === 2 && this.#held.length === 0 ? parts[1]! : Buffer.concat(parts, held)
    return Math.min(held, byteLength)
  }

  /** What has come in but is not held, or the next chunk; undefined at the end. */
  async #next(): Promise<Buffer | undefined> {
    if (this.#rest.length > 0) return this.#rest
    const { done, value } = await this.#chunks.next()
    return done ? undefined : bufferOf(value)
  }

  /** The next bytes, which are held. */
  take(byteLength: number): Buffer {
    const bytes = this.#held.subarray(0, byteLength)
    this.#held = this.#held.subarray(byteLength)
    this.#offset += byteLength
    return bytes
  }

  /** What is held, or the next chunk; undefined at the end. */
  async takeChunk(): Promise<Buffer | undefined> {
    return (await this.fill(1)) === 0 ? undefined : this.take(this.#held.length)
  }

  /** Puts the end of what was taken last in front again. */
  putBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#held = this.#held.length === 0 ? bufferOf(bytes) : Buffer.concat([bytes, this.#held])
    this.#offset -= bytes.length
  }

  /** Consumes this many bytes, or all there are, and returns how many were missing. */
  async skip(byteLength: number): Promise<number> {
    let left = byteLength
    while (left > 0 && (await this.fill(1)) > 0) left -= this.take(Math.min(left, this.#held.length)).length
    return left
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
