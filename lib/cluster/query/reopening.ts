import type { Range, RangeReader } from '../../bytes/range.ts'
import type { BlobReader } from '../../storage/store.ts'

/** A file that can be let go of while it is read: what is read after that opens it anew, and closes it. */
export class ReopeningReader implements RangeReader {
  readonly byteLength: number
  readonly #open: () => Promise<BlobReader>
  readonly #file: BlobReader
  #readCount = 0
  #isReleased = false

  private constructor(open: () => Promise<BlobReader>, file: BlobReader) {
    this.#open = open
    this.#file = file
    this.byteLength = file.byteLength
  }

  static async open(open: () => Promise<BlobReader>): Promise<ReopeningReader> {
    return new ReopeningReader(open, await open())
  }

  async read(ranges: readonly Range[]): Promise<Uint8Array[]> {
    if (this.#isReleased) return readOnce(await this.#open(), ranges)
    this.#readCount++
    try {
      return await this.#file.read(ranges)
    } finally {
      this.#readCount--
      if (this.#isReleased && this.#readCount === 0) await this.#file.close()
    }
  }

  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    if (this.#readCount === 0) await this.#file.close()
  }
}

async function readOnce(file: BlobReader, ranges: readonly Range[]): Promise<Uint8Array[]> {
  try {
    return await file.read(ranges)
  } finally {
    await file.close()
  }
}
