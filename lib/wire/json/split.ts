import type { Located } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import { strictUnits, type Units } from '../../model/units.ts'
import { ChunkCursor } from './chunk-cursor.ts'
import { JsonReader } from './reader.ts'

/** What documents look like that are mostly one long array. */
export interface DocumentShape {
  /** The names of the array: of two in one document, the first that has items counts. */
  arrays: readonly string[]
  /** Arrays of something else, which are passed over. */
  others: readonly string[]
  /** Names of objects around such a document, with which a line may begin one. */
  wrappers: readonly string[]
  /** How many objects and arrays, of any name, may lie around a document. */
  maxWrapperDepth: number
}

/** What is told of a document besides its items. */
export interface DocumentReport {
  /** A member that no name stands for, by its path. */
  dropped(field: string): void
  /** An array of something else, once for each document. */
  passed(name: string): void
}

const openBrace = 0x7b
const openBracket = 0x5b
const closeBrace = 0x7d
const closeBracket = 0x5d
const comma = 0x2c
const byteOrderMark = 0xef
const maxArrayDepth = 2

/** Where in a document something lies: the names around it, and how many objects and arrays. */
interface Place {
  path: string
  depth: number
  /** What was found in the whole document that no name stands for, the innermost first. */
  foreign: Foreign[]
}

/** A member that no name stands for, and where the object begins that it is in. */
interface Foreign {
  key: string
  offset: number
}

/** What an object or array holds: an array that is looked for, others only, or nothing at all. */
type Content = 'known' | 'foreign' | 'empty'

/**
 * The items of the array that each document of the input holds under one of its names, without holding the document:
 * one item is held whole, as is any other member that is no object or array. Documents follow one another, with or
 * without blanks between them, or lie in arrays; a document that holds foreign members only is bad. Behind a document
 * whose structure is broken reading can go on with the next line that begins one.
 */
export async function* splitDocuments(
  chunks: AsyncIterable<Uint8Array>,
  shape: DocumentShape,
  report: DocumentReport,
  units: Units = strictUnits,
): AsyncIterable<Located> {
  const begin = new RegExp(`^\\{\\s*"(?:${[...shape.arrays, ...shape.others, ...shape.wrappers].join('|')})"`)
  yield* eachValue(chunks, cursor => documents(cursor, { shape, report, units }, 0), begin, units)
}

/**
 * The values of the input that are no arrays, each held whole: they follow one another, or lie in arrays at most two
 * deep. Where the structure is broken reading can go on with the next line that matches `begin`.
 */
