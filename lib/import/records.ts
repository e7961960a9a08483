import { type FileHandle, open } from 'node:fs/promises'
import { ByteWriter } from '../bytes/writer.ts'
import { LabError } from '../error.ts'
import { writeAll } from '../storage/in-place.ts'

const flushBytes = 1 << 18
/** Ordinal (6 bytes) and length (4 bytes) before each record. */
const headBytes = 10

/** A number that the caller gives it, and bytes. */
export interface StoredRecord {
  readonly ordinal: number
  readonly body: Buffer
}

/** Records on disk, written and then read in the order of the file. */
export class RecordFile {
  readonly #path: string
  readonly #waiting = new ByteWriter(1 << 16)
  #handle: FileHandle | undefined
  #byteLength = 0

  constructor(path: string) {
    this.#path = path
  }

  async add(ordinal: number, write: (writer: ByteWriter) => void): Promise<void> {
    const writer = this.#waiting
    const start = writer.reserve(headBytes)
    write(writer)
    writer.view().writeUIntLE(ordinal, start, 6)
    writer.view().writeUInt32LE(writer.length - start - headBytes, start + 6)
    if (writer.length > flushBytes) await this.flush()
  }

  async flush(): Promise<void> {
    this.#handle ??= await open(this.#path, 'w+')
    const bytes = this.#waiting.take()
    await writeAll(this.#path, this.#handle.fd, bytes, this.#byteLength)
    this.#byteLength += bytes.length
  }

  /** What was flushed, record by record, some of it in memory at a time. */
  async *records(): AsyncIterable<StoredRecord> {
    let held: Buffer = Buffer.alloc(0)
    let position = 0
    const take = async (byteLength: number) => {
      if (byteLength > held.length) {
        const wanted = Math.max(byteLength, flushBytes)
        held = await this.#read(position, Math.min(wanted, this.#byteLength - position))
      }
      const bytes = held.subarray(0, byteLength)
      held = held.subarray(byteLength)
      position += byteLength
      return bytes
    }
    while (position < this.#byteLength) {
      const head = await take(headBytes)
      yield { ordinal: head.readUIntLE(0, 6), body: await take(head.readUInt32LE(6)) }
    }
  }

  /** Forgets what was written. */
  clear(): void {
    this.#byteLength = 0
  }

  async #read(start: number, byteLength: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(byteLength)
    for (let filled = 0; filled < byteLength; ) {
      const { bytesRead } = await this.#handle!.read(bytes, filled, byteLength - filled, start + filled)
      if (bytesRead === 0) throw new LabError('truncated', `${this.#path}: ends at byte ${start + filled}`)
      filled += bytesRead
    }
    return bytes
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }
}

/** The items of sorted parts as one sorted sequence; of equal ones the earlier part's comes first. */
export async function* merge<T>(
  parts: readonly (AsyncIterable<T> | Iterable<T>)[],
  precedes: (a: T, b: T) => boolean,
): AsyncIterable<T> {
  const iterators = parts.map(part =>
    Symbol.asyncIterator in part ? part[Symbol.asyncIterator]() : part[Symbol.iterator](),
  )
  let heads: { item: T; next: () => IteratorResult<T> | Promise<IteratorResult<T>> }[] = []
  for (const iterator of iterators) {
    const first = await iterator.next()
    if (!first.done) heads.push({ item: first.value, next: () => iterator.next() })
  }
  while (heads.length > 0) {
    const first = heads.reduce((best, head) => (precedes(head.item, best.item) ? head : best))
    yield first.item
    const { done, value } = await first.next()
    if (done) heads = heads.filter(head => head !== first)
    else first.item = value
  }
}
