import type { AttributeScope } from '../../model/scan.ts'
import { startsOf } from '../../parquet/read/fields.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { genericColumns } from './generic-attributes.ts'
import { depthOf, prefixes } from './schema.ts'

/** For events and links the columns that give how many a span has, keys of attributes first. */
const childNames = {
  event: [genericColumns('event').keys, `${prefixes.event}.Name`, `${prefixes.event}.TimeSinceStartNano`],
  link: [genericColumns('link').keys, `${prefixes.link}.SpanID`, `${prefixes.link}.TraceID`],
}

/** What must be loaded for it to be known how many events, or links, a span has. */
export function childColumns(columns: RowGroupColumns, scope: AttributeScope): string[] {
  if (scope !== 'event' && scope !== 'link') return []
  const filled = childNames[scope].filter(name => !columns.chunk(name).isEmpty)
  return filled.slice(0, 1)
}

/** By span its first event, or link, and their number at the end. */
export function childStarts(columns: RowGroupColumns, scope: 'event' | 'link', spanCount: number): Uint32Array {
  const column = childNames[scope].map(name => columns.loaded(name)).find(found => found !== undefined)
  return column ? startsOf(column, depthOf[scope], spanCount) : new Uint32Array(spanCount + 1)
}
