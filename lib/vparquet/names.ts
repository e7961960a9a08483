import type { AttributeScope, ColumnName, Intrinsic } from '../model/scan.ts'
import { intrinsicColumns } from './intrinsics.ts'

/** The field that a column of a query is, or the scope and key of the attribute. */
export type Named =
  | { readonly intrinsic: Intrinsic }
  | { readonly intrinsic?: undefined; readonly scope: AttributeScope; readonly key: string }

export function parseName(name: ColumnName): Named {
  if (Object.hasOwn(intrinsicColumns, name)) return { intrinsic: name as Intrinsic }
  const dot = name.indexOf('.')
  return { scope: name.slice(0, dot) as AttributeScope, key: name.slice(dot + 1) }
}
