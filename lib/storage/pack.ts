import type { ByteSink, RangeReader } from '../bytes/range.ts'
import { LabError } from '../error.ts'
import { countWrites } from './counting.ts'
import type { BlobStore } from './store.ts'

/** Several objects in one file: one after the other, then their names and lengths as JSON, its length, and a magic. */

const magic = 0x4b50_4c54
const tailBytes = 8

type Lengths = readonly (readonly [name: string, byteLength: number])[]

/** Writes objects to a sink, in turn. One that fails makes the whole file worthless, so nothing is deleted from it. */
export class PackWriter implements Pick<BlobStore, 'put' | 'delete'> {
  readonly #sink: ByteSink
  readonly #lengths: [string, number][] = []

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  async put(name: string, write: (sink: ByteSink) => Promise<void>): Promise<'stored'> {
    const counting = countWrites(this.#sink)
    await write(counting)
    this.#lengths.push([name, counting.byteLength])
    return 'stored'
  }

  async delete(): Promise<void> {}

  async finish(): Promise<void> {
    const directory = Buffer.from(JSON.stringify(this.#lengths))
    const tail = Buffer.alloc(tailBytes)
    tail.writeUInt32LE(directory.length)
    tail.writeUInt32LE(magic, 4)
    await this.#sink.write(Buffer.concat([directory, tail]))
  }
}

/** True where a file ends as such a file does. */
export async function endsPack(file: RangeReader): Promise<boolean> {
  const [end] = await file.read([{ start: Math.max(0, file.byteLength - 4), end: file.byteLength }])
  return end!.length === 4 && Buffer.from(end!).readUInt32LE() === magic
}

/** The objects of such a file, by name. */
export async function openPack(file: RangeReader): Promise<ReadonlyMap<string, RangeReader>> {
  const lengths = await readLengths(file)
  const objects = new Map<string, RangeReader>()
  let at = 0
  for (const [name, byteLength] of lengths) {
    objects.set(name, partOf(file, at, byteLength))
    at += byteLength
  }
  return objects
}

async function readLengths(file: RangeReader): Promise<Lengths> {
  const end = file.byteLength - tailBytes
  const [tail] = end < 0 ? [] : await file.read([{ start: end, end: file.byteLength }])
  const view = tail && new DataView(tail.buffer, tail.byteOffset, tailBytes)
  if (view?.getUint32(4, true) !== magic)
    throw new LabError('truncated', `byte ${file.byteLength}: no directory of objects ends there`)
  const start = end - view.getUint32(0, true)
  const [bytes] = start < 0 ? [] : await file.read([{ start, end }])
  const lengths = bytes && parse(Buffer.from(bytes).toString())
  const sum = lengths?.reduce((total, [, byteLength]) => total + byteLength, 0)
  if (!lengths || sum !== start) throw new LabError('corrupt', `byte ${Math.max(0, start)}: no directory of objects`)
  return lengths
}

function parse(text: string): Lengths | undefined {
  try {
    const list: unknown = JSON.parse(text)
    const isEntry = (entry: unknown) =>
      Array.isArray(entry) && typeof entry[0] === 'string' && Number.isSafeInteger(entry[1]) && entry[1] >= 0
    return Array.isArray(list) && list.every(isEntry) ? (list as Lengths) : undefined
  } catch {
    return undefined
  }
}

function partOf(file: RangeReader, offset: number, byteLength: number): RangeReader {
  return {
    byteLength,
    read: ranges => file.read(ranges.map(({ start, end }) => ({ start: start + offset, end: end + offset }))),
  }
}
