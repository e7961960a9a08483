import { zstdCompressor, zstdDecompressor } from '../codecs/compress.ts'
import { writeNumbers } from '../encodings/pages/numbers.ts'
import { readNumbers, readSymbols } from '../encodings/pages/numbers-reader.ts'
import { PageReader, PageWriter } from '../encodings/pages/page.ts'
import { readStrings, writeStrings } from '../encodings/pages/strings.ts'
import { clip, LabError } from '../error.ts'
import { getOrInsert } from '../maps.ts'
import { maxBucket } from './buckets.ts'
import { Cells, type Rows } from './cells.ts'
import type { Series } from './series.ts'

export const maxSeries: number = 1 << 16
export const maxRows: number = 1 << 17
/** Of a span whose threshold is as high as a threshold can be. */
const maxWeight = 2 ** 56

/** What the directory says of a chunk. */
export interface ChunkFacts {
  readonly level: number
  readonly firstInterval: number
  readonly lastInterval: number
  readonly seriesCount: number
  readonly cellCount: number
  readonly bucketCount: number
  readonly spanCount: number
}

/** Counts by series of the chunk's own, in order of series, interval and bucket. */
export interface Chunk {
  readonly series: readonly Series[]
  readonly rows: Rows
}

const decompress = zstdDecompressor()

/** Writes rows in order, whose series `seriesAt` knows, as a chunk (FORMAT.md). */
export function encodeChunk(
  level: number,
  rows: Rows,
  seriesAt: (number: number) => Series,
  zstdLevel: number,
): { bytes: Buffer; facts: ChunkFacts } {
  const columns = columnsOf(rows)
  const texts = new Map<string, number>()
  const textOf = (text: string) => getOrInsert(texts, text, () => texts.size)
  const series = columns.series.map(seriesAt)
  const services = series.map(({ service }) => textOf(service))
  const operations = series.map(({ operation }) => textOf(operation))
  const callers = series.map(({ caller }) => (caller === undefined ? 0 : textOf(caller) + 1))
  const weights = series.map(({ weight }) => (weight === 1 ? 0 : textOf(`${weight}`) + 1))
  const writer = new PageWriter({ compress: zstdCompressor(zstdLevel), packsBits: true })
  writer.out.varint(texts.size)
  writeStrings(writer, [...texts.keys()], false)
  const statuses = series.map(({ status }) => status)
  for (const column of [callers, services, operations, statuses, weights, ...columns.numbers])
    writeNumbers(writer, Float64Array.from(column))
  return {
    bytes: writer.out.take(),
    facts: {
      level,
      firstInterval: columns.firstInterval,
      lastInterval: columns.lastInterval,
      seriesCount: series.length,
      cellCount: columns.cellCount,
      bucketCount: rows.length,
      spanCount: rows.counts.subarray(0, rows.length).reduce((sum, count) => sum + count, 0),
    },
  }
}

/** The columns of rows in order: of series, of cells and of buckets, those above told by their lengths. */
function columnsOf({ length, series, intervals, buckets, counts }: Rows) {
  const own = intervals.subarray(0, length)
  const [firstInterval, lastInterval] = [own.reduce((a, b) => Math.min(a, b)), own.reduce((a, b) => Math.max(a, b))]
  const numbers: number[] = []
  const cells: number[] = []
  const steps: number[] = []
  const sizes: number[] = []
  const lowest: number[] = []
  const gaps: number[] = []
  for (let row = 0; row < length; row++) {
    const isSeries = row === 0 || series[row] !== series[row - 1]
    const isCell = isSeries || intervals[row] !== intervals[row - 1]
    if (isSeries) cells[numbers.push(series[row]!) - 1] = 0
    if (isCell) {
      cells[cells.length - 1]!++
      steps.push(intervals[row]! - (isSeries ? firstInterval : intervals[row - 1]!))
      sizes.push(0)
      lowest.push(buckets[row]!)
    } else gaps.push(buckets[row]! - buckets[row - 1]! - 1)
    sizes[sizes.length - 1]!++
  }
  const spans = counts.subarray(0, length).map(count => count - 1)
  return {
    ...{ series: numbers, firstInterval, lastInterval, cellCount: sizes.length },
    numbers: [cells, steps, sizes, lowest, gaps, spans],
  }
}

