import { firstWhere } from '../../bytes/search.ts'
import { checkLimits, type Limits } from '../../model/limits.ts'
import type { TraceIds, TraceRange } from '../../model/scan.ts'
import { sortHashes } from '../../model/trace-hashes.ts'
import { traceIdHash } from '../../model/trace-id.ts'
import { idsOf } from '../../parquet/read/fields.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { nextTurn } from '../../turns.ts'
import type { Block } from './block.ts'

export const idColumn = 'TraceID'

/** By row group the positions of its traces: a block numbers them by their rows. */
export function traceRanges({ footer }: Pick<Block, 'footer'>): TraceRange[] {
  let end = 0
  return footer.rowGroups.map(({ rowCount }) => {
    const start = end
    end += rowCount
    return { start, end }
  })
}

/** The hashes of all ids of a block, and a way to the ids; of each row group the column of ids is read. */
export async function readTraceIds(block: Block, limits: Limits | undefined): Promise<TraceIds> {
  const hashes = new Uint32Array(block.footer.rowCount)
  for (const [number, { start }] of traceRanges(block).entries()) {
    const ids = await idsOfGroup(block, number, limits)
    for (const [row, id] of ids.entries()) hashes[start + row] = traceIdHash(id)
    await nextTurn()
  }
  return { ...sortHashes(hashes), at: (positions, own) => idsAt(block, positions, own) }
}

async function idsAt(block: Block, positions: Uint32Array, limits: Limits | undefined): Promise<string[]> {
  const found: string[] = []
  for (const { number, rows } of byRowGroup(block, positions)) {
    const ids = await idsOfGroup(block, number, limits)
    for (const row of rows) found.push(ids[row]!)
    await nextTurn()
  }
  return found
}

async function idsOfGroup(block: Block, number: number, limits: Limits | undefined): Promise<string[]> {
  checkLimits(limits)
  const columns = new RowGroupColumns(block, number, limits)
  await columns.load([idColumn])
  return columns.named(() =>
    Array.from({ length: columns.rowCount }, (_, row) => row).map(idsOf(columns.get(idColumn), 16)),
  )
}

/** Positions, ascending, by row group: their rows in it. */
export function* byRowGroup(
  block: Pick<Block, 'footer'>,
  positions: Uint32Array,
): Iterable<{ readonly number: number; readonly rows: Uint32Array }> {
  for (const [number, range] of traceRanges(block).entries()) {
    const own = positions.subarray(...placesIn(positions, range))
    if (own.length > 0) yield { number, rows: own.map(position => position - range.start) }
  }
}

/** From where to where of ascending positions those of a range stand. */
export function placesIn(positions: Uint32Array, { start, end }: TraceRange): [from: number, to: number] {
  const placeOf = (position: number) => firstWhere(positions.length, i => positions[i]! >= position)
  return [placeOf(start), placeOf(end)]
}