export async function* splitValues(
  chunks: AsyncIterable<Uint8Array>,
  begin = /^\{/,
  units: Units = strictUnits,
): AsyncIterable<Located> {
  yield* eachValue(chunks, cursor => values(cursor, 0, units), begin, units)
}

interface Splitting {
  shape: DocumentShape
  report: DocumentReport
  units: Units
}

async function* eachValue(
  chunks: AsyncIterable<Uint8Array>,
  read: (cursor: ChunkCursor) => AsyncIterable<Located>,
  begin: RegExp,
  units: Units,
): AsyncIterable<Located> {
  const cursor = new ChunkCursor(chunks, units.skipsBad ? begin : undefined)
  let isResumed = false
  try {
    for (let byte = await cursor.peek(); byte >= 0; byte = await cursor.peek()) {
      const { offset } = cursor
      if (isResumed && isBetweenValues(byte)) {
        cursor.advance()
        continue
      }
      try {
        if (byte === byteOrderMark) await skipByteOrderMark(cursor)
        else yield* read(cursor)
      } catch (error) {
        isResumed = units.skipsBad && (await cursor.skipToDocument(offset))
        units.bad(isResumed ? 'document' : 'rest of the file', error)
      }
    }
  } finally {
    await cursor.close()
  }
}

/** True for what is left of the arrays and objects around a value at which reading went on. */
function isBetweenValues(byte: number): boolean {
  return byte === comma || byte === closeBracket || byte === closeBrace
}

async function* values(cursor: ChunkCursor, depth: number, units: Units): AsyncIterable<Located> {
  const byte = await cursor.peek()
  if (byte !== openBracket) {
    // Without its brace the rest of an object would be one bad value after another.
    if (units.skipsBad && depth === 0 && byte !== openBrace) cursor.fail('an object should begin here')
    return yield await cursor.value()
  }
  if (depth === maxArrayDepth) cursor.fail(`arrays lie within one another more than ${maxArrayDepth} deep`)
  cursor.advance()
  for (let isFirst = true; await hasNext(cursor, closeBracket, isFirst); isFirst = false)
    yield* values(cursor, depth + 1, units)
}

async function skipByteOrderMark(cursor: ChunkCursor): Promise<void> {
  for (const byte of [byteOrderMark, 0xbb, 0xbf]) {
    if ((await cursor.peek()) !== byte) cursor.fail('a document should begin here')
    cursor.advance()
  }
}

/** The items of one document, or of an array of them. */
async function* documents(cursor: ChunkCursor, splitting: Splitting, depth: number): AsyncIterable<Located> {
  const byte = await cursor.peek()
  if (byte === openBracket && depth < maxArrayDepth) {
    cursor.advance()
    for (let isFirst = true; await hasNext(cursor, closeBracket, isFirst); isFirst = false)
      yield* documents(cursor, splitting, depth + 1)
    return
  }
  if (byte !== openBrace) cursor.fail('a document should begin here, with {')
  const foreign: Foreign[] = []
  const content = yield* document(cursor, splitting, { path: '', depth: 0, foreign })
  if (content === 'foreign') splitting.units.bad('document', otherDocument(foreign[0]!, splitting.shape))
}

/** The items of an object that may be a document or hold some. */
async function* document(
  cursor: ChunkCursor,
  splitting: Splitting,
  { path, depth, foreign }: Place,
): AsyncGenerator<Located, Content> {
  const { shape, report } = splitting
  const passed = new Set<string>()
  const others: string[] = []
  let content: Content = 'empty'
  let taken: string | undefined
  const { offset } = cursor
  cursor.advance()
  for (let isFirst = true; await hasNext(cursor, closeBrace, isFirst); isFirst = false) {
    const key = await readKey(cursor)
    if (shape.arrays.includes(key)) {
      content = 'known'
      if (await skipNull(cursor)) continue
      const isOther = taken !== undefined && taken !== key
      const count = yield* items(cursor, key, isOther)
      if (count > 0 && isOther) others.push(key)
      else if (count > 0) taken = key
    } else if (shape.others.includes(key) && (await cursor.peek()) === openBracket) {
      content = 'known'
      passed.add(key)
      yield* items(cursor, key, true)
    } else {
      const inner = yield* member(cursor, splitting, { path: `${path}${key}.`, depth: depth + 1, foreign })
      if (inner === 'known' || content === 'empty') content = inner
      if (inner === 'known') continue
      others.push(key)
      if (inner === 'foreign') foreign.push({ key: others[0]!, offset })
    }
  }
  for (const name of passed) report.passed(name)
  if (content === 'known') for (const key of others) report.dropped(path + key)
  return content
}

/** The items of the documents in a member of another name. */
async function* member(cursor: ChunkCursor, splitting: Splitting, place: Place): AsyncGenerator<Located, Content> {
  const byte = await cursor.peek()
  if (place.depth > splitting.shape.maxWrapperDepth || (byte !== openBrace && byte !== openBracket))
    return (await skipNull(cursor)) ? 'empty' : await skipValue(cursor)
  if (byte === openBrace) return yield* document(cursor, splitting, place)
  let content: Content = 'empty'
  cursor.advance()
  for (let isFirst = true; await hasNext(cursor, closeBracket, isFirst); isFirst = false) {
    const inner = yield* member(cursor, splitting, { ...place, depth: place.depth + 1 })
    if (inner === 'known' || content === 'empty') content = inner
  }
  return content
}

function otherDocument({ offset, key }: Foreign, shape: DocumentShape): LabError {
  const what = `expected ${shape.arrays[0]}, found key ${JSON.stringify(key)}`
  return new LabError('invalid', `byte ${offset}: no traces here: ${what}`)
}

/** The items of an array, or none of them where it is passed over; returns how many there are. */
async function* items(cursor: ChunkCursor, key: string, isPassed: boolean): AsyncGenerator<Located, number> {
  if ((await cursor.peek()) !== openBracket) cursor.fail(`"${key}" should be an array`)
  cursor.advance()
  let count = 0
  for (; await hasNext(cursor, closeBracket, count === 0); count++) {
    refuseDocument(cursor)
    if (isPassed) await skipValue(cursor)
    else yield await cursor.value()
  }
  return count
}

/** True where another member or item follows; else the closing byte is consumed. */
async function hasNext(cursor: ChunkCursor, close: number, isFirst: boolean): Promise<boolean> {
  const byte = await cursor.peek()
  if (byte < 0) cursor.fail(`ends inside an ${close === closeBrace ? 'object' : 'array'}`, 'truncated')
  if (byte === close) {
    cursor.advance()
    return false
  }
  if (isFirst) return true
  if (byte !== comma) cursor.fail(`',' or '${String.fromCharCode(close)}' should stand here`)
  cursor.advance()
  await cursor.peek()
  if (close === closeBrace) refuseDocument(cursor)
  return true
}

/** Where the next line begins a document, what stands open around it has broken off. */
function refuseDocument(cursor: ChunkCursor): void {
  if (cursor.isAtDocument()) cursor.fail('a document begins inside another one')
}

async function readKey(cursor: ChunkCursor): Promise<string> {
  const { bytes, offset } = await cursor.value()
  const key = new JsonReader(bytes, offset).string()
  const colon = await cursor.peek()
  if (colon < 0) cursor.fail('ends inside an object', 'truncated')
  if (colon !== 0x3a) cursor.fail(`':' should follow the key ${JSON.stringify(key)}`)
  cursor.advance()
  if ((await cursor.peek()) < 0) cursor.fail('ends where a value should stand', 'truncated')
  return key
}

async function skipNull(cursor: ChunkCursor): Promise<boolean> {
  if ((await cursor.peek()) !== 0x6e) return false
  await skipValue(cursor)
  return true
}

async function skipValue(cursor: ChunkCursor): Promise<'foreign'> {
  refuseDocument(cursor)
  const { bytes, offset } = await cursor.value()
  const reader = new JsonReader(bytes, offset)
  reader.skip()
  reader.end()
  return 'foreign'
}
