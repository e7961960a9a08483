import { type Contexts, contextsAt, ownerContexts, pairContexts } from '../../../encodings/pages/predicted.ts'
import { bases, ownerOf } from '../layout/bases.ts'
import { columnId, type FieldOwner, firstFieldId } from '../layout/columns.ts'
import { lazyBy } from '../layout/lazy.ts'
import type { FieldColumns } from './field-columns.ts'
import type { PageGroupColumns } from './page-group-columns.ts'

/** Returns the contexts of the rows of a column, by its basis (FORMAT.md, Bases). */
export function rowContexts(open: {
  readonly columns: PageGroupColumns
  readonly fields: FieldColumns
}): (column: number, basis: number) => Contexts {
  const { columns } = open
  const symbols = (column: number, count: number): Contexts => {
    const { symbols: codes, fileCodes, locals } = columns.pages.text(column, count)
    return { codes, size: fileCodes.length + locals.length }
  }
  const ofSpans = lazyBy((basis: number): Contexts => {
    const names = symbols(columnId('span.name'), columns.spanCount)
    if (basis === bases.name) return names
    return pairContexts(names, symbols(columnId('span.resource'), columns.spanCount))
  })
  const ofOwners = (owner: FieldOwner, basis: number): Contexts => {
    if (basis >= firstFieldId) {
      const rows = open.fields.rows(owner, basis - firstFieldId)
      return ownerContexts(symbols(basis, rows.length), rows, columns.ownerCount(owner))
    }
    if (owner === 'span') return ofSpans(basis)
    return contextsAt(ofSpans(basis), owner === 'event' ? columns.eventSpans() : columns.linkSpans())
  }
  return (column, basis) => {
    const owner = ownerOf(column, columns.context.block.toc.fields)!
    const contexts = ofOwners(owner, basis)
    return column < firstFieldId ? contexts : contextsAt(contexts, open.fields.rows(owner, column - firstFieldId))
  }
}
