import { checkLimits, type Limits } from '../../../model/limits.ts'
import type { ScanRequest, SpanBatch } from '../../../model/scan.ts'
import { wantedIds } from '../../../model/wanted-ids.ts'
import { absentIn } from '../indexes/bloom.ts'
import type { BlockpackReader } from '../read/reader.ts'
import { PageGroupBatch } from './batch.ts'
import { checkNeeds, isPossible } from './conditions.ts'
import { planFile, planRowGroup } from './plan.ts'

/** Page groups whose columns are read in one go: few at first, as a search may soon have enough. */
const maxWindow = 16

/** Follows the plan: one batch per page group; more and more page groups of a row group are read together. */
export async function* scan(reader: BlockpackReader, request: ScanRequest, limits?: Limits): AsyncIterable<SpanBatch> {
  const { block, tables } = reader
  const { toc } = block
  checkLimits(limits)
  const plan = planFile(toc, request)
  const dictionaries = await block.dictionaries(plan.dictionaries)
  const needs = checkNeeds({ toc, tables, dictionaries }, request)
  if (!isPossible(needs)) return
  const spanIds = wantedIds(request, 'span:id')
  const columns = spanIds.length === 0 ? request.columns : [...new Set([...request.columns, 'span:id' as const])]
  let window = 1
  for (const rowGroup of plan.rowGroups) {
    const closed = await absentIn(block, rowGroup.rowGroup, needs.lookups)
    if (!isPossible(needs, closed)) continue
    const directory = await block.directory(rowGroup.rowGroup)
    const plans = planRowGroup(toc, rowGroup, directory, { needs, columns }, closed)
    for (let start = 0; start < plans.length; start += window, window = Math.min(maxWindow, window * 2)) {
      const read = plans.slice(start, start + window).map(one => new PageGroupBatch(reader, one, limits))
      if (spanIds.length > 0) await read[0]!.load(read)
      const together = read.filter(batch => isWanted(batch, spanIds))
      for (const [i, batch] of together.entries()) {
        batch.following = together.slice(i + 1)
        yield batch.mayBeSpelled ? ((await batch.spelledBatch()) ?? batch) : batch
      }
    }
  }
}

/** False for a page group, which is given up then, that has none of the spans which are wanted by their ids. */
function isWanted(batch: PageGroupBatch, spanIds: readonly (readonly string[])[]): boolean {
  const isIt = spanIds.length === 0 || batch.mayHaveSpans(spanIds)
  if (!isIt) batch.release()
  return isIt
}
