import type { Range } from '../../../bytes/range.ts'
import { LabError } from '../../../error.ts'
import { mayHaveBasis } from './bases.ts'
import { bandCount, columnKind } from './columns.ts'
import type { PageEntry, PageGroupEntries } from './directory.ts'
import { bandOf, itemsPerByte } from './layout.ts'
import type { PageGroup, Toc } from './toc.ts'

/** A page's place in the file. */
export interface PagePlace extends Range {
  readonly entry: PageEntry
}

/** A span has at most 18 values beside its attributes, which count for themselves. */
const rowsPerItem = 32

/** The pages of a page group by column, with their places; the directory is checked against the root. */
export function placePages(toc: Toc, pageGroup: PageGroup, { entries }: PageGroupEntries): Map<number, PagePlace> {
  const { start: directory } = toc.directories[pageGroup.rowGroup]!
  const fail = (message: string): never => {
    throw new LabError('corrupt', `blockpack directory at byte ${directory}: page group ${pageGroup.index} ${message}`)
  }
  const at = pageGroup.bandRanges.map(({ start }) => start)
  const places = new Map<number, PagePlace>()
  let rowCount = 0
  for (const entry of entries) {
    if (columnKind(entry.column, toc.fields) === undefined) fail(`names column ${entry.column}`)
    if (!mayHaveBasis(entry.column, entry.basis, toc.fields))
      fail(`predicts column ${entry.column} by basis ${entry.basis}`)
    const band = bandOf(entry.column, entry.rowCount, entry.storedLength)
    const start = at[band]!
    at[band] = start + entry.storedLength
    places.set(entry.column, { entry, start, end: at[band]! })
    rowCount += entry.rowCount
  }
  for (let band = 0; band < bandCount; band++) {
    const { end } = pageGroup.bandRanges[band]!
    const isPadded = band === bandCount - 1 && at[band]! < end
    if (at[band] !== end && !isPadded) fail(`names pages up to byte ${at[band]}, band ${band} ends at ${end}`)
  }
  const max = maxItemsOf(pageGroup)
  if (rowCount > max * rowsPerItem || pageGroup.spanCount > max)
    fail(`has ${rowCount} values, ${pageGroup.spanCount} spans, and bytes for ${max} items`)
  return places
}

/** Traces, spans, events, links and values that the bytes of a page group vouch for: no memory is taken for more. */
export function maxItemsOf({ bandRanges }: PageGroup): number {
  return itemsPerByte * bandRanges.reduce((total, { start, end }) => total + end - start, 0)
}
