import { LabError } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import { type ChunkContent, joinBytes, readChunk, textsOf, type Values } from './chunk.ts'
import { checkClaims } from './claims.ts'
import type { Chunk } from './footer.ts'
import type { Leaf } from './leaves.ts'
import { type ChunkPlace, countOf, type DataPage } from './pages.ts'

/** How many entries, rows and values there are, and what places them. */
interface Levels {
  readonly entryCount: number
  readonly rowCount: number
  readonly valueCount: number
  repetitions(): Uint8Array
  definitions(): Uint8Array
}

/** A column of a row group: an entry a value or absence, with the levels that place it (Dremel). */
export class Column {
  readonly leaf: Leaf
  readonly values: Values
  readonly entryCount: number
  /** Of values that are there. */
  readonly valueCount: number
  readonly rowCount: number
  readonly #levels: Levels
  readonly #starts = new Map<number, Uint32Array>()
  #texts: readonly string[] | undefined
  #places: Int32Array | undefined
  #repetitions: Uint8Array | undefined
  #definitions: Uint8Array | undefined

  constructor(leaf: Leaf, values: Values, levels: Levels) {
    this.leaf = leaf
    this.values = values
    this.#levels = levels
    this.entryCount = levels.entryCount
    this.rowCount = levels.rowCount
    this.valueCount = levels.valueCount
  }

  /** Decodes all pages of a chunk; levels when they are asked for. They are held against what the footer says. */
  static read(bytes: Uint8Array, leaf: Leaf, chunk: Chunk): Column {
    const content = readChunk(bytes, leaf, chunk)
    checkClaims(leaf, content.pages, chunk)
    return Column.#of(leaf, content)
  }

  /** Decodes some pages of a chunk, with the dictionary before them. */
  static readPart(bytes: Uint8Array, leaf: Leaf, place: ChunkPlace): Column {
    return Column.#of(leaf, readChunk(bytes, leaf, place))
  }

  static #of(leaf: Leaf, { pages, values }: ChunkContent): Column {
    const sum = (of: (page: DataPage) => number) => pages.reduce((total, page) => total + of(page), 0)
    return new Column(leaf, values, {
      entryCount: sum(page => page.entryCount),
      rowCount: sum(page => page.rowCount),
      valueCount: sum(page => page.valueCount),
      repetitions: () => joinBytes(pages.map(page => page.repetitions())),
      definitions: () => joinBytes(pages.map(page => page.definitions())),
    })
  }

  /** Some rows of it, as a column of its own. */
  slice(firstRow: number, endRow: number): Column {
    const { depths, maxDefinition } = this.leaf
    const rows = depths.length === 0 ? undefined : this.repetitions
    const [start, end] = rows ? [entryOfRow(rows, firstRow), entryOfRow(rows, endRow)] : [firstRow, endRow]
    const definitions = maxDefinition === 0 ? new Uint8Array(this.entryCount) : this.definitions
    const valueStart = countOf(definitions.subarray(0, start), maxDefinition)
    const own = definitions.subarray(start, end)
    const valueCount = countOf(own, maxDefinition)
    return new Column(this.leaf, sliceValues(this.values, valueStart, valueStart + valueCount), {
      entryCount: end - start,
      rowCount: endRow - firstRow,
      valueCount,
      repetitions: () => rows?.subarray(start, end) ?? new Uint8Array(end - start),
      definitions: () => own,
    })
  }

  get repetitions(): Uint8Array {
    this.#repetitions ??= this.#readRepetitions()
    return this.#repetitions
  }

  #readRepetitions(): Uint8Array {
    const levels = this.#levels.repetitions()
    const found = countOf(levels, 0)
    if (found !== this.rowCount) this.fail(`${found} rows begin, the pages say ${this.rowCount}`)
    return levels.length === 0 || levels[0] === 0 ? levels : this.fail('begins within a row')
  }

  get definitions(): Uint8Array {
    this.#definitions ??= this.#readDefinitions()
    return this.#definitions
  }

  #readDefinitions(): Uint8Array {
    const levels = this.#levels.definitions()
    const found = countOf(levels, this.leaf.maxDefinition)
    return found === this.valueCount ? levels : this.fail(`${found} values, the pages say ${this.valueCount}`)
  }

  /** How many elements of a repeated field there are: of the `depth`-th on the way, 0 being rows. */
  elementCount(depth: number): number {
    return depth === 0 ? this.rowCount : this.starts(depth).at(-1)!
  }

  /** By element of the field above, the first element of the `depth`-th repeated field, and their number at the end. */
  starts(depth: number): Uint32Array {
    return getOrInsert(this.#starts, depth, () => findStarts(this, depth))
  }

  /** By element of its innermost repeated field (rows, where it has none) the place of its value, -1 where absent. */
  get places(): Int32Array {
    this.#places ??= this.#findPlaces()
    return this.#places
  }

  #findPlaces(): Int32Array {
    if (this.valueCount === this.entryCount) return countUp(this.entryCount)
    const { depths, maxDefinition } = this.leaf
    const own = depths.at(-1) ?? 0
    const { definitions } = this
    const places = new Int32Array(definitions.length)
    let [count, next] = [0, 0]
    for (let i = 0; i < places.length; i++) {
      const definition = definitions[i]!
      if (definition >= own) places[count++] = definition === maxDefinition ? next++ : -1
    }
    return places.subarray(0, count)
  }

  /** The strings of the entries. */
  get texts(): readonly string[] {
    this.#texts ??= textsOf(this.bytes.entries, this.leaf)
    return this.#texts
  }

  get bytes(): Values & { type: 'BYTE_ARRAY' } {
    return this.values.type === 'BYTE_ARRAY' ? this.values : this.fail('holds no strings')
  }

  fail(message: string): never {
    throw new LabError('corrupt', `${this.leaf.name}: ${message}`)
  }
}

/** Where a row begins; behind the last one, the number of entries. */
function entryOfRow(repetitions: Uint8Array, row: number): number {
  let found = -1
  for (let i = 0; i < repetitions.length; i++) if (repetitions[i] === 0 && ++found === row) return i
  return repetitions.length
}

function sliceValues(values: Values, start: number, end: number): Values {
  if (values.type === 'BYTE_ARRAY') return { ...values, codes: values.codes.subarray(start, end) }
  return { ...values, numbers: values.numbers.subarray(start, end) } as Values
}

function findStarts({ leaf, repetitions, definitions }: Column, depth: number): Uint32Array {
  const [above, own] = [leaf.depths[depth - 2] ?? 0, leaf.depths[depth - 1]!]
  const starts = new Uint32Array(repetitions.length + 1)
  let [parents, children] = [0, 0]
  for (let i = 0; i < repetitions.length; i++) {
    if (repetitions[i]! < depth && definitions[i]! >= above) starts[parents++] = children
    if (repetitions[i]! <= depth && definitions[i]! >= own) children++
  }
  starts[parents] = children
  return starts.subarray(0, parents + 1)
}

function countUp(count: number): Int32Array {
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
}
