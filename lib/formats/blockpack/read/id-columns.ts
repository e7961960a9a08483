import {
  countSpanIdKinds,
  countTraceIdKinds,
  joinSpanIds,
  joinTraceIds,
  traceKind,
  zeros,
} from '../../../encodings/ids.ts'
import { spanIdDigits } from '../../../model/trace.ts'
import { joinParents, type ReadParents as Parents } from '../../../shred/parents.ts'
import type { Table } from '../../../shred/table.ts'
import { parentKind } from '../../../shred/tree.ts'
import { type ColumnId, columnId } from '../layout/columns.ts'
import { countOf, type PageGroupColumns } from './page-group-columns.ts'

/** Ids of the traces and spans of a page group, and who is whose parent. */

export function traceIdsOf(columns: PageGroupColumns): string[] {
  return columns.once('traceIds', () => readTraceIds(columns, columns.traceCount))
}

export function spanIdsOf(columns: PageGroupColumns): string[] {
  return columns.once('spanIds', () => readSpanIds(columns, 'span.id', columns.spanCount, columns.traceOf()))
}

/** The ids of some traces, by code; others have code 0. */
export function traceIdsAt(columns: PageGroupColumns, traces: Iterable<number>): Table<string> {
  const kinds = columns.pages.small('trace.idKind', columns.traceCount, 2)
  const counts = countTraceIdKinds(kinds)
  const low = counts.odd > 0 ? undefined : halvesOf(columns, 'trace.idLow', columns.traceCount)
  const whole = low ? undefined : traceIdsOf(columns)
  const high = low && halvesOf(columns, 'trace.idHigh', counts.whole)
  const highTexts = low && !high ? columns.once('trace.idHigh', () => columns.texts('trace.idHigh', counts.whole)) : []
  const codes = new Uint32Array(columns.traceCount)
  const values: string[] = []
  let [next, wholes] = [0, 0]
  for (const trace of traces) {
    for (; next < trace; next++) if (kinds[next] === traceKind.whole) wholes++
    codes[trace] = values.length
    const isWhole = kinds[trace] === traceKind.whole
    if (whole) values.push(whole[trace]!)
    else values.push((isWhole ? (high ? digits(high, wholes) : highTexts[wholes]!) : zeros) + digits(low!, trace))
  }
  return { values, codes }
}

const halfBytes = spanIdDigits / 2

/** Halves of trace ids, 8 bytes each, where they stand as such. */
function halvesOf(columns: PageGroupColumns, name: ColumnId, count: number): Buffer | undefined {
  return columns.once(`bytes of ${name}`, () => {
    const bytes = columns.pages.hexBytes(columnId(name), count)
    return bytes?.length === count * halfBytes ? bytes : undefined
  })
}

function digits(halves: Buffer, row: number): string {
  return halves.toString('hex', row * halfBytes, (row + 1) * halfBytes)
}

/** The ids of some spans, by code; other rows have code 0. */
export function spanIdsAt(columns: PageGroupColumns, rows: Uint32Array): Table<string> {
  const kinds = columns.pages.small('span.idKind', columns.spanCount, 3)
  const randomCount = countSpanIdKinds(kinds).random
  const bytes = columns.once('bytes of span.id', () => columns.pages.hexBytes(columnId('span.id'), randomCount))
  const codes = new Uint32Array(columns.spanCount)
  const width = bytes ? bytes.length / randomCount : 0
  const isPlain = bytes !== undefined && width * 2 === spanIdDigits && rows.every(row => kinds[row]! < 2)
  const whole = isPlain ? undefined : spanIdsOf(columns)
  const values: string[] = []
  const traceOf = columns.traceOf()
  const tailed = whole ? [] : rows.filter(row => kinds[row] !== 0)
  const traces = traceIdsAt(columns, new Set(Array.from(tailed, row => traceOf[row]!)))
  let [next, random] = [0, 0]
  for (const row of rows) {
    for (; next < row; next++) if (kinds[next] === 0) random++
    codes[row] = values.length
    if (whole) values.push(whole[row]!)
    else if (kinds[row] === 0) values.push(bytes!.toString('hex', random * width, (random + 1) * width))
    else values.push(traces.values[traces.codes[traceOf[row]!]!]!.slice(spanIdDigits))
  }
  return { values, codes }
}

export function parentsOf(columns: PageGroupColumns): Parents {
  return columns.once('parents', () => readParents(columns))
}

function readTraceIds(columns: PageGroupColumns, traceCount: number): string[] {
  const kinds = columns.pages.small('trace.idKind', traceCount, 2)
  const counts = countTraceIdKinds(kinds)
  const high = columns.texts('trace.idHigh', counts.whole)
  const low = columns.texts('trace.idLow', counts.even)
  const odd = columns.texts('trace.idOdd', counts.odd)
  const next = { high: (i: number) => high[i]!, low: (i: number) => low[i]!, odd: (i: number) => odd[i]! }
  return joinTraceIds(kinds, next, message => columns.pages.fail('trace.id', message))
}

function readParents(columns: PageGroupColumns): Parents {
  const [kinds, traceOf, rowCount] = [columns.parentKinds(), columns.traceOf(), columns.spanCount]
  const outside = new Uint32Array(countOf(kinds, parentKind.outside))
  for (let row = 0, at = 0; row < rowCount; row++) if (kinds[row] === parentKind.outside) outside[at++] = traceOf[row]!
  const parts = {
    kinds,
    distances: columns.parentDistances(),
    positions: columns.parentPositions(),
    outsideIds: readSpanIds(columns, 'span.parentId', outside.length, outside),
  }
  return joinParents(parts, traceOf, message => columns.pages.fail('span.parent', message))
}

function readSpanIds(
  columns: PageGroupColumns,
  name: 'span.id' | 'span.parentId',
  count: number,
  groups: Uint32Array,
): string[] {
  const kinds = columns.pages.small(`${name}Kind`, count, 3)
  const counts = countSpanIdKinds(kinds)
  const parts = {
    kinds,
    distances: columns.pages.plain(`${name}Repeat`, counts.repeated, 1, count),
    random: columns.texts(name, counts.random),
    odd: columns.texts(`${name}Odd`, counts.odd),
  }
  const traceIds = traceIdsOf(columns)
  const rows = { traceIds: (row: number) => traceIds[groups[row]!]!, groups }
  return joinSpanIds(parts, rows, message => columns.pages.fail(name, message))
}
