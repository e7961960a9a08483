import { encodeRunLists, gatherTexts, RunListReader } from '../../encodings/pooled/run-lists.ts'
import type { PooledText } from '../../encodings/pooled/text-pool.ts'
import {
  codeCount,
  codesOf,
  decodeTokens,
  encodeTokens,
  frequentTokens,
  TokenTable,
  Vocabulary,
} from '../../encodings/pooled/tokens.ts'
import { maxTextBytes } from '../../encodings/texts.ts'
import { readCodes, writeCodes } from './codes.ts'
import { ColumnReader, ColumnWriter } from './columns.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { type Prediction, plainPrediction } from './prediction.ts'
import { readText, writeText } from './texts.ts'

/** The pool of a segment and the columns whose texts are runs of it (FORMAT.md, Pooled texts). */

const layouts = { plain: 0, tokens: 1 } as const
/** Bytes of a part of the pool. */
const partLength = 1 << 24
/** Shorter tokens, on average, are not worth their codes. */
const minTokenLength = 4

/** The parts of the pool, each as the columns of a segment of its own. */
export function encodePool(bytes: Buffer, level: number): Buffer {
  const parts: Buffer[] = []
  for (let start = 0; start < bytes.length; start += partLength)
    parts.push(encodePart(bytes.subarray(start, start + partLength), level))
  const writer = new ColumnWriter(level)
  writer.head.varint(bytes.length)
  for (const part of parts) writer.blob(part)
  return writer.finish(0)
}

export function decodePool(stored: Uint8Array, subject: string, offset: number): Buffer {
  const reader = new ColumnReader(stored, `${subject}, pool`, offset)
  const byteLength = reader.head.varint()
  if (byteLength > maxTextBytes) reader.head.fail('corrupt', `${byteLength} bytes, at most ${maxTextBytes}`)
  const parts: Buffer[] = []
  for (let left = byteLength; left > 0; left -= partLength)
    parts.push(reader.blob('pool', part => decodePart(part, Math.min(left, partLength), subject)))
  reader.end()
  return Buffer.concat(parts)
}

function encodePart(bytes: Buffer, level: number): Buffer {
  const writer = new ColumnWriter(level)
  const table = new TokenTable()
  const numbers = table.add(bytes)
  if (numbers.length * minTokenLength > bytes.length) {
    writer.head.u8(layouts.plain)
    writer.texts.raw(bytes)
    return writer.finish(0)
  }
  const tokens = table.tokens()
  const vocabulary = frequentTokens(tokens, 1)
  const { vocabularySize, codes, others } = encodeTokens(
    numbers,
    codesOf(tokens, vocabulary),
    tokens,
    vocabulary.length,
  )
  writer.head.u8(layouts.tokens)
  writer.head.varint(vocabulary.length)
  for (const token of vocabulary) writeText(writer, token)
  writer.head.varint(others.length)
  for (const token of others) writeText(writer, token)
  writer.head.varint(codes.length)
  writeCodes(writer, codes, codeCount({ vocabularySize, others }), plainPrediction(codes.length))
  return writer.finish(codes.length)
}

function decodePart(stored: Buffer, byteLength: number, subject: string): Buffer {
  const reader = new ColumnReader(stored, `${subject}, pool`, 0)
  reader.column = 'pool'
  return reader.naming(() => {
    const layout = reader.head.u8()
    const bytes = layout === layouts.plain ? reader.texts.raw(byteLength) : decodePartTokens(reader, layout, byteLength)
    reader.end()
    return bytes
  })
}

function decodePartTokens(reader: ColumnReader, layout: number, byteLength: number): Buffer {
  const { head } = reader
  if (layout !== layouts.tokens) head.fail('unsupported', `pool: layout ${layout}`)
  const readTokens = () => Array.from({ length: head.count() }, () => readText(reader))
  const [vocabulary, others] = [readTokens(), readTokens()]
  const count = head.varint()
  reader.spend(count)
  const vocabularySize = vocabulary.length
  const size = codeCount({ vocabularySize, others })
  const codes = readCodes(reader, 'pool', count, size, plainPrediction(count))
  return decodeTokens({ vocabularySize, codes, others }, new Vocabulary(vocabulary), byteLength, reader.failing('pool'))
}

/** Writes texts as the runs of the segment's pool that they are. */
export function writePooled(writer: ColumnWriter, texts: readonly PooledText[], prediction: Prediction): void {
  const { kept, added, steps, lengths } = encodeRunLists(texts)
  writeNumbers(writer, kept, prediction)
  writeNumbers(writer, added, prediction)
  writeNumbers(writer, steps, plainPrediction(steps.length))
  writeNumbers(writer, lengths, plainPrediction(lengths.length))
}

export function readPooled(reader: ColumnReader, name: string, count: number, prediction: Prediction): string[] {
  reader.pooled.push(name)
  const kept = readNumbers(reader, `${name}: kept`, count, prediction)
  const added = readNumbers(reader, `${name}: runs`, count, prediction)
  const runCount = added.reduce((sum, runs) => sum + runs, 0)
  reader.spendAll(added, 0)
  const steps = readNumbers(reader, `${name}: steps`, runCount, plainPrediction(runCount))
  const lengths = readNumbers(reader, `${name}: lengths`, runCount, plainPrediction(runCount))
  const lists = new RunListReader({ kept, added, steps, lengths }, reader.pool.length, reader.failing(name))
  return gatherTexts(lists, reader.pool, count, false, byteLength => reader.spendText(byteLength))
}
