import { ByteWriter } from '../../bytes/writer.ts'
import { decodeWtf8, encodeWtf8, hasSurrogates } from '../../bytes/wtf8.ts'
import { maxTextBytes } from '../texts.ts'
import type { PooledText, TextPool } from './text-pool.ts'

/** Shorter texts, on average, are not worth a pool. */
export const minAverageLength = 256
/** Characters of distinct texts that are worth starting one. */
const minLength = 1 << 16
/** Columns with more values than this for each distinct text are better off with a dictionary. */
const maxUses = 4
/** So many texts of a column are compared. */
const maxSampled = 256
/** Runs of all texts of a pool: a column that could bring it beyond is not pooled. */
const maxRuns = 1 << 21

/** A pool is started by a column that it makes so many times shorter, */
const minGain = 2
/** and that has so many bytes for each run: shorter repeats are left to the general codec. */
const minBytesPerRun = 512

/**
 * Adds the texts of a column to a pool if that is worth it, each with the owner at its row; else returns undefined. The
 * texts of one owner build on the one before.
 */
export function poolLongTexts(
  pool: TextPool,
  texts: readonly string[],
  isBinary: boolean,
  owners?: () => ArrayLike<number>,
): PooledText[] | undefined {
  if (!areLong(pool, texts)) return undefined
  const isFirst = pool.byteLength === 0
  const pooled = poolTexts(pool, texts, isBinary, owners?.())
  const { byteLength, textBytes, runCount } = pool
  if (!isFirst || (textBytes >= byteLength * minGain && textBytes >= runCount * minBytesPerRun)) return pooled
  pool.clear()
  return undefined
}

/** Whether the texts of a column may join a pool: long ones, most of which differ as a whole. */
function areLong(pool: TextPool, texts: readonly string[]): boolean {
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  if (length < texts.length * minAverageLength || length === 0) return false
  if (pool.textBytes + length * maxBytesPerUnit > maxTextBytes || pool.runCount + texts.length > maxRuns) return false
  const step = Math.ceil(texts.length / maxSampled)
  const sample = texts.filter((_, row) => row % step === 0)
  const distinct = new Set(sample)
  if (distinct.size * maxUses <= sample.length) return false
  return pool.byteLength > 0 || lengthOf(distinct) * step >= minLength
}

const maxBytesPerUnit = 3

function lengthOf(texts: Iterable<string>): number {
  let length = 0
  for (const text of texts) length += text.length
  return length
}

function poolTexts(
  pool: TextPool,
  texts: readonly string[],
  isBinary: boolean,
  owners?: ArrayLike<number>,
): PooledText[] {
  let [text, before] = [new ByteWriter(1 << 12), new ByteWriter(1 << 12)]
  return texts.map((value, row) => {
    const isContinued = row > 0 && owners?.[row] === owners?.[row - 1]
    ;[text, before] = [before, text]
    writeBytes(text, value, isBinary)
    return pool.add(text.view(), isContinued ? before.view() : nothing, owners?.[row] ?? 0)
  })
}

const nothing = Buffer.alloc(0)

/** UTF-8, or WTF-8 for lone surrogates; of a binary text a byte for each character. */
function writeBytes(out: ByteWriter, text: string, isBinary: boolean): void {
  out.clear()
  if (isBinary) out.latin1(text)
  else if (text.isWellFormed()) out.utf8(text)
  else out.raw(encodeWtf8(text))
}

/** The text of the bytes. */
export function textOf(bytes: Buffer, isBinary: boolean): string {
  if (isBinary) return bytes.toString('latin1')
  return hasSurrogates(bytes) ? decodeWtf8(bytes) : bytes.toString('utf8')
}
