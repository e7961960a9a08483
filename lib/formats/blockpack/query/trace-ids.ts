import { checkLimits, type Limits } from '../../../model/limits.ts'
import type { ColumnData, TraceIds } from '../../../model/scan.ts'
import { hashIds } from '../../../model/trace-hashes.ts'
import { nextTurn } from '../../../turns.ts'
import { traceIndexPages } from '../indexes/trace-index.ts'
import { columnId } from '../layout/columns.ts'
import { type PageGroup, pageGroupAt } from '../layout/toc.ts'
import type { BlockpackReader } from '../read/reader.ts'
import { PageGroupBatch } from './batch.ts'
import { planPageGroup } from './plan.ts'

/** The index keeps 12 bits beyond those that tell traces apart: of so few, bits of many other ids would be equal. */
const minIndexed = 1 << 14
/** Pages of the index that are decoded before other work has its turn. */
const pagesAtOnce = 4

/** The ids of a file: of its index, or all of them where it has few, or some of odd lengths, which have other hashes. */
export async function readTraceIds(reader: BlockpackReader, limits: Limits | undefined): Promise<TraceIds> {
  const { traceCount } = reader.block.toc
  const at: TraceIds['at'] = (positions, own) => idsAt(reader, positions, own)
  if (traceCount >= minIndexed && !(await hasOddIds(reader))) return { ...(await indexed(reader, limits)), at }
  return {
    ...hashIds(
      await at(
        Uint32Array.from({ length: traceCount }, (_, i) => i),
        limits,
      ),
    ),
    at,
  }
}

async function hasOddIds({ block }: BlockpackReader): Promise<boolean> {
  const odd = columnId('trace.idOdd')
  for (const [rowGroup] of block.toc.directories.entries()) {
    const directory = await block.directory(rowGroup)
    await nextTurn()
    for (const { entries } of directory) for (const { column } of entries) if (column === odd) return true
  }
  return false
}

async function indexed({ block }: BlockpackReader, limits: Limits | undefined): Promise<Omit<TraceIds, 'at'>> {
  const { root, traceCount, sections } = block.toc
  const { hashBits } = root.traceIndex
  const range = sections['trace index']
  const [stored] = await block.file.read([range])
  const [hashes, positions] = [new Uint32Array(traceCount), new Uint32Array(traceCount)]
  let [row, page] = [0, 0]
  for (const part of traceIndexPages(stored!, root.traceIndex, traceCount, range.start)) {
    for (const [i, key] of part.keys.entries()) hashes[row + i] = key * 2 ** (32 - hashBits)
    positions.set(part.positions, row)
    row += part.keys.length
    if (++page % pagesAtOnce !== 0) continue
    await nextTurn()
    checkLimits(limits)
  }
  return { hashes, hashBits, positions }
}

async function idsAt(
  reader: BlockpackReader,
  positions: Uint32Array,
  limits: Limits | undefined,
): Promise<readonly string[]> {
  const ids: string[] = []
  for (const { pageGroup, places } of byPageGroup(reader, positions)) {
    const batch = await idBatch(reader, pageGroup, limits)
    ids.push(...(await batch.traceIdsAt(places)))
    batch.release()
    await nextTurn()
    checkLimits(limits)
  }
  return ids
}

/** Positions, ascending, by page group: their places in it. */
export function* byPageGroup(
  { block: { toc } }: BlockpackReader,
  positions: Uint32Array,
): Iterable<{ readonly pageGroup: PageGroup; readonly places: Uint32Array }> {
  for (let start = 0; start < positions.length; ) {
    const pageGroup = pageGroupAt(toc, positions[start]!)
    let end = start
    while (end < positions.length && positions[end]! < pageGroup.firstTrace + pageGroup.traceCount) end++
    yield { pageGroup, places: positions.subarray(start, end).map(position => position - pageGroup.firstTrace) }
    start = end
  }
}

/** The ids of a page group's traces, of which nothing else is read. */
export async function traceIdsOf(
  reader: BlockpackReader,
  pageGroup: PageGroup,
  limits?: Limits,
): Promise<readonly string[]> {
  const batch = await idBatch(reader, pageGroup, limits)
  const [{ values }] = (await batch.read(['trace:id'])).get('trace:id') as [ColumnData]
  batch.release()
  return 'codes' in values ? (values.dictionary as readonly string[]) : []
}

async function idBatch(
  reader: BlockpackReader,
  pageGroup: PageGroup,
  limits: Limits | undefined,
): Promise<PageGroupBatch> {
  const { block } = reader
  const plan = planPageGroup(block.toc, pageGroup, await block.entriesOf(pageGroup), ['trace:id'])
  return new PageGroupBatch(reader, plan, limits)
}
