import type { Earned, QueryBench, QueryCost, QueryRow } from '../../runs/query-bench-schema.ts'
import { fixed, mebibytes, percent, seconds, thousands, whole } from '../../text/format.ts'
import { type Column, number, type Table, tableOf, text } from '../../text/table.ts'
import { costOfKind, type KindCost } from './summary.ts'

/** A line a row: size, ingest, latency, bytes and memory. */
export function summaryTable({ set, input: { spanCount }, rows }: QueryBench): Table {
  const cost = (row: QueryRow, kind: Kind) => costOfKind(set, row, kind)
  const ofKinds = (unit: string, value: (cost: KindCost | null) => number | null, print: Print, keep = 0) =>
    kinds.map(kind => number<QueryRow>(`${kind} ${unit}`, row => value(cost(row, kind)), print, { keep }))
  return tableOf(
    rows,
    [
      text('phase', row => row.name),
      text('kept', row => row.earned?.kept ?? '', { keep: 1 }),
      text('asked', asked),
      number('B/span', ({ earned }) => earned && earned.sizeBytes / spanCount, fixed(2), { keep: 2 }),
      number('enc spans/s', ({ earned }) => encodeRate(earned, spanCount), thousands),
      number('enc MiB', ({ earned }) => mebibytes(earned?.ingest?.encodePeakBytes ?? null)),
      ...ofKinds('ms', found => millis(found?.geometricMean), seconds, 2),
      ...ofKinds('MB', found => megabytes(found?.bytes), fixed(3), 1),
      number('query MiB', ({ earned }) => mebibytes(earned?.queryPeakBytes ?? null)),
    ],
    'summary',
  )
}

/** A line a row: what is behind the summary. */
export function detailTable({ set, rows }: QueryBench): Table {
  const compared = (row: QueryRow) => costOfKind(set, row, 'compare')
  return tableOf(rows, [
    text('phase', row => row.name),
    number('bytes', ({ earned }) => earned?.sizeBytes ?? null),
    number('enc CPU s', ({ earned }) => earned?.ingest?.encodeCpuSeconds ?? null, seconds),
    number('open ms', ({ earned }) => millis(earned?.opening?.seconds.cpu), seconds),
    number('open B', ({ earned }) => earned?.opening?.bytes ?? null),
    ...kinds.flatMap(kind => spreadColumns(kind, row => costOfKind(set, row, kind))),
    number('compare ms', row => millis(compared(row)?.geometricMean), seconds),
    number('MB', row => megabytes(compared(row)?.bytes), fixed(3)),
  ])
}

function spreadColumns(kind: Kind, cost: (row: QueryRow) => KindCost | null): Column<QueryRow>[] {
  return [
    number(`${kind} p50`, row => millis(cost(row)?.median), seconds),
    number('max', row => millis(cost(row)?.max), seconds),
    number('sum', row => millis(cost(row)?.sum), seconds),
    number('requests', row => cost(row)?.requests ?? null),
  ]
}

/** A line a query: what it costs in one row. */
export function costTable(
  { set, truths, openRounds, environment }: QueryBench,
  { name, opens, earned }: QueryRow,
): Table {
  const rounds = opens ? openRounds : environment.rounds
  const questions = set.questions.map((question, i) => ({
    name: question.name,
    matched: truths[i]!.matched,
    cost: earned?.results[i]?.cost ?? null,
  }))
  const spread = (cost: QueryCost) => (rounds > 1 ? cost.seconds.spread : null)
  return tableOf(
    questions,
    [
      text('query', question => question.name),
      number('matched', question => question.matched),
      ofCost('CPU ms', cost => cost.seconds.median.cpu * 1e3, seconds, 3),
      ofCost('±', spread, percent),
      ofCost('wall ms', cost => cost.seconds.median.wall * 1e3, seconds),
      ofCost('MB', cost => megabytes(cost.bytes), fixed(3), 2),
      ofCost('of file', cost => cost.bytes && cost.bytes / earned!.sizeBytes, percent),
      ofCost('requests', cost => cost.requests, whole, 1),
      ofCost('trips', cost => cost.roundTrips),
      ofCost('spans', cost => cost.spans),
    ],
    name,
  )
}

interface Asked {
  cost: QueryCost | null
}

function ofCost(header: string, value: (cost: QueryCost) => number | null, print = whole, keep = 0): Column<Asked> {
  return number(header, ({ cost }) => cost && value(cost), print, { keep })
}

/** A line a query, a column a row: CPU ms an operation. */
export function timeTable(bench: QueryBench): Table {
  return sideBySide(bench, bench.rows, cost => millis(cost.seconds.median.cpu), seconds)
}

/** The same of MB read, of those that do not read all of the file for each query. */
export function bytesTable(bench: QueryBench): Table {
  const opened = bench.rows.filter(row => row.opens)
  return sideBySide(bench, opened, cost => megabytes(cost.bytes), fixed(3))
}

function sideBySide(
  { set }: QueryBench,
  rows: readonly QueryRow[],
  value: (cost: QueryCost) => number | null,
  print: Print,
): Table {
  const headerOf = (row: QueryRow) => (row.opens ? row.name : `${row.name} (${asked(row)})`)
  const costsOf = (i: number) => rows.map(({ earned }) => earned?.results[i]?.cost ?? null)
  return tableOf(
    set.questions.map(({ name }, i) => ({ name, costs: costsOf(i) })),
    [
      text('query', ({ name }) => name),
      ...rows.map((row, i) =>
        number<{ costs: (QueryCost | null)[] }>(headerOf(row), ({ costs }) => costs[i]! && value(costs[i]!), print),
      ),
    ],
  )
}

/** The texts, and how many spans match. */
export function textTable({ set, truths }: QueryBench): Table {
  return tableOf(
    set.questions.map((question, i) => ({ ...question, matched: truths[i]!.matched })),
    [
      text('query', ({ name }) => name),
      number('matched spans', ({ matched }) => matched),
      text('text', question => question.text.replaceAll(/\s+/g, ' '), { isCode: true }),
    ],
  )
}

const kinds = ['search', 'metrics'] as const
type Kind = (typeof kinds)[number]
type Print = (value: number | null) => string

function asked({ opens }: QueryRow): string {
  return opens ? 'opened' : 'decoded'
}

function encodeRate(earned: Earned | null, spanCount: number): number | null {
  const cpu = earned?.ingest?.encodeCpuSeconds ?? 0
  return cpu > 0 ? spanCount / cpu : null
}

function millis(value: number | undefined): number | null {
  return value === undefined ? null : value * 1e3
}

/** Of 10^6 bytes. */
function megabytes(value: number | null | undefined): number | null {
  return value == null ? null : value / 1e6
}
