import type { RangeReader } from '../../bytes/range.ts'
import type { Limits } from '../../model/limits.ts'
import type { TraceIds } from '../../model/scan.ts'
import { type Trace, traceIdDigits } from '../../model/trace.ts'
import { positionsOf } from '../../model/trace-hashes.ts'
import { spellingsOf, traceKey } from '../../model/trace-id.ts'
import { idsOf } from '../../parquet/read/fields.ts'
import type { Chunk } from '../../parquet/read/footer.ts'
import { PageIndexes } from '../../parquet/read/page-index.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { nextTurn } from '../../turns.ts'
import type { Block } from './block.ts'
import { mayHold, shardOf } from './blooms.ts'
import { traceColumns, tracesOf } from './rows.ts'
import { byRowGroup, idColumn } from './trace-ids.ts'

const idBytes = traceIdDigits / 2

/** Trace ids that are sought: by the key, without leading zeros, all spellings as bytes. */
type Sought = ReadonlyMap<string, readonly Buffer[]>

/**
 * The traces of some ids. The filters rule out ids, then what the footer says of the ids of a row group, and what the
 * index says of a page; of the row groups that remain the pages of ids are read, and of the others those of the rows.
 */
export async function* findTraces(block: Block, traceIds: readonly string[], limits?: Limits): AsyncIterable<Trace> {
  const asked = [...new Set(traceIds.map(traceKey))]
  const sought = new Map(asked.map(key => [key, spellingsIn(block, key).map(id => Buffer.from(id, 'hex'))]))
  // The filters are asked while the first indexes are on their way: a trace that is there waits for one request less.
  const filtering = Promise.all(asked.map(async key => (await passes(block, key)) || sought.delete(key)))
  for (const [number, { chunks, rowCount }] of block.footer.rowGroups.entries()) {
    if (!mayBeIn(chunks.get(idColumn)!, sought)) continue
    const indexes = new PageIndexes(block, number)
    await Promise.all([
      filtering,
      indexes.load(traceColumns(new RowGroupColumns(block, number), block.layout), [idColumn], limits),
    ])
    if (sought.size === 0) return
    const rows = (start: number, end: number) => new RowGroupColumns(block, number, limits, { start, end, indexes })
    const pages = indexes.placesWith(idColumn, (...extent) => mayBeBetween(sought, ...extent))
    for (const { firstRow, endRow } of pages ?? [{ firstRow: 0, endRow: rowCount }])
      for (const row of await rowsOf(rows(firstRow, endRow), sought))
        yield* traceAt(rows(firstRow + row, firstRow + row + 1), block)
  }
  await filtering
}

/** The spellings that may stand in a block: in a whole one all ids have 16 bytes, in a lone `data.parquet` what was read. */
function spellingsIn({ parts }: Block, key: string): string[] {
  return parts ? [key.padStart(traceIdDigits, '0')] : spellingsOf(key)
}

/** False where the block's filters do not have the id. What is missing or broken of them rules nothing out. */
async function passes(block: Block, key: string): Promise<boolean> {
  const { parts } = block
  if (parts === undefined || parts.shardCount === 0) return true
  const id = Buffer.from(key.padStart(traceIdDigits, '0'), 'hex')
  const number = shardOf(id, parts.shardCount)
  const name = `bloom-${number}`
  const answer = await parts.withPart(name, async shard => {
    const held = await mayHold(shard, id)
    return held === undefined || (!held && !(await holdsBounds(shard, block, number))) ? 'damaged' : held
  })
  if (typeof answer === 'boolean') return answer
  parts.warn(`${name}: is ${answer ?? 'missing'}: ids are looked for without it`)
  return true
}

/** Ids that a shard is tried with before it is believed that another one is not there. */
const triedIds = 4

/** False where a shard lacks ids that are there by the footer: it has no checksum, and may be that of another count. */
async function holdsBounds(shard: RangeReader, { footer, parts }: Block, number: number): Promise<boolean> {
  const bounds = footer.rowGroups.flatMap(({ chunks }) => chunks.get(idColumn)!.bounds ?? [])
  const known = bounds.filter(id => id.length === idBytes && shardOf(id, parts!.shardCount) === number)
  const held = await Promise.all(known.slice(0, triedIds).map(id => mayHold(shard, id)))
  return held.every(Boolean)
}

function mayBeIn({ bounds }: Pick<Chunk, 'bounds'>, sought: Sought): boolean {
  return bounds === undefined || mayBeBetween(sought, ...bounds)
}

function mayBeBetween(sought: Sought, least: Uint8Array, greatest: Uint8Array): boolean {
  for (const spellings of sought.values())
    for (const id of spellings) if (id.compare(least) >= 0 && id.compare(greatest) <= 0) return true
  return false
}

/** Which of the rows have one of the ids. */
async function rowsOf(columns: RowGroupColumns, sought: Sought): Promise<number[]> {
  await columns.load([idColumn])
  return columns.named(() => {
    const traceId = idsOf(columns.get(idColumn), 16)
    return Array.from({ length: columns.rowCount }, (_, row) => row).filter(row => sought.has(traceKey(traceId(row))))
  })
}

/** The trace of the one row. */
async function* traceAt(columns: RowGroupColumns, { layout }: Block): AsyncIterable<Trace> {
  await columns.load(traceColumns(columns, layout))
  const trace = columns.named(() => tracesOf(columns, layout)(0))
  if (trace.spans.length > 0) yield trace
}

/** Of a row group so few traces are read alone, at 12 ms of CPU each on otel; of more it is read whole: 120 ms of 24,000 spans. */
const maxAlone = 8

/** The traces of some ids where the hashes of all that there are say that they may be: no filter is asked. */
export async function* tracesWith(
  block: Block,
  traceIds: readonly string[],
  known: TraceIds,
  limits?: Limits,
): AsyncIterable<Trace> {
  const keys = new Set(traceIds.map(traceKey))
  for (const { number, rows } of byRowGroup(block, positionsOf(known, keys))) {
    const found = rows.length > maxAlone ? someOf(block, number, rows, limits) : eachOf(block, number, rows, limits)
    for await (const trace of found) if (keys.has(traceKey(trace.traceId))) yield trace
  }
}

/** Traces of a row group, of which each is read alone. */
async function* eachOf(
  block: Block,
  number: number,
  rows: Uint32Array,
  limits: Limits | undefined,
): AsyncIterable<Trace> {
  const indexes = new PageIndexes(block, number)
  await indexes.load(traceColumns(new RowGroupColumns(block, number), block.layout), [], limits)
  for (const start of rows)
    yield* traceAt(new RowGroupColumns(block, number, limits, { start, end: start + 1, indexes }), block)
}

/** Traces of a row group, which is read whole. */
async function* someOf(
  block: Block,
  number: number,
  rows: Uint32Array,
  limits: Limits | undefined,
): AsyncIterable<Trace> {
  const columns = new RowGroupColumns(block, number, limits)
  await columns.load(traceColumns(columns, block.layout))
  const trace = columns.named(() => tracesOf(columns, block.layout))
  for (const row of rows) {
    const read = columns.named(() => trace(row))
    if (read.spans.length > 0) yield read
  }
  await nextTurn()
}
