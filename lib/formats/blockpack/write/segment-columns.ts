import { ByteWriter } from '../../../bytes/writer.ts'
import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'
import { serviceOf } from '../../../model/service.ts'
import type { Resource, Scope } from '../../../model/trace.ts'
import { type AttributeShredder, type KeyType, rowsOfColumns } from '../../../shred/attributes.ts'
import type { CodedColumn } from '../../../shred/columns.ts'
import { printDropped, printStatus } from '../../../shred/field-texts.ts'
import type { Segment } from '../../../shred/shred.ts'
import type { Table } from '../../../shred/table.ts'
import { writeResource, writeScope } from '../../../wire/cbor/resource.ts'

/** What is encoded of a segment: arrays and texts only, so that another thread can do it. */
export type SegmentColumns = ReturnType<typeof columnsOf>

/** The columns of attributes of one owner. */
export interface AttributeLists {
  readonly columns: readonly AttributeValues[]
  /** By owner: the code of its list. */
  readonly lists: Uint32Array
  /** By code of a list: its columns, in order. */
  readonly listColumns: readonly (readonly number[])[]
}

/** The values of one key and type. */
export interface AttributeValues extends KeyType {
  readonly length: number
  readonly texts: Table<string>
  readonly numbers: ReadNumbers
}

/** The columns of a segment, which nothing is added to any more. */
export function columnsOf(segment: Segment) {
  const { trace, span, event, link } = segment
  return {
    spanCount: segment.spanCount,
    itemCount: segment.itemCount,
    base: segment.base,
    minStart: segment.minStart,
    maxStart: segment.maxStart,
    hasRepeatedIds: segment.hasRepeatedIds,
    trace: { ids: trace.ids, spanCounts: trace.spanCounts.view(), starts: exactly(trace.starts) },
    span: {
      ids: { halves: span.ids.halves.view(), others: span.ids.others },
      parentKinds: span.parentKinds.view(),
      parentValues: span.parentValues.view(),
      outsideParents: span.outsideParents,
      names: span.names.table(),
      kinds: span.kinds.view(),
      statuses: printed(span.statuses, printStatus),
      traceStates: span.traceStates.table(),
      flags: span.flags.view(),
      droppedCounts: printed(span.droppedCounts, printDropped),
      resources: printed(span.resources, resource => printShared(resource, writeResource)),
      services: span.resources.dictionary.values.map(serviceOf),
      scopes: printed(span.scopes, scope => printShared(scope, writeScope)),
      starts: exactly(span.starts),
      durations: exactly(span.durations),
      eventCounts: span.eventCounts.view(),
      linkCounts: span.linkCounts.view(),
      attributes: listsOf(span.attributes),
    },
    event: {
      spanRows: event.spanRows.view(),
      names: event.names.table(),
      times: exactly(event.times),
      droppedCounts: event.droppedCounts.view(),
      attributes: listsOf(event.attributes),
    },
    link: {
      spanRows: link.spanRows.view(),
      traceIds: link.traceIds,
      spanIds: link.spanIds,
      traceStates: link.traceStates.table(),
      flags: link.flags.view(),
      droppedCounts: link.droppedCounts.view(),
      attributes: listsOf(link.attributes),
    },
  }
}

function exactly({ values, exceptions }: ReadNumbers): ReadNumbers {
  return { values, exceptions }
}

function printed<T>({ dictionary, codes }: CodedColumn<T>, print: (value: T) => string): Table<string> {
  return { values: dictionary.values.map(print), codes: codes.view() }
}

function listsOf(attributes: AttributeShredder): AttributeLists {
  return {
    columns: attributes.columns.map(({ key, type, length, texts, numbers }) => ({
      ...{ key, type, length },
      texts: texts.table(),
      numbers: exactly(numbers),
    })),
    lists: attributes.lists.view(),
    listColumns: attributes.listColumns(),
  }
}

const printedShared = new WeakMap<object, string>()

/** The CBOR of a resource or scope as a string of bytes, found once; empty for none. */
function printShared<T extends Resource | Scope>(
  item: T | null,
  encode: (writer: ByteWriter, item: T) => void,
): string {
  if (item === null) return ''
  let text = printedShared.get(item)
  if (text === undefined) {
    const writer = new ByteWriter(256)
    encode(writer, item)
    text = writer.view().toString('latin1')
    printedShared.set(item, text)
  }
  return text
}

/** By column: the owner's row of each of its values. */
export function columnRowsOf({ columns, lists, listColumns }: AttributeLists): Uint32Array[] {
  return rowsOfColumns(
    lists,
    listColumns,
    Array.from(columns, ({ length }) => length),
  )
}
