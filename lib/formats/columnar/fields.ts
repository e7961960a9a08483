import type { SpanFields } from '../../shred/assemble.ts'
import { parseDropped, parseStatus, printDropped, printStatus } from '../../shred/field-texts.ts'
import type { Segment } from '../../shred/shred.ts'
import { readResource, readScope, writeResource, writeScope } from '../../wire/cbor/resource.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import type { SpanContexts } from './spans.ts'
import {
  int32,
  readItems,
  readNumberTable,
  readTextTable,
  uint32,
  writeItems,
  writeNumberTable,
  writePrintedTable,
  writeTextTable,
} from './tables.ts'

/** Writes the fields; later ones, and later columns, are predicted from names, resources and statuses. */
export function writeSpanFields(writer: ColumnWriter, span: Segment['span'], contexts: SpanContexts): void {
  contexts.setNames(writeTextTable(writer, span.names.table(), contexts.forNames()))
  contexts.setResources(writeItems(writer, span.resources.table(), writeResource, contexts.forSpans()))
  writeItems(writer, span.scopes.table(), writeScope, contexts.forSpans())
  writeNumberTable(writer, span.kinds.view(), contexts.forSpans())
  contexts.setStatuses(writePrintedTable(writer, span.statuses.table(), printStatus, contexts.forSpans()))
  writeTextTable(writer, span.traceStates.table(), contexts.forSpans())
  writeNumberTable(writer, span.flags.view(), contexts.forSpans())
  writePrintedTable(writer, span.droppedCounts.table(), printDropped, contexts.forSpans())
}

export function readSpanFields(reader: ColumnReader, contexts: SpanContexts): SpanFields {
  const { rowCount } = contexts
  const fail = (message: string) => reader.head.fail('corrupt', message)
  const names = readTextTable(reader, 'span.name', rowCount, contexts.forNames())
  contexts.setNames(names.codes)
  const resources = readItems(reader, 'span.resource', rowCount, readResource, contexts.forSpans())
  contexts.setResources(resources.codes)
  const scopes = readItems(reader, 'span.scope', rowCount, readScope, contexts.forSpans())
  const kinds = readNumberTable(reader, 'span.kind', rowCount, contexts.forSpans(), int32)
  const statuses = readTextTable(reader, 'span.status', rowCount, contexts.forSpans())
  contexts.setStatuses(statuses.codes)
  const statusValues = statuses.values.map(text => parseStatus(text, fail))
  const traceStates = readTextTable(reader, 'span.traceState', rowCount, contexts.forSpans())
  const flags = readNumberTable(reader, 'span.flags', rowCount, contexts.forSpans(), uint32)
  const dropped = readTextTable(reader, 'span.dropped', rowCount, contexts.forSpans())
  return {
    ...{ names, resources, scopes, kinds, traceStates, flags },
    statuses: { values: statusValues, codes: statuses.codes },
    droppedCounts: { values: dropped.values.map(text => parseDropped(text, fail)), codes: dropped.codes },
  }
}