/** Reads a chunk, whose bytes begin at `offset` of the file, as the directory tells it. */
export function decodeChunk(bytes: Uint8Array, facts: ChunkFacts, subject: string, offset: number): Chunk {
  const reader = new PageReader(bytes, subject, offset, decompress)
  return reader.naming(() => {
    const series = readSeries(reader, facts.seriesCount)
    const rows = readRows(reader, facts)
    reader.in.end()
    return { series, rows }
  })
}

function readSeries(reader: PageReader, count: number): Series[] {
  const textCount = reader.in.varint()
  if (textCount > 4 * count) reader.in.fail('corrupt', `${textCount} texts of ${count} series`)
  const texts = readStrings(reader, textCount, false)
  const callers = readSymbols(reader, count, textCount + 1)
  const [services, operations] = [readSymbols(reader, count, textCount), readSymbols(reader, count, textCount)]
  const statuses = readNumbers(reader, count)
  const weights = readSymbols(reader, count, textCount + 1)
  return Array.from(statuses, (status, i) => ({
    caller: callers[i] === 0 ? undefined : texts[callers[i]! - 1]!,
    service: texts[services[i]!]!,
    operation: texts[operations[i]!]!,
    status,
    weight: weights[i] === 0 ? 1 : readWeight(reader, texts[weights[i]! - 1]!),
  }))
}

function readWeight(reader: PageReader, text: string): number {
  const weight = Number(text)
  return weight > 1 && weight <= maxWeight ? weight : reader.in.fail('corrupt', `a weight of "${clip(text)}"`)
}

function readRows(reader: PageReader, facts: ChunkFacts): Rows {
  const { seriesCount, cellCount, bucketCount } = facts
  const cells = readLengths(reader, seriesCount, cellCount, 'cells')
  const steps = readNumbers(reader, cellCount)
  const sizes = readLengths(reader, cellCount, bucketCount, 'buckets')
  const lowest = readNumbers(reader, cellCount)
  const gaps = readNumbers(reader, bucketCount - cellCount)
  const counts = readNumbers(reader, bucketCount)
  const rows = new Cells(bucketCount)
  let [cell, gap, spanCount] = [0, 0, 0]
  for (let series = 0; series < seriesCount; series++) {
    let interval = facts.firstInterval
    for (let own = 0; own < cells[series]!; own++, cell++) {
      if (steps[cell]! < (own === 0 ? 0 : 1)) reader.in.fail('corrupt', 'intervals of a series do not rise')
      interval += steps[cell]!
      let bucket = lowest[cell]!
      for (let i = 0; i < sizes[cell]!; i++) {
        const count = counts[rows.length]! + 1
        rows.push(series, interval, bucket, count)
        spanCount += count
        if (count < 1 || Math.abs(bucket) > maxBucket) reader.in.fail('corrupt', `${count} spans in bucket ${bucket}`)
        if (i + 1 < sizes[cell]!) bucket += stepOf(reader, gaps[gap++]!)
      }
      if (interval > facts.lastInterval)
        reader.in.fail('corrupt', `interval ${interval} behind the last, ${facts.lastInterval}`)
    }
  }
  if (spanCount !== facts.spanCount) reader.in.fail('corrupt', `says ${facts.spanCount} spans, holds ${spanCount}`)
  return rows
}

function stepOf(reader: PageReader, gap: number): number {
  return gap >= 0 ? gap + 1 : reader.in.fail('corrupt', 'buckets of a cell do not rise')
}

/** How many items each of `count` owners has, which have `total` together, and none has none. */
function readLengths(reader: PageReader, count: number, total: number, what: string): Float64Array {
  const lengths = readNumbers(reader, count)
  const sum = lengths.reduce((all, length) => all + length, 0)
  if (sum !== total || lengths.some(length => length < 1))
    throw new LabError('corrupt', `${count} numbers of ${what} that add up to ${sum}, expected ${total}`)
  return lengths
}
