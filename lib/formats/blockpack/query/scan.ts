import { checkLimits, type Limits } from '../../../model/limits.ts'
import type { ScanRequest, SpanBatch } from '../../../model/scan.ts'
import { absentIn } from '../indexes/bloom.ts'
import type { BlockpackReader } from '../read/reader.ts'
import { loadPlanned, PageGroupBatch } from './batch.ts'
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
  let window = 1
  for (const rowGroup of plan.rowGroups) {
    const closed = await absentIn(block, rowGroup.rowGroup, needs.lookups)
    if (!isPossible(needs, closed)) continue
    const directory = await block.directory(rowGroup.rowGroup)
    const plans = planRowGroup(toc, rowGroup, directory, { needs, columns: request.columns }, closed)
    for (let start = 0; start < plans.length; start += window, window = Math.min(maxWindow, window * 2)) {
      const together = plans.slice(start, start + window).map(one => new PageGroupBatch(reader, one, limits))
      await loadPlanned(reader, together, limits)
      for (const [i, batch] of together.entries()) {
        batch.readAhead = together.length - 1 - i
        yield batch.mayBeSpelled ? ((await batch.spelledBatch()) ?? batch) : batch
      }
    }
  }
}
