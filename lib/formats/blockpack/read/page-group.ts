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
  #times: TimeColumns | undefined
  #ids: IdColumns | undefined
  #fields: FieldColumns | undefined

  constructor(context: PageGroupContext) {
    this.columns = new PageGroupColumns(context)
    context.pages.contextsOf ??= rowContexts(this)
  }

  get times(): TimeColumns {
    this.#times ??= new TimeColumns(this.columns)
    return this.#times
  }

  get ids(): IdColumns {
    this.#ids ??= new IdColumns(this.columns)
    return this.#ids
  }

  get fields(): FieldColumns {
    this.#fields ??= new FieldColumns(this.columns)
    return this.#fields
  }

  /** By span: the row of its parent; -1 for none, -2 for one that the trace lacks, or itself. */
  readonly parentRows = lazy(() => readParentRows(this.columns))
}
