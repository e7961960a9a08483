import { lazy } from '../layout/lazy.ts'
import { FieldColumns } from './field-columns.ts'
import { IdColumns } from './id-columns.ts'
import { PageGroupColumns, type PageGroupContext } from './page-group-columns.ts'
import { readParentRows } from './parent-rows.ts'
import { rowContexts } from './row-contexts.ts'
import { TimeColumns } from './time-columns.ts'

/** A page group being decoded. Whatever is asked for must have its pages and dictionaries loaded by then. */
export class OpenPageGroup {
  readonly columns: PageGroupColumns
  readonly times: TimeColumns
  readonly ids: IdColumns
  readonly fields: FieldColumns

  constructor(context: PageGroupContext) {
    this.columns = new PageGroupColumns(context)
    this.times = new TimeColumns(this.columns)
    this.ids = new IdColumns(this.columns)
    this.fields = new FieldColumns(this.columns)
    context.pages.contextsOf ??= rowContexts(this.columns, this.fields)
  }

  /** By span: the row of its parent; -1 for none, -2 for one that the trace lacks, or itself. */
  readonly parentRows = lazy(() => readParentRows(this.columns))
}
