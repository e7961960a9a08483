/** From this length on parts are copied into memory that grows in place. */
const minGrowingLength = 1 << 24

/** Joins bytes that come in parts, without holding a long result twice. */
export class Joined {
  readonly #maxByteLength: number
  #parts: Buffer[] = []
  #growing: ArrayBuffer | undefined
  byteLength = 0

  /** `maxByteLength` bounds what will be pushed in all. */
  constructor(maxByteLength: number) {
    this.#maxByteLength = maxByteLength
  }

  push(part: Buffer): void {
    this.#parts.push(part)
    this.byteLength += part.length
    if (this.#growing !== undefined || this.byteLength >= minGrowingLength) this.#grow()
  }

  /** All bytes: a view on the part if there is only one. */
  bytes(): Buffer {
    if (this.#growing !== undefined) return Buffer.from(this.#growing, 0, this.byteLength)
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.byteLength)
  }

  /** Address space is reserved for the largest length; memory is taken only as far as it is filled. */
  #grow(): void {
    this.#growing ??= new ArrayBuffer(0, { maxByteLength: this.#maxByteLength })
    let at = this.#growing.byteLength
    this.#growing.resize(this.byteLength)
    const bytes = new Uint8Array(this.#growing)
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
    this.#parts = []
  }
}
