import { LabError } from '../error.ts'
import { strictUnits, type Units } from '../model/units.ts'
import { ChunkCursor, type Located } from './chunk-cursor.ts'
import { JsonReader } from './reader.ts'

/** What documents look like that are mostly one long array: the array's names, and those of an object around them. */
export interface DocumentShape {
  arrays: readonly string[]
  wrappers: readonly string[]
}

const openBrace = 0x7b
const openBracket = 0x5b
const closeBrace = 0x7d
const closeBracket = 0x5d
const comma = 0x2c
const byteOrderMark = 0xef
const maxArrayDepth = 2

/**
 * The items of the array that each document of the input holds under one of its names, without holding the document:
 * one item is held whole, as is any other member. Documents follow one another, with or without blanks between them,
 * or lie in arrays. `dropped` is told of every other member; a document that has such members only is bad. Behind a
 * document whose structure is broken reading can go on with the next line that begins one.
 */
export async function* splitDocuments(
  chunks: AsyncIterable<Uint8Array>,
  shape: DocumentShape,
  dropped: (field: string) => void,
  units: Units = strictUnits,
): AsyncIterable<Located> {
  const begin = new RegExp(`^\\{\\s*"(?:${[...shape.arrays, ...shape.wrappers].join('|')})"`)
  yield* eachValue(chunks, cursor => documents(cursor, { shape, dropped, units }), begin, units)
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
  dropped: (field: string) => void
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
    if ((await cursor.peek()) === byteOrderMark && cursor.offset === 0) await skipByteOrderMark(cursor)
    for (let byte = await cursor.peek(); byte >= 0; byte = await cursor.peek()) {
      const { offset } = cursor
      if (isResumed && isBetweenValues(byte)) {
        cursor.advance()
        continue
      }
      try {
        yield* read(cursor)
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
async function* documents(cursor: ChunkCursor, splitting: Splitting): AsyncIterable<Located> {
  if ((await cursor.peek()) !== openBracket) return yield* document(cursor, splitting, '')
  cursor.advance()
  for (let isFirst = true; await hasNext(cursor, closeBracket, isFirst); isFirst = false)
    yield* document(cursor, splitting, '')
}

async function* document(cursor: ChunkCursor, splitting: Splitting, path: string): AsyncIterable<Located> {
  if ((await cursor.peek()) !== openBrace) cursor.fail('a document should begin here, with {')
  const { shape, dropped, units } = splitting
  const { offset } = cursor
  cursor.advance()
  const others: string[] = []
  let isKnown = false
  for (let isFirst = true; await hasNext(cursor, closeBrace, isFirst); isFirst = false) {
    const key = await readKey(cursor)
    const isArray = shape.arrays.includes(key)
    const isWrapper = path === '' && shape.wrappers.includes(key)
    if (isArray || isWrapper) isKnown = true
    else others.push(key)
    if ((isArray || isWrapper) && (await skipNull(cursor))) continue
    if (isArray) yield* items(cursor, key)
    else if (isWrapper) yield* document(cursor, splitting, `${key}.`)
    else await skipValue(cursor)
  }
  if (others.length > 0 && !isKnown) return units.bad('document', otherDocument(offset, shape, others[0]!))
  for (const key of others) dropped(path + key)
}

function otherDocument(offset: number, shape: DocumentShape, key: string): LabError {
  const what = `expected ${shape.arrays[0]}, found key ${JSON.stringify(key)}`
  return new LabError('invalid', `byte ${offset}: no traces here: ${what}`)
}

async function* items(cursor: ChunkCursor, key: string): AsyncIterable<Located> {
  if ((await cursor.peek()) !== openBracket) cursor.fail(`"${key}" should be an array`)
  cursor.advance()
  for (let isFirst = true; await hasNext(cursor, closeBracket, isFirst); isFirst = false) {
    refuseDocument(cursor)
    yield await cursor.value()
  }
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

async function skipValue(cursor: ChunkCursor): Promise<void> {
  refuseDocument(cursor)
  const { bytes, offset } = await cursor.value()
  const reader = new JsonReader(bytes, offset)
  reader.skip()
  reader.end()
}
