import { ownersOf } from '../../model/owners.ts'
import type { Column } from '../../parquet/read/column.ts'
import { startsOf } from '../../parquet/read/fields.ts'
import { depthOf } from './schema.ts'

/** How traces, resources, scopes and spans of a row group lie in one another, flat. */
export interface Structure {
  readonly spanCount: number
  /** How many resources (`rs`) and scopes (`ss`) there are. */
  readonly resourceCount: number
  readonly scopeCount: number
  /** By trace its first span, and their number at the end. */
  readonly traceStarts: Uint32Array
  /** By span its resource and scope. */
  readonly resourceOf: Uint32Array
  readonly scopeOf: Uint32Array
}

/** The structure, from any column of spans or of what they contain. */
export function structureOf(column: Column, rowCount: number): Structure {
  const resources = startsOf(column, depthOf.rs, rowCount)
  const resourceCount = resources.at(-1)!
  const scopes = startsOf(column, depthOf.ss, resourceCount)
  const scopeCount = scopes.at(-1)!
  const spans = startsOf(column, depthOf.span, scopeCount)
  const resourceStarts = scopes.map(scope => spans[scope]!)
  return {
    spanCount: spans.at(-1)!,
    resourceCount,
    scopeCount,
    traceStarts: resources.map(resource => resourceStarts[resource]!),
    resourceOf: ownersOf(resourceStarts),
    scopeOf: ownersOf(spans),
  }
}
