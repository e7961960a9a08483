import { naming } from '../../../lib/error.ts'
import { readList } from '../../../lib/wire/json/message.ts'
import { parseInt64 } from '../../../lib/wire/json/number.ts'
import { JsonReader } from '../../../lib/wire/json/reader.ts'
import type { QuerySet, Question, RangeTexts } from '../../runs/query-bench-schema.ts'
import { questionOf } from './query-set.ts'

export interface JsonQueries {
  readonly questions: readonly Question[]
  readonly range: QuerySet['range']
}

/** Fields of the object, and what they are here: ns since the epoch, as numbers or as text. */
const rangeFields: ReadonlyMap<string, keyof RangeTexts> = new Map([
  ['start', 'startNanos'],
  ['end', 'endNanos'],
  ['stepNs', 'stepNanos'],
])

/**
 * Queries of an array of texts or of `{ name, query }`, or of an object that has it as `queries`, with the range of its
 * metrics as `start`, `end` and `stepNs`. Other fields are passed over. Errors name the byte, or the line of the query.
 */
export function parseJsonQueries(text: string): JsonQueries {
  const bytes = Buffer.from(text)
  const reader = new JsonReader(bytes)
  const range: { -readonly [Name in keyof RangeTexts]?: string } = {}
  let questions: Question[] | undefined
  if (reader.peek() === 'array') questions = readQuestions(reader, bytes)
  else {
    reader.beginObject()
    for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
      const field = rangeFields.get(key)
      if (key === 'queries') questions = readQuestions(reader, bytes)
      else if (field !== undefined) range[field] = readNanos(reader, key)
      else reader.skip()
    }
  }
  reader.end()
  return { questions: questions ?? reader.fail('the field "queries" is missing'), range }
}

function readQuestions(reader: JsonReader, bytes: Buffer): Question[] {
  return readList(reader, () => {
    const line = lineOf(bytes, reader.mark())
    const item = reader.peek() === 'string' ? { text: reader.string() } : readItem(reader)
    return naming(`line ${line}${item.name === undefined ? '' : `, ${item.name}`}`, () => questionOf(item))
  })
}

/** From 1. */
function lineOf(bytes: Buffer, offset: number): number {
  let line = 1
  for (let at = bytes.indexOf(10); at >= 0 && at < offset; at = bytes.indexOf(10, at + 1)) line++
  return line
}

function readItem(reader: JsonReader): { name?: string | undefined; text: string } {
  let [name, query]: (string | undefined)[] = []
  reader.beginObject()
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    if (key === 'name') name = reader.string()
    else if (key === 'query') query = reader.string()
    else reader.skip()
  }
  return { name, text: query ?? reader.fail('the field "query" is missing') }
}

function readNanos(reader: JsonReader, key: string): string {
  const nanos = parseInt64(reader.peek() === 'string' ? reader.string() : reader.number(), reader)
  return nanos < 0n ? reader.fail(`${key} ${nanos}: needs ns from 0 on`) : String(nanos)
}
