import type { AttributeScope, ColumnName, Intrinsic } from './scan.ts'

/** The field that a column of a query is, or the scope and key of the attribute. */
export type Named =
  | { readonly intrinsic: Intrinsic }
  | { readonly intrinsic?: undefined; readonly scope: AttributeScope; readonly key: string }

/** What a name means: an attribute's has a dot after its scope, an intrinsic's has none. */
export function parseName(name: ColumnName): Named {
  const dot = name.indexOf('.')
  if (dot < 0) return { intrinsic: name as Intrinsic }
  return { scope: name.slice(0, dot) as AttributeScope, key: name.slice(dot + 1) }
}
