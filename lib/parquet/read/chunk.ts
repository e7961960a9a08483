import type { ByteReader } from '../../bytes/reader.ts'
import { LabError } from '../../error.ts'
import { ByteEntries } from './byte-entries.ts'
import type { Leaf } from './leaves.ts'
import { type ChunkPlace, type DataPage, type DictionaryPage, readPages } from './pages.ts'
import { readBooleans, readByteArrays, readCodes, readDoubles, readInt32s, readInt64s } from './values.ts'

/** The values of a column that are there, by Parquet's type. */
export type Values =
  | { readonly type: 'BYTE_ARRAY'; readonly codes: Uint32Array; readonly entries: ByteEntries }
  | { readonly type: 'INT64'; readonly numbers: BigInt64Array }
  | { readonly type: 'INT32'; readonly numbers: Int32Array }
  | { readonly type: 'DOUBLE'; readonly numbers: Float64Array }
  | { readonly type: 'BOOLEAN'; readonly numbers: Uint8Array }

/** The pages of a column chunk, and the values of all. */
export interface ChunkContent {
  readonly pages: readonly DataPage[]
  readonly values: Values
}

/** Decodes all pages of which `bytes` are; the levels of a page when they are asked for. */
export function readChunk(bytes: Uint8Array, leaf: Leaf, place: ChunkPlace): ChunkContent {
  const pages: DataPage[] = []
  const gatherer = gathererOf(leaf)
  let left = place.valueCount
  for (const page of readPages(bytes, leaf, place)) {
    if ('dictionary' in page) {
      gatherer.dictionary(page.dictionary)
      continue
    }
    left -= page.data.entryCount
    if (left < 0)
      throw new LabError('corrupt', `${leaf.name}: holds over ${place.valueCount} values, as the footer says`)
    pages.push(page.data)
    gatherer.add(page.data)
  }
  return { pages, values: gatherer.finish() }
}

/** Takes pages in turn and joins their values. */
interface Gatherer {
  dictionary(page: DictionaryPage): void
  add(page: DataPage): void
  finish(): Values
}

function gathererOf({ name, type, byteLength }: Leaf): Gatherer {
  switch (type) {
    case 'BYTE_ARRAY':
      return new CodedGatherer(undefined)
    case 'FIXED_LEN_BYTE_ARRAY':
      return new CodedGatherer(byteLength ?? 0)
    case 'INT64':
      return numbers(readInt64s, parts => ({ type, numbers: new BigInt64Array(joinBuffers(parts)) }))
    case 'INT32':
      return numbers(readInt32s, parts => ({ type, numbers: new Int32Array(joinBuffers(parts)) }))
    case 'DOUBLE':
      return numbers(readDoubles, parts => ({ type, numbers: new Float64Array(joinBuffers(parts)) }))
    case 'BOOLEAN':
      return numbers(readBooleans, parts => ({ type, numbers: new Uint8Array(joinBuffers(parts)) }))
    default:
      throw new LabError('unsupported', `${name}: values of the type ${type}`)
  }
}

function numbers<T extends ArrayBufferView>(
  read: (reader: DataPage['values'], encoding: string, count: number) => T,
  join: (parts: readonly T[]) => Values,
): Gatherer {
  const parts: T[] = []
  return {
    dictionary: ({ values }) => values.fail('unsupported', 'a dictionary of numbers'),
    add: ({ values, encoding, valueCount }) => {
      if (valueCount > 0) parts.push(wholly(values, () => read(values, encoding, valueCount)))
    },
    finish: () => join(parts),
  }
}

/** Pages of codes share the preceding dictionary; the values of other pages become entries of their own. */
class CodedGatherer implements Gatherer {
  readonly #byteLength: number | undefined
  readonly #entries: ByteEntries[] = []
  readonly #codes: Uint32Array[] = []
  #entryCount = 0
  #dictionaryLength: number | undefined

  constructor(byteLength: number | undefined) {
    this.#byteLength = byteLength
  }

  dictionary({ values, encoding, valueCount }: DictionaryPage): void {
    if (this.#dictionaryLength !== undefined || this.#codes.length > 0) values.fail('corrupt', 'a second dictionary')
    this.#take(wholly(values, () => readByteArrays(values, encoding, valueCount, this.#byteLength)))
    this.#dictionaryLength = valueCount
  }

  add({ values, encoding, valueCount }: DataPage): void {
    if (valueCount === 0) return
    if (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') {
      this.#codes.push(wholly(values, () => readCodes(values, valueCount, this.#dictionaryLength ?? 0)))
      return
    }
    const first = this.#take(wholly(values, () => readByteArrays(values, encoding, valueCount, this.#byteLength)))
    const codes = new Uint32Array(valueCount)
    for (let i = 0; i < valueCount; i++) codes[i] = first + i
    this.#codes.push(codes)
  }

  /** The number of the first of the entries. */
  #take(entries: ByteEntries): number {
    const first = this.#entryCount
    this.#entries.push(entries)
    this.#entryCount += entries.count
    return first
  }

  finish(): Values {
    const codes = this.#codes.length === 1 ? this.#codes[0]! : new Uint32Array(joinBuffers(this.#codes))
    return { type: 'BYTE_ARRAY', codes, entries: ByteEntries.join(this.#entries) }
  }
}

/** What `read` makes of all bytes that there are: some left over would be values that are lost. */
function wholly<T>(values: ByteReader, read: () => T): T {
  const found = read()
  values.end()
  return found
}

/** The strings of the dictionary that a chunk begins with, of which `bytes` hold all. */
export function readDictionary(bytes: Uint8Array, leaf: Leaf, place: ChunkPlace): readonly string[] {
  for (const page of readPages(bytes, leaf, place))
    if ('dictionary' in page) {
      const { values, encoding, valueCount } = page.dictionary
      const entries = wholly(values, () => readByteArrays(values, encoding, valueCount))
      return textsOf(entries, leaf)
    }
  throw new LabError('corrupt', `${leaf.name}: no dictionary stands at byte ${place.start}`)
}

/** The strings of all entries. */
export function textsOf(entries: ByteEntries, { name }: Leaf): string[] {
  return Array.from({ length: entries.count }, (_, entry) => {
    const text = entries.text(entry)
    if (text === undefined) throw new LabError('corrupt', `${name}: a string is not UTF-8`)
    return text
  })
}

/** The bytes of several, one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : new Uint8Array(joinBuffers(parts))
}

/** The bytes of arrays, one after the other, copied. */
function joinBuffers(parts: readonly ArrayBufferView[]): ArrayBuffer {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    joined.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at)
    at += part.byteLength
  }
  return joined.buffer
}
