import { expect, test } from 'vitest'
import { encodeWtf8 } from '../../../../lib/bytes/wtf8.ts'
import { arrangePool } from '../../../../lib/encodings/pooled/arrangement.ts'
import {
  encodeRunLists,
  gatherTexts,
  type PoolSource,
  RunListReader,
} from '../../../../lib/encodings/pooled/run-lists.ts'
import { type PooledText, TextPool } from '../../../../lib/encodings/pooled/text-pool.ts'
import { poolLongTexts } from '../../../../lib/encodings/pooled/texts.ts'
import { LabError } from '../../../../lib/error.ts'
import { drawsOf } from '../../../support/draws.ts'

const seed = Number(process.env.SEED ?? 20261129)
const fail = (message: string): never => {
  throw new LabError('corrupt', message)
}

/** The texts of a column in a pool that takes all. */
function poolTexts(
  pool: TextPool,
  texts: readonly string[],
  isBinary: boolean,
  owners?: readonly number[],
): PooledText[] {
  let before: Buffer = Buffer.alloc(0)
  return texts.map((text, row) => {
    const isContinued = row > 0 && owners?.[row] === owners?.[row - 1]
    const bytes = isBinary ? Buffer.from(text, 'latin1') : text.isWellFormed() ? Buffer.from(text) : encodeWtf8(text)
    const pooled = pool.add(bytes, isContinued ? before : Buffer.alloc(0), owners?.[row] ?? 0)
    before = bytes
    return pooled
  })
}

/** Texts that are made of pieces of those before, and of new ones. */
function drawnTexts(draw: () => number, count: number): string[] {
  const below = (limit: number) => Math.floor(draw() * limit)
  const texts: string[] = []
  for (let i = 0; i < count; i++) {
    let text = ''
    for (let parts = below(4); parts > 0; parts--) {
      const from = texts[below(texts.length)]
      const start = below(from?.length ?? 0)
      if (from && draw() < 0.7) text += from.slice(start, start + below(600))
      else text += Array.from({ length: below(300) }, () => 'ab\u00e9\ud800\ud83d\ude00 '[below(7)]).join('')
    }
    texts.push(text)
  }
  return texts
}

function read(
  texts: readonly PooledText[],
  pool: PoolSource,
  isBinary = false,
  wanted?: { start: number; count: number },
) {
  const lists = new RunListReader(encodeRunLists(texts), pool.length, fail)
  return gatherTexts(lists, pool, texts.length, isBinary, () => {}, wanted)
}

test(`texts of a pool come back, before and after it is arranged by owner (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  for (let round = 0; round < 60; round++) {
    const texts = drawnTexts(draw, 60)
    const owners = texts.map((_, row) => Math.floor(row / (1 + (round % 7))))
    const pool = new TextPool()
    const columns = [texts, texts.toReversed()].map(column => ({
      texts: poolTexts(pool, column, false, owners),
      owners,
    }))
    expect(read(columns[0]!.texts, pool.view())).toEqual(texts)
    const arranged = arrangePool(pool, columns)
    expect(arranged.bytes.length).toBe(pool.byteLength)
    expect(read(arranged.columns[0]!, arranged.bytes)).toEqual(texts)
    expect(read(arranged.columns[1]!, arranged.bytes)).toEqual(texts.toReversed())
    expect(read(arranged.columns[0]!, arranged.bytes, false, { start: 7, count: 2 }).slice(7, 9)).toEqual(
      texts.slice(7, 9),
    )
  }
})

test('binary texts have a byte for each character', () => {
  const texts = Array.from({ length: 40 }, (_, i) =>
    String.fromCharCode(...Array.from({ length: 400 }, (_, at) => (at * i) % 256)),
  )
  const pool = new TextPool()
  expect(read(poolTexts(pool, texts, true), pool.view(), true)).toEqual(texts)
})

test('a conversation costs a run for what is new and none for what was there', () => {
  const pool = new TextPool()
  const messages = Array.from({ length: 50 }, (_, i) => `message ${i} ${String(Math.sin(i)).repeat(20)}`)
  const texts = messages.map((_, i) => JSON.stringify(messages.slice(0, i + 1)))
  const runs = poolTexts(pool, texts, false).map(text => text.runs.length)
  expect(Math.max(...runs)).toBeLessThan(3)
  expect(pool.byteLength).toBeLessThan(texts.at(-1)!.length * 1.2)
})

test('after it is arranged, the runs of an owner are its own or shared', () => {
  const shared = String(Math.PI).repeat(40)
  const texts = Array.from({ length: 30 }, (_, i) => `${shared}${String(Math.cos(i)).repeat(30)}`)
  const owners = texts.map((_, row) => row)
  const pool = new TextPool()
  const { borders, sharedLength, columns } = arrangePool(pool, [
    { texts: poolTexts(pool, texts, false, owners), owners },
  ])
  expect(sharedLength).toBeGreaterThan(500)
  expect(sharedLength).toBeLessThan(1000)
  const ownerAt = new Map<number, number>()
  for (const [row, { runs }] of columns[0]!.entries())
    for (const { offset, length } of runs) {
      if (offset + length <= sharedLength) continue
      const start = borders.findLast(border => border <= Math.max(offset, sharedLength))!
      expect(start).toBe(borders.findLast(border => border < offset + length))
      expect(ownerAt.get(start) ?? row).toBe(row)
      ownerAt.set(start, row)
    }
  expect(ownerAt.size).toBeGreaterThan(20)
})

test.each<[string, Partial<Record<'kept' | 'added' | 'steps' | 'lengths', number>>, RegExp]>([
  ['a text that keeps more than there was', { kept: 300 }, /text 0 drops 299 of 0 bytes/],
  ['a negative number of dropped bytes', { kept: -5 }, /text 0 drops/],
  ['a run beyond the pool', { lengths: 101 }, /101 bytes from byte 0 of a pool of 100/],
  ['a run before the pool', { steps: 1 }, /from byte -1/],
  ['a run of nothing', { lengths: 0 }, /0 bytes from byte 0/],
])('refused: %s', (_, { kept = 0, added = 1, steps = 0, lengths = 10 }, message) => {
  const lists = {
    kept: Float64Array.of(kept),
    added: Float64Array.of(added),
    steps: Float64Array.of(steps),
    lengths: Float64Array.of(lengths),
  }
  expect(() => new RunListReader(lists, 100, fail).next()).toThrow(message)
})

test('short texts, few texts, texts that a dictionary holds and texts that differ everywhere are not pooled', () => {
  const isPooled = (texts: readonly string[]) => {
    const pool = new TextPool()
    const pooled = poolLongTexts(pool, texts, false)
    expect(pool.byteLength > 0).toBe(pooled !== undefined)
    return pooled !== undefined
  }
  const draw = drawsOf(seed)
  const noise = Array.from({ length: 400 }, () => Array.from({ length: 100 }, () => String(draw())).join(' '))
  const long = noise.map((_, i) => noise.slice(0, 1 + (i % 40)).join('') + i)
  expect(isPooled(long)).toBe(true)
  expect(isPooled(long.slice(0, 5))).toBe(false)
  expect(isPooled(long.map(text => text.slice(0, 200)))).toBe(false)
  expect(isPooled(long.map((_, i) => long[300 + (i % 90)]!))).toBe(false)
  expect(isPooled(noise)).toBe(false)
  expect(isPooled([])).toBe(false)
})
