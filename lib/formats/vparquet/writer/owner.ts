import type { AttributeScope } from '../../../model/scan.ts'
import type { Link, SpanEvent } from '../../../model/trace.ts'
import type { Columns, ListColumn } from '../../../parquet/write/columns.ts'
import { Int32Values } from '../../../parquet/write/number-values.ts'
import type { DedicatedColumn, Version } from '../meta.ts'
import { prefixes } from '../schema.ts'
import { AttributeColumns } from './attribute-columns.ts'

/** What has attributes, and repeats. */
export interface Owner {
  readonly list: ListColumn
  readonly attributes: AttributeColumns
  readonly dropped: Int32Values
}

/** The repeated fields whose elements have the attributes. */
const lists: Readonly<Record<AttributeScope, string>> = {
  ...prefixes,
  resource: 'rs',
  instrumentation: 'rs.ss',
}

export function ownerColumns(
  columns: Columns,
  version: Version,
  scope: AttributeScope,
  settings: readonly DedicatedColumn[],
): Owner {
  return {
    list: columns.list(lists[scope]),
    attributes: new AttributeColumns(columns, version, scope, settings),
    dropped: columns.values(`${prefixes[scope]}.DroppedAttributesCount`, Int32Values),
  }
}

/** Adds the events, or links, of a span, whose repetition level it is; `addOwn` adds what they have beside attributes. */
export function addChildren<T extends SpanEvent | Link>(
  { list, attributes, dropped }: Owner,
  children: readonly T[],
  repetition: number,
  addOwn: (child: T) => void,
): void {
  if (children.length === 0) return list.none(repetition)
  for (const [i, child] of children.entries()) {
    const own = list.open(i === 0, repetition)
    addOwn(child)
    attributes.add(child.attributes, own)
    dropped.add(child.droppedAttributesCount)
  }
}
