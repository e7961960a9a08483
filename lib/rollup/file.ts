import { checksum } from '../bytes/checksum.ts'
import type { ByteSink, RangeReader } from '../bytes/range.ts'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { type Extent, widened } from '../model/extent.ts'
import { checkSum, checkVersion, placeOf } from '../wire/framing.ts'
import { bucketOf } from './buckets.ts'
import { Cells } from './cells.ts'
import { type Chunk, type ChunkFacts, decodeChunk, encodeChunk, maxRows, maxSeries } from './chunk.ts'
import { levels } from './levels.ts'
import { type Series, SeriesTable } from './series.ts'

const magic = 0x50554c52
const version = 1
const trailerBytes = 16

interface Entry extends ChunkFacts {
  readonly byteLength: number
  readonly checksum: number
}

/**
 * Writes a rollup of spans, in any order, to a sink. Memory is bounded by a chunk per level and its series; a stream far
 * out of order takes more bytes, and is as exact.
 */
export class RollupWriter {
  readonly #sink: ByteSink
  readonly #zstdLevel: number
  /** Chunks still to be written. */
  #waiting: Buffer[] = []
  readonly #series = new SeriesTable()
  readonly #cells = levels.map(() => new Cells(maxRows))
  readonly #entries: Entry[] = []
  #spanCount = 0
  #extent: Extent | undefined

  constructor(sink: ByteSink, zstdLevel = 19) {
    this.#sink = sink
    this.#zstdLevel = zstdLevel
  }

  /** Counts a span that lasted so many ns. */
  add(series: Series, startNanos: bigint, duration: number | bigint): void {
    if (this.#series.size === maxSeries) this.#flush()
    const seconds = Number(startNanos / 1_000_000_000n)
    this.#push(0, this.#series.numberOf(series), seconds, bucketOf(duration), 1)
    this.#spanCount++
    this.#extent = widened(this.#extent, startNanos)
  }

  /** Writes the chunks that are full: to be called now and then. */
  async write(): Promise<void> {
    const chunks = this.#waiting
    this.#waiting = []
    for (const chunk of chunks) await this.#sink.write(chunk)
  }

  /** Writes what is left and the directory. */
  async finish(): Promise<void> {
    this.#flush()
    await this.write()
    const directory = encodeDirectory(this.#entries, this.#spanCount, this.#extent)
    const trailer = new ByteWriter(trailerBytes)
    for (const number of [directory.length, checksum(directory), magic, version]) trailer.u32(number)
    await this.#sink.write(Buffer.concat([directory, trailer.view()]))
  }

  /** Adds a row to a level. Where there is no room equal rows are added up, and emitted if that makes too little. */
  #push(level: number, series: number, interval: number, bucket: number, count: number): void {
    const cells = this.#cells[level]!
    if (cells.isFull) {
      cells.compact()
      if (cells.length > maxRows / 2) this.#emit(level)
    }
    cells.push(series, interval, bucket, count)
  }

  #flush(): void {
    for (const [level, cells] of this.#cells.entries()) {
      cells.compact()
      this.#emit(level)
    }
    this.#series.clear()
  }

  /** Makes a chunk of the rows of a level, which are in order, and counts them in the next one. */
  #emit(level: number): void {
    const cells = this.#cells[level]!
    if (cells.length === 0) return
    const { bytes, facts } = encodeChunk(level, cells, number => this.#series.at(number), this.#zstdLevel)
    this.#entries.push({ ...facts, byteLength: bytes.length, checksum: checksum(bytes) })
    this.#waiting.push(bytes)
    if (level + 1 < levels.length) {
      const factor = levels[level + 1]!.seconds / levels[level]!.seconds
      for (let row = 0; row < cells.length; row++) {
        const interval = Math.floor(cells.intervals[row]! / factor)
        this.#push(level + 1, cells.series[row]!, interval, cells.buckets[row]!, cells.counts[row]!)
      }
    }
    cells.length = 0
  }
}

function encodeDirectory(entries: readonly Entry[], spanCount: number, extent: Extent | undefined): Buffer {
  const writer = new ByteWriter(1024)
  writer.varint(entries.length)
  for (const entry of entries) {
    writer.u8(entry.level)
    writer.varint(entry.byteLength)
    writer.u32(entry.checksum)
    writer.varint(entry.firstInterval)
    writer.varint(entry.lastInterval - entry.firstInterval)
    for (const count of [entry.seriesCount, entry.cellCount, entry.bucketCount, entry.spanCount]) writer.varint(count)
  }
  for (const number of [BigInt(spanCount), ...(extent ?? [0n, 0n])]) writer.u64(number)
  return writer.take()
}

/** A rollup open for reading. */
export class RollupReader {
  readonly spanCount: number
  /** When the spans start; undefined where there are none. */
  readonly extent: Extent | undefined
  readonly #file: RangeReader
  readonly #entries: readonly (Entry & { readonly start: number })[]

  private constructor(file: RangeReader, directory: Directory) {
    this.#file = file
    this.#entries = directory.entries
    this.spanCount = directory.spanCount
    this.extent = directory.spanCount > 0 ? [directory.firstStart, directory.lastStart] : undefined
  }

