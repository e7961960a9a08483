import { Dictionary } from '../../encodings/dictionary.ts'
import type { Value } from '../../model/trace.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readReferences, Uses, writeReferences } from './references.ts'
import { readRows, writeRows } from './rows.ts'
import { readTexts, writeTexts } from './texts.ts'
import { type ColumnType, columnTypes } from './types.ts'
import { readValues, writeValues } from './values.ts'
import { readWide, writeWide } from './wide.ts'

const how = { direct: 0, table: 1, numbers: 2 } as const

/** Writes values of one type, in order. The reader knows the type and how many there are. */
export function writeColumn(body: BodyWriter, part: string, type: ColumnType, values: readonly Value[]): void {
  if (values.length === 0 || type === 'empty') return
  if (type === 'int') return writeWide(body, part, values as bigint[])
  if (type === 'bool') return writeNumbers(body, part, values.map(Number))
  const { uses, entries } = tableOf(values)
  const candidates: ((to: BodyWriter) => void)[] = []
  if (entries.length < values.length || type === 'other')
    candidates.push(to => writeTable(to, part, type, uses, entries))
  if (type !== 'other' && 2 * entries.length >= values.length)
    candidates.push(to => {
      to.number(how.direct)
      writeDirect(to, part, type, values)
    })
  if (type === 'double' && values.every(isWhole))
    candidates.push(to => {
      to.number(how.numbers)
      writeNumbers(to, part, values as number[])
    })
  body.choose(candidates)
}

export function readColumn(body: BodyReader, part: string, type: ColumnType, count: number): readonly Value[] {
  if (count === 0) return []
  if (type === 'empty') return new Array<null>(count).fill(null)
  if (type === 'int') return readWide(body, part, count)
  if (type === 'bool') return Array.from(readNumbers(body, part, count), value => value === 1)
  const encoding = body.number(how.numbers)
  if (encoding === how.direct) return readDirect(body, part, type, count)
  if (encoding === how.numbers) return Array.from(readNumbers(body, part, count))
  const { places, length } = readReferences(body, part, count)
  const entries = readDirect(body, part, type, length)
  return Array.from(places, place => entries[place]!)
}

function isWhole(value: Value): boolean {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 50 && !Object.is(value, -0)
}

/** The distinct values in the order of first use. */
function tableOf(values: readonly Value[]): { uses: Uses; entries: Value[] } {
  const distinct = new Dictionary<Value>(columnTypes.nameOf)
  const uses = new Uses()
  for (const value of values) uses.add(distinct.code(value))
  return { uses, entries: distinct.values }
}

function writeTable(body: BodyWriter, part: string, type: ColumnType, uses: Uses, entries: readonly Value[]): void {
  body.number(how.table)
  writeReferences(body, part, uses, (to, order) => {
    const ordered = order.map(entry => entries[entry]!)
    writeDirect(to, part, type, ordered)
  })
}

function writeDirect(body: BodyWriter, part: string, type: ColumnType, values: readonly Value[]): void {
  if (type === 'string') return writeTexts(body, part, values as string[])
  if (type === 'other') return writeValues(body, part, values)
  const rows = Buffer.alloc(8 * values.length)
  for (const [i, value] of values.entries()) rows.writeDoubleBE(value as number, 8 * i)
  writeRows(body, part, Uint8Array.from(rows), 8)
}

function readDirect(body: BodyReader, part: string, type: ColumnType, count: number): readonly Value[] {
  if (type === 'string') return readTexts(body, part, count)
  if (type === 'other') return readValues(body, part, count)
  const rows = readRows(body, part, count, 8)
  return Array.from({ length: count }, (_, i) => rows.readDoubleBE(8 * i))
}
