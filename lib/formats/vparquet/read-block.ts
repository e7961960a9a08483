import type { Limits } from '../../model/limits.ts'
import type { Span, Trace } from '../../model/trace.ts'
import { idsOf, startsOf, textsOf, uint32sOf, uint64sOf } from '../../parquet/read/fields.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { Block } from './block.ts'
import { type Layout, withoutAttributes } from './layout.ts'
import { traceColumns, tracesOf } from './rows.ts'

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

/** A trace without its spans, as the columns of the block's rows have it. */
export interface TraceSummary {
  readonly traceId: string
  readonly startNanos: bigint
  readonly endNanos: bigint
  /** Empty where the trace has no root. */
  readonly rootServiceName: string
  readonly rootSpanName: string
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[]
}

/** A span, with its resource and scope, and the trace that it is of. */
export interface SpanOfTrace {
  readonly traceId: string
  readonly span: Span
}

const summaryColumns = ['TraceID', 'StartTimeUnixNano', 'EndTimeUnixNano', 'RootServiceName', 'RootSpanName']

/** The traces of a block in the order of their ids, by the few columns that do not speak of spans. */
export function readTraceSummaries(block: Block, options: ReadOptions = {}): AsyncIterable<readonly TraceSummary[]> {
  const stats = statsOf(block)
  const names = [...summaryColumns, stats.service, stats.spanCount, stats.errorCount]
  return inBatchesOf(
    rowsOf(
      block,
      options,
      () => names,
      columns => summariesOf(columns, stats),
    ),
    options,
  )
}

/** The traces of a block with all of their spans; without their attributes but for the services' names by `spans`. */
export function readBlockTraces(
  block: Block,
  options: ReadOptions & { projection?: 'spans' | 'full' } = {},
): AsyncIterable<readonly Trace[]> {
  const layout: Layout = options.projection === 'spans' ? withoutAttributes(block.layout) : block.layout
  const namesOf = (columns: RowGroupColumns) => traceColumns(columns, layout)
  return inBatchesOf(
    rowsOf(block, options, namesOf, columns => tracesOf(columns, layout)),
    options,
  )
}

/** The same span by span. */
export async function* readBlockSpans(
  block: Block,
  options: ReadOptions & { projection?: 'spans' | 'full' } = {},
): AsyncIterable<readonly SpanOfTrace[]> {
  const spans = async function* (): AsyncIterable<SpanOfTrace> {
    for await (const traces of readBlockTraces(block, options))
      for (const { traceId, spans } of traces) for (const span of spans) yield { traceId, span }
  }
  yield* inBatchesOf(spans(), options)
}

async function* inBatchesOf<T>(
  items: AsyncIterable<T>,
  { batchSize = 8192 }: ReadOptions,
): AsyncIterable<readonly T[]> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** What `readerOf` makes of each row that is wanted. */
async function* rowsOf<T>(
  block: Block,
  options: ReadOptions,
  namesOf: (columns: RowGroupColumns) => readonly string[],
  readerOf: (columns: RowGroupColumns) => (row: number) => T,
): AsyncIterable<T> {
  for await (const columns of loadedGroups(block, options, namesOf)) {
    const isWanted = columns.named(() => rowTest(columns, options))
    const read = columns.named(() => readerOf(columns))
    for (let row = 0; row < columns.rowCount; row++) if (isWanted(row)) yield columns.named(() => read(row))
  }
}

/** The row groups that may have something, read ahead. */
async function* loadedGroups(
  block: Block,
  options: ReadOptions,
  namesOf: (columns: RowGroupColumns) => readonly string[],
): AsyncIterable<RowGroupColumns> {
  const { prefetchRowGroups = 2, limits } = options
  const wanted = block.footer.rowGroups
    .map((_, number) => new RowGroupColumns(block, number, limits))
    .filter(columns => mayHaveRows(columns, options))
  const load = async (columns: RowGroupColumns) => {
    await columns.load([...testedColumns(options), ...namesOf(columns)])
    return columns
  }
  const waiting: Promise<RowGroupColumns>[] = []
  for (const columns of wanted) {
    const loading = load(columns)
    // Its failure is met when it is its turn.
    loading.catch(() => {})
    waiting.push(loading)
    if (waiting.length > prefetchRowGroups) yield waiting.shift()!
  }
  for (const loading of waiting) yield await loading
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

interface StatsColumns {
  readonly service: string
  readonly spanCount: string
  readonly errorCount: string
}

function statsOf({ layout: { version } }: Block): StatsColumns {
  const prefix = 'ServiceStats'
  return version === 'vParquet4'
    ? {
        service: `${prefix}.key_value.key`,
        spanCount: `${prefix}.key_value.value.SpanCount`,
        errorCount: `${prefix}.key_value.value.ErrorCount`,
      }
    : { service: `${prefix}.ServiceName`, spanCount: `${prefix}.SpanCount`, errorCount: `${prefix}.ErrorCount` }
}

function summariesOf(columns: RowGroupColumns, names: StatsColumns): (row: number) => TraceSummary {
  const { rowCount } = columns
  const column = (name: string) => columns.get(name, rowCount)
  const traceId = idsOf(column('TraceID'), 16)
  const [start, end] = [uint64sOf(column('StartTimeUnixNano')), uint64sOf(column('EndTimeUnixNano'))]
  const [service, name] = [textsOf(column('RootServiceName')), textsOf(column('RootSpanName'))]
  const starts = startsOf(columns.get(names.service), 1, rowCount)
  const [stat, spanCount, errorCount] = [
    textsOf(columns.get(names.service, starts.at(-1)!)),
    uint32sOf(columns.get(names.spanCount, starts.at(-1)!)),
    uint32sOf(columns.get(names.errorCount, starts.at(-1)!)),
  ]
  return row => ({
    traceId: traceId(row),
    startNanos: start(row),
    endNanos: end(row),
    rootServiceName: service(row),
    rootSpanName: name(row),
    services: Array.from({ length: starts[row + 1]! - starts[row]! }, (_, i) => {
      const at = starts[row]! + i
      return { name: stat(at), spanCount: spanCount(at), errorCount: errorCount(at) }
    }),
  })
}
