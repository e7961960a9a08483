import { joinParents, type ReadParents, rowsOf } from '../../shred/parents.ts'
import type { Segment } from '../../shred/shred.ts'
import { parentKind } from '../../shred/tree.ts'
import { readCodes, writeCodes } from './codes.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { type PredictedIdRows, readSpanIds, writeSpanIds } from './ids.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import type { SpanContexts } from './spans.ts'

const kindCount = 4

/** Writes the parents: their kinds, the distances to those inside, and the ids of those outside. */
export function writeParents(
  writer: ColumnWriter,
  { span, trace }: Pick<Segment, 'span' | 'trace'>,
  contexts: SpanContexts,
): void {
  const kinds = span.parentKinds.view()
  writeCodes(writer, kinds, kindCount, contexts.forParents())
  for (const kind of [parentKind.inside, parentKind.repeated]) {
    const rows = rowsOf(kinds, kind)
    writeNumbers(
      writer,
      Float64Array.from(rows, row => span.parentValues.at(row)),
      contexts.forParents().at(rows),
    )
  }
  const outside = rowsOf(kinds, parentKind.outside)
  const traceIds = (i: number) => trace.ids[contexts.traceOf[outside[i]!]!]!
  writeSpanIds(writer, span.outsideParents, idRows(traceIds, outside, contexts))
}

export function readParents(reader: ColumnReader, traceIds: readonly string[], contexts: SpanContexts): ReadParents {
  const { rowCount, traceOf } = contexts
  const kinds = readCodes(reader, 'span.parent kind', rowCount, kindCount, contexts.forParents())
  const [inside, repeated, outside] = [parentKind.inside, parentKind.repeated, parentKind.outside].map(kind =>
    rowsOf(kinds, kind),
  ) as [Uint32Array, Uint32Array, Uint32Array]
  const read = (name: string, rows: Uint32Array) =>
    readNumbers(reader, name, rows.length, contexts.forParents().at(rows))
  const distances = read('span.parent distance', inside)
  const positions = read('span.parent repeated', repeated)
  const ofTrace = (i: number) => traceIds[traceOf[outside[i]!]!]!
  const outsideIds = readSpanIds(reader, 'span.parent outside', outside.length, idRows(ofTrace, outside, contexts))
  return joinParents({ kinds, distances, positions, outsideIds }, traceOf, message =>
    reader.head.fail('corrupt', message),
  )
}

function idRows(traceIds: (row: number) => string, rows: Uint32Array, contexts: SpanContexts): PredictedIdRows {
  const prediction = contexts.forSpans().at(rows)
  return { traceIds, prediction, groups: prediction.groups()! }
}
