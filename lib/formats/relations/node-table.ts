import { Dictionary } from '../../encodings/dictionary.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { maxBlockItems, maxBlockSpans } from './limits.ts'
import { readLists, writeLists } from './lists.ts'
import { fieldCode, type Node, type NodeTable } from './nodes.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readReferences, Uses, writeReferences } from './references.ts'
import type { ColumnName, Shape } from './shape.ts'
import { specials } from './special.ts'
import { readTexts, writeTexts } from './texts.ts'
import { columnTypes } from './types.ts'

const part = 'tables'

/** A node as it is read: numbers that say what it is, and for each field its column and how its value is given. */
export interface StoredNode {
  readonly head: readonly number[]
  /** The index of the shape, and its columns. */
  readonly shape: number
  readonly columns: Uint32Array
  readonly codes: Uint32Array
}

export interface StoredNodes {
  readonly columns: readonly ColumnName[]
  readonly nodes: readonly StoredNode[]
}

/** Writes the columns, the shapes and the nodes, those in the order given. The first number of a head is its name. */
export function writeNodes(
  body: BodyWriter,
  table: NodeTable,
  nodes: readonly Node[],
  constantPlaces: readonly number[],
): void {
  body.number(nodes.length)
  if (nodes.length === 0) return
  writeColumns(body, table.shapes.columns)
  writeShapes(body, nodes)
  for (const field of nodes[0]!.head.keys()) {
    const numbers = nodes.map(({ head }) => head[field]!)
    writeNumbers(body, part, numbers)
  }
  const first = fieldCode.firstConstant
  const placeOf = (code: number) => (code < first ? code : first + constantPlaces[code - first]!)
  const places = nodes.flatMap(({ codes }) => codes.map(placeOf))
  writeNumbers(body, part, places)
}

/** Reads nodes whose heads have one number below each of the limits. */
export function readNodes(body: BodyReader, limits: readonly HeadLimit[], constantCount: number): StoredNodes {
  const count = body.number(maxBlockItems)
  if (count === 0) return { columns: [], nodes: [] }
  const columns = readColumns(body)
  const { places, shapes } = readShapes(body, count, columns.length)
  const heads = limits.map(limit => readHeads(body, count, limit))
  const total = places.reduce((sum, place) => sum + shapes[place]!.length, 0)
  if (total > maxBlockItems) body.fail(`nodes of ${total} fields`)
  const codes = Uint32Array.from(readNumbers(body, part, total), code =>
    code >= 0 && code < fieldCode.firstConstant + constantCount ? code : body.fail(`constant ${code} of a field`),
  )
  let start = 0
  const nodes = Array.from(places, (place, i) => {
    const shape = shapes[place]!
    start += shape.length
    return {
      head: heads.map(head => head[i]!),
      shape: place,
      columns: shape,
      codes: codes.subarray(start - shape.length, start),
    }
  })
  return { columns, nodes }
}

/** The numbers that one position of a head may have: `[min, max]`. */
export type HeadLimit = readonly [number, number]

function readHeads(body: BodyReader, count: number, [min, max]: HeadLimit): Float64Array {
  const values = readNumbers(body, part, count)
  for (const value of values) if (!(value >= min && value <= max)) body.fail(`a node's number ${value}`)
  return values
}

function writeColumns(body: BodyWriter, columns: readonly ColumnName[]): void {
  body.number(columns.length)
  const kindOf = ({ key, type }: ColumnName) =>
    typeof key === 'number' ? key : specials.length + columnTypes.names.indexOf(type)
  const kinds = columns.map(kindOf)
  const keys = columns.map(({ key }) => key).filter(key => typeof key === 'string')
  writeNumbers(body, part, kinds)
  writeTexts(body, part, keys)
}

function readColumns(body: BodyReader): ColumnName[] {
  const count = body.number(maxBlockItems)
  const kinds = readNumbers(body, part, count)
  const names = columnTypes.names
  let keyCount = 0
  for (const kind of kinds) {
    if (!(kind >= 0 && kind < specials.length + names.length)) body.fail(`a column of kind ${kind}`)
    if (kind >= specials.length) keyCount++
  }
  const keys = readTexts(body, part, keyCount)
  let next = 0
  return Array.from(kinds, kind =>
    kind < specials.length
      ? { key: kind, type: specials[kind]!.type }
      : { key: keys[next++]!, type: names[kind - specials.length]! },
  )
}

function writeShapes(body: BodyWriter, nodes: readonly Node[]): void {
  const shapes = new Dictionary<Shape>()
  const uses = new Uses()
  for (const { shape } of nodes) uses.add(shapes.code(shape))
  writeReferences(body, part, uses, (to, order) => {
    const lists = order.map(place => shapes.values[place]!.columns)
    writeLists(to, part, lists)
  })
}

function readShapes(
  body: BodyReader,
  count: number,
  columnCount: number,
): { places: Uint32Array; shapes: Uint32Array[] } {
  const { places, length } = readReferences(body, part, count)
  return { places, shapes: readLists(body, part, length, columnCount, maxBlockItems) }
}

/** Writes distinct lists of nodes: of the events (or links) of a span. */
export function writeNodeLists(body: BodyWriter, lists: readonly string[], ranks: readonly number[]): void {
  body.number(lists.length)
  const ranked = lists.map(list => (list === '' ? [] : list.split(',').map(id => ranks[Number(id)]!)))
  writeLists(body, part, ranked)
}

export function readNodeLists(body: BodyReader, nodeCount: number): Uint32Array[] {
  return readLists(body, part, body.number(maxBlockSpans), nodeCount, maxBlockItems)
}
