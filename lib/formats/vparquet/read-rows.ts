import type { Limits } from '../../model/limits.ts'
import { idsOf, uint64sOf } from '../../parquet/read/fields.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { Block, MemoryBlock } from './block.ts'

/** What is read of a block, and how. */
export interface ReadOptions {
  /** Traces that have something in `[startNanos, endNanos)`. */
  readonly startNanos?: bigint
  readonly endNanos?: bigint
  /** Hex digits that the ids of traces begin with, of 32. */
  readonly traceIdPrefix?: string
  /** Traces, or spans, of a batch: 8,192 where absent. */
  readonly batchSize?: number
  /** Row groups that are on their way while one is decoded: 2 where absent. Each takes its stored bytes. */
  readonly prefetchRowGroups?: number
  readonly limits?: Limits
}

/** What is made of a row group, and of which of its columns. */
export interface Projection<T> {
  columnsOf(columns: RowGroupColumns): readonly string[]
  /** What a row gives; the columns have been loaded. */
  reader(columns: RowGroupColumns): (row: number) => readonly T[]
}

/** The rows that are wanted, of row groups that are read ahead. */
export async function* readRows<T>(
  block: Block,
  projection: Projection<T>,
  options: ReadOptions = {},
): AsyncIterable<readonly T[]> {
  const batches = new Batches<T>(options)
  for await (const columns of loadedGroups(block, projection, options))
    yield* batches.add(rowsOf(columns, projection, options))
  yield* batches.rest()
}

/** The same at once, of a block in memory. */
export function* readRowsSync<T>(
  block: MemoryBlock,
  projection: Projection<T>,
  options: ReadOptions = {},
): Iterable<readonly T[]> {
  const batches = new Batches<T>(options)
  for (const columns of wantedGroups(block, options)) {
    columns.loadSync(neededColumns(columns, projection, options), block.file)
    yield* batches.add(rowsOf(columns, projection, options))
  }
  yield* batches.rest()
}

/** Deals items out in batches of one length; the last may be shorter. */
class Batches<T> {
  readonly #length: number
  #batch: T[] = []

  constructor({ batchSize = 8192 }: ReadOptions) {
    this.#length = batchSize
  }

  *add(items: Iterable<T>): Iterable<readonly T[]> {
    for (const item of items) {
      this.#batch.push(item)
      if (this.#batch.length >= this.#length) yield this.#take()
    }
  }

  *rest(): Iterable<readonly T[]> {
    if (this.#batch.length > 0) yield this.#take()
  }

  #take(): readonly T[] {
    const batch = this.#batch
    this.#batch = []
    return batch
  }
}

/** What is made of each row that is wanted, of a row group that has been loaded. */
function* rowsOf<T>(columns: RowGroupColumns, { reader }: Projection<T>, options: ReadOptions): Iterable<T> {
  const isWanted = columns.named(() => rowTest(columns, options))
  const read = columns.named(() => reader(columns))
  for (let row = 0; row < columns.rowCount; row++) if (isWanted(row)) yield* columns.named(() => read(row))
}

/** The row groups that may have something, read ahead. */
async function* loadedGroups<T>(
  block: Block,
  projection: Projection<T>,
  options: ReadOptions,
): AsyncIterable<RowGroupColumns> {
  const { prefetchRowGroups = 2 } = options
  const load = async (columns: RowGroupColumns) => {
    await columns.load(neededColumns(columns, projection, options))
    return columns
  }
  const waiting: Promise<RowGroupColumns>[] = []
  for (const columns of wantedGroups(block, options)) {
    const loading = load(columns)
    // Its failure is met when it is its turn.
    loading.catch(() => {})
    waiting.push(loading)
    if (waiting.length > prefetchRowGroups) yield waiting.shift()!
  }
  while (waiting.length > 0) yield waiting.shift()!
}

/** The row groups that the footer does not rule out, one made when it is asked for: each keeps what it has read. */
function* wantedGroups(block: Block, options: ReadOptions): Iterable<RowGroupColumns> {
  for (let number = 0; number < block.footer.rowGroups.length; number++) {
    const columns = new RowGroupColumns(block, number, options.limits)
    if (mayHaveRows(columns, options)) yield columns
  }
}

function neededColumns<T>(columns: RowGroupColumns, { columnsOf }: Projection<T>, options: ReadOptions): string[] {
  return ['TraceID', ...testedColumns(options), ...columnsOf(columns)]
}

function testedColumns({ startNanos, endNanos }: ReadOptions): string[] {
  return startNanos === undefined && endNanos === undefined ? [] : ['StartTimeUnixNano', 'EndTimeUnixNano']
}

/** False where the footer rules out all rows. */
function mayHaveRows(columns: RowGroupColumns, { startNanos, endNanos, traceIdPrefix = '' }: ReadOptions): boolean {
  const [first, last] = ['StartTimeUnixNano', 'EndTimeUnixNano'].map(name => columns.chunk(name).extent)
  if (first && endNanos !== undefined && first[0] >= endNanos) return false
  if (last && startNanos !== undefined && last[1] < startNanos) return false
  const { bounds } = columns.chunk('TraceID')
  if (bounds === undefined) return true
  const [least, greatest] = bounds.map(bytes => Buffer.from(bytes).toString('hex').slice(0, traceIdPrefix.length))
  return least! <= traceIdPrefix && traceIdPrefix <= greatest!
}

function rowTest(
  columns: RowGroupColumns,
  { startNanos, endNanos, traceIdPrefix = '' }: ReadOptions,
): (row: number) => boolean {
  const traceId = idsOf(columns.get('TraceID'), 16)
  const isNamed = (row: number) => traceId(row).padStart(32, '0').startsWith(traceIdPrefix)
  if (startNanos === undefined && endNanos === undefined) return isNamed
  const [start, end] = [uint64sOf(columns.get('StartTimeUnixNano')), uint64sOf(columns.get('EndTimeUnixNano'))]
  return row =>
    isNamed(row) &&
    (endNanos === undefined || start(row) < endNanos) &&
    (startNanos === undefined || end(row) >= startNanos)
}
