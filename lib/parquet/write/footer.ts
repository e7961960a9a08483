import { ByteWriter } from '../../bytes/writer.ts'
import type { GroupNode, LeafNode, ListNode, Meaning, Node } from '../schema.ts'
import { type WrittenChunk, writeStatistics } from './chunk.ts'
import { codecIds, convertedIds, encodingIds, pageTypes, repetitionIds, typeIds } from './ids.ts'
import { ThriftWriter } from './thrift.ts'

/** Where an index stands. */
export interface IndexPlace {
  readonly offset: number
  readonly byteLength: number
}

export interface WrittenRowGroup {
  readonly rowCount: number
  readonly chunks: readonly WrittenChunk[]
  /** By chunk. */
  readonly columnIndexes: readonly (IndexPlace | undefined)[]
  readonly offsetIndexes: readonly IndexPlace[]
}

const createdBy = 'trace-storage-lab'
/** Of the bounds of pages. */
const unordered = 0

export function printFooter(root: GroupNode, rowGroups: readonly WrittenRowGroup[]): Buffer {
  const out = new ByteWriter(1 << 14)
  const thrift = new ThriftWriter(out)
  const elements = elementsOf(root, undefined)
  const leaves = elements.filter(({ node }) => node?.kind === 'leaf')
  thrift.root(() => {
    thrift.i32(1, 2)
    thrift.structs(2, elements, element => writeElement(thrift, element))
    thrift.i64(
      3,
      rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0),
    )
    thrift.structs(4, rowGroups, group => writeRowGroup(thrift, group))
    thrift.text(6, createdBy)
    // All columns are ordered as their types say; without this, readers do not trust bounds.
    thrift.structs(7, leaves, () => thrift.struct(1, () => {}))
  })
  return out.take()
}

/** The least and greatest values of the pages; undefined where some values have no order. */
export function printColumnIndex({ pages }: WrittenChunk): Buffer | undefined {
  if (pages.some(({ valueCount, statistics }) => valueCount > 0 && statistics.bounds === undefined)) return undefined
  const bounds = (which: 0 | 1) => pages.map(({ statistics }) => statistics.bounds?.[which] ?? Buffer.alloc(0))
  return print(thrift => {
    thrift.bools(
      1,
      pages.map(({ valueCount }) => valueCount === 0),
    )
    thrift.binaries(2, bounds(0))
    thrift.binaries(3, bounds(1))
    thrift.i32(4, unordered)
    thrift.i64s(
      5,
      pages.map(({ statistics }) => statistics.nullCount),
    )
  })
}

export function printOffsetIndex({ pages }: WrittenChunk): Buffer {
  return print(thrift =>
    thrift.structs(1, pages, ({ offset, byteLength, firstRow }) => {
      thrift.i64(1, offset)
      thrift.i32(2, byteLength)
      thrift.i64(3, firstRow)
    }),
  )
}

function print(write: (thrift: ThriftWriter) => void): Buffer {
  const out = new ByteWriter(256)
  const thrift = new ThriftWriter(out)
  thrift.root(() => write(thrift))
  return out.take()
}

/** A node of the schema as the footer lists it. */
interface Element {
  readonly name: string
  /** Undefined of the root. */
  readonly repetition: number | undefined
  readonly childCount: number
  readonly meaning?: Meaning | 'map' | 'list' | undefined
  /** Of a leaf, and the root. */
  readonly node?: Node
}

/** Each node before its children. */
function elementsOf(node: Node, repetition: number | undefined): Element[] {
  if (node.kind === 'leaf') return [leafElement(node, repetition)]
  if (node.kind === 'group') {
    const { name, children } = node
    const inner = children.flatMap(child => elementsOf(child, ownRepetition(child)))
    return [{ name, repetition, childCount: children.length }, ...inner]
  }
  return listElements(node)
}

function listElements({ kind, name, element }: ListNode): Element[] {
  if (kind === 'repeated') return elementsOf(element, repetitionIds.repeated)
  const outer = { name, repetition: repetitionIds.required, childCount: 1, meaning: kind }
  if (kind === 'map') return [outer, ...elementsOf(element, repetitionIds.repeated)]
  const list = { name: 'list', repetition: repetitionIds.repeated, childCount: 1 }
  return [outer, list, ...elementsOf(element, repetitionIds.required)]
}

function ownRepetition(node: Node): number {
  return node.kind === 'leaf' && node.isOptional ? repetitionIds.optional : repetitionIds.required
}

function leafElement(node: LeafNode, repetition: number | undefined): Element {
  return { name: node.name, repetition, childCount: 0, meaning: node.meaning, node }
}