  static async open(file: RangeReader): Promise<RollupReader> {
    const end = file.byteLength - trailerBytes
    if (end < 0) placeOf('rollup trailer', 0).fail('truncated', `needs ${trailerBytes} bytes, has ${file.byteLength}`)
    const [tail] = await file.read([{ start: end, end: file.byteLength }])
    const trailer = new ByteReader(tail!, 'rollup trailer', end)
    const [byteLength, sum, found] = [trailer.u32(), trailer.u32(), trailer.u32()]
    if (found !== magic) trailer.fail('corrupt', 'not a rollup')
    checkVersion(trailer, trailer.u32(), version)
    if (byteLength > end) trailer.fail('truncated', `a directory of ${byteLength} bytes, ${end} precede`)
    const start = end - byteLength
    const [bytes] = await file.read([{ start, end }])
    checkSum(bytes!, sum, 'rollup directory', start)
    return new RollupReader(file, readDirectory(bytes!, start))
  }

  /** The chunks of a level that have intervals of `[first, end)`. */
  async *chunks(level: number, first = 0, end = Number.POSITIVE_INFINITY): AsyncIterable<Chunk> {
    for (const { firstInterval, lastInterval, read } of this.chunksOf(level))
      if (lastInterval >= first && firstInterval < end) yield await read()
  }

  /** What may be read of a level: its chunks, in the order of the file. */
  chunksOf(level: number): { firstInterval: number; lastInterval: number; read(): Promise<Chunk> }[] {
    return this.#entries.flatMap((entry, i) =>
      entry.level === level ? [{ ...entry, read: () => this.#read(entry, `rollup chunk ${i}`) }] : [],
    )
  }

  async #read(entry: Entry & { readonly start: number }, subject: string): Promise<Chunk> {
    const [bytes] = await this.#file.read([{ start: entry.start, end: entry.start + entry.byteLength }])
    checkSum(bytes!, entry.checksum, subject, entry.start)
    return decodeChunk(bytes!, entry, subject, entry.start)
  }

  /** Stored bytes of the chunks of each level, and of the directory. */
  byteLengths(): Record<string, number> {
    const sums = levels.map(({ name }, level): [string, number] => [
      name,
      this.#entries.filter(entry => entry.level === level).reduce((sum, { byteLength }) => sum + byteLength, 0),
    ])
    const chunkBytes = sums.reduce((sum, [, byteLength]) => sum + byteLength, 0)
    return { ...Object.fromEntries(sums), directory: this.#file.byteLength - chunkBytes }
  }
}

interface Directory {
  readonly entries: readonly (Entry & { readonly start: number })[]
  readonly spanCount: number
  readonly firstStart: bigint
  readonly lastStart: bigint
}

const minEntryBytes = 12

function readDirectory(bytes: Uint8Array, offset: number): Directory {
  const reader = new ByteReader(bytes, 'rollup directory', offset)
  const entries: (Entry & { start: number })[] = []
  const chunkCount = reader.count(minEntryBytes)
  let start = 0
  for (let i = 0; i < chunkCount; i++) {
    const entry = { start, ...readEntry(reader) }
    entries.push(entry)
    start += entry.byteLength
  }
  if (start !== offset) reader.fail('corrupt', `chunks of ${start} bytes in all, ${offset} precede`)
  const [spanCount, firstStart, lastStart] = [Number(reader.u64()), reader.u64(), reader.u64()]
  reader.end()
  for (const [level, { name }] of levels.entries()) {
    const sum = entries.filter(entry => entry.level === level).reduce((all, entry) => all + entry.spanCount, 0)
    if (sum !== spanCount) reader.fail('corrupt', `${sum} spans at ${name}, expected ${spanCount}`)
  }
  if (firstStart > lastStart) reader.fail('corrupt', `first start ${firstStart} is after the last, ${lastStart}`)
  return { entries, spanCount, firstStart, lastStart }
}

function readEntry(reader: ByteReader): Entry {
  const [level, byteLength, sum] = [reader.u8(), reader.varint(), reader.u32()]
  const firstInterval = reader.varint()
  const lastInterval = firstInterval + reader.varint()
  const [seriesCount, cellCount] = [reader.varint(), reader.varint()]
  const [bucketCount, spanCount] = [reader.varint(), reader.varint()]
  if (levels[level] === undefined) reader.fail('unsupported', `level ${level}`)
  if (seriesCount > maxSeries || bucketCount > maxRows)
    reader.fail('corrupt', `a chunk of ${seriesCount} series and ${bucketCount} buckets`)
  if (seriesCount > cellCount || cellCount > bucketCount || bucketCount > spanCount || seriesCount === 0)
    reader.fail('corrupt', `${seriesCount} series, ${cellCount} cells, ${bucketCount} buckets of ${spanCount} spans`)
  const counts = { seriesCount, cellCount, bucketCount, spanCount }
  return { level, byteLength, checksum: sum, firstInterval, lastInterval, ...counts }
}