function writeElement(thrift: ThriftWriter, { name, repetition, childCount, meaning, node }: Element): void {
  if (node?.kind === 'leaf') {
    thrift.i32(1, typeIds[node.type])
    if (node.byteLength !== undefined) thrift.i32(2, node.byteLength)
  }
  if (repetition !== undefined) thrift.i32(3, repetition)
  thrift.text(4, name)
  if (childCount > 0) thrift.i32(5, childCount)
  if (meaning === undefined) return
  const converted = convertedIds[meaning]
  if (converted !== undefined) thrift.i32(6, converted)
  thrift.struct(10, () => writeMeaning(thrift, meaning))
}

const bitWidths: Partial<Record<string, number>> = { int32: 32, uint32: 32, int64: 64, uint64: 64 }
const plainMeanings: Partial<Record<string, number>> = { string: 1, map: 2, list: 3, json: 12 }

/** In the newer terms: a union, of which one field is there. */
function writeMeaning(thrift: ThriftWriter, meaning: Meaning | 'map' | 'list'): void {
  const plain = plainMeanings[meaning]
  if (plain !== undefined) thrift.struct(plain, () => {})
  else if (meaning === 'nanos')
    thrift.struct(8, () => {
      // Told as adjusted to UTC, DuckDB keeps microseconds alone.
      thrift.bool(1, false)
      thrift.struct(2, () => thrift.struct(3, () => {}))
    })
  else
    thrift.struct(10, () => {
      thrift.i8(1, bitWidths[meaning]!)
      thrift.bool(2, !meaning.startsWith('u'))
    })
}

function writeRowGroup(thrift: ThriftWriter, group: WrittenRowGroup): void {
  const { chunks, rowCount } = group
  const sum = (lengthOf: (chunk: WrittenChunk) => number) => chunks.reduce((total, chunk) => total + lengthOf(chunk), 0)
  thrift.structs(1, [...chunks.keys()], i => writeChunk(thrift, group, i))
  thrift.i64(
    2,
    sum(({ rawLength }) => rawLength),
  )
  thrift.i64(3, rowCount)
  thrift.i64(5, firstByteOf(chunks[0]!))
  thrift.i64(
    6,
    sum(({ storedLength }) => storedLength),
  )
}

function firstByteOf({ dictionaryOffset, pages }: WrittenChunk): number {
  return dictionaryOffset ?? pages[0]!.offset
}

function writeChunk(thrift: ThriftWriter, { chunks, columnIndexes, offsetIndexes }: WrittenRowGroup, i: number): void {
  const [chunk, columnIndex, offsetIndex] = [chunks[i]!, columnIndexes[i], offsetIndexes[i]!]
  thrift.i64(2, firstByteOf(chunk))
  thrift.struct(3, () => writeColumnMetadata(thrift, chunk))
  thrift.i64(4, offsetIndex.offset)
  thrift.i32(5, offsetIndex.byteLength)
  if (columnIndex === undefined) return
  thrift.i64(6, columnIndex.offset)
  thrift.i32(7, columnIndex.byteLength)
}

function writeColumnMetadata(thrift: ThriftWriter, chunk: WrittenChunk): void {
  const { column, pages, dictionaryOffset } = chunk
  const { leaf, path, maxRepetition, maxDefinition } = column
  const isCoded = dictionaryOffset !== undefined
  thrift.i32(1, typeIds[leaf.type])
  const levels = maxRepetition + maxDefinition > 0 ? [encodingIds.RLE] : []
  thrift.i32s(2, [...(isCoded ? [encodingIds.PLAIN] : []), ...levels, encodingIds[chunk.encoding]])
  thrift.binaries(
    3,
    path.map(name => Buffer.from(name)),
  )
  thrift.i32(4, codecIds[leaf.codec])
  thrift.i64(5, chunk.entryCount)
  thrift.i64(6, chunk.rawLength)
  thrift.i64(7, chunk.storedLength)
  thrift.i64(9, pages[0]!.offset)
  if (isCoded) thrift.i64(11, dictionaryOffset)
  thrift.struct(12, () => writeStatistics(thrift, chunk.statistics))
  const dictionary = { type: pageTypes.dictionary, encoding: encodingIds.PLAIN, count: 1 }
  const data = { type: pageTypes.data, encoding: encodingIds[chunk.encoding], count: pages.length }
  thrift.structs(13, isCoded ? [dictionary, data] : [data], ({ type, encoding, count }) => {
    thrift.i32(1, type)
    thrift.i32(2, encoding)
    thrift.i32(3, count)
  })
  thrift.struct(16, () => {
    thrift.i64s(2, chunk.repetitions)
    thrift.i64s(3, chunk.definitions)
  })
}
