import { fixed, mebibytes, percent, seconds, thousands, whole } from '../../text/format.ts'
import { clean } from '../../text/names.ts'
import type { TextTable } from '../../text/table.ts'
import type { QueryBench } from './measure.ts'
import type { Earned, QueryRow } from './measure-row.ts'
import { costOfKind, type KindCost } from './summary.ts'
import type { QueryCost } from './time-queries.ts'

/** A line a row: size, ingest, latency, bytes and memory. */
export function summaryTable({ set, spanCount, rows }: QueryBench): TextTable {
  const sizes = ['B/span', 'enc spans/s', 'enc MiB'] as const
  const times = ['search ms', 'metrics ms', 'search MB', 'metrics MB', 'query MiB'] as const
  return {
    headers: ['phase', 'kept', 'asked', ...sizes, ...times],
    aligns: ['left', 'left', 'left', ...rights(sizes.length + times.length)],
    rows: rows.map(row => {
      const costs = kinds.map(kind => costOfKind(set, row, kind))
      return [
        row.name,
        row.earned?.kept ?? '',
        asked(row),
        fixed(2)(row.earned && row.earned.sizeBytes / spanCount),
        thousands(encodeRate(row.earned, spanCount)),
        mebibytes(row.earned?.ingest?.encodePeakBytes ?? null),
        ...costs.map(cost => millis(cost?.geometricMean)),
        ...costs.map(cost => megabytes(cost?.bytes)),
        mebibytes(row.earned?.queryPeakBytes ?? null),
      ]
    }),
  }
}

/** A line a row: what is behind the summary. */
export function detailTable({ set, rows }: QueryBench): TextTable {
  const sizes = ['bytes', 'enc CPU s', 'open ms', 'open B'] as const
  const times = ['p50', 'max', 'sum', 'requests'] as const
  const compare = ['compare ms', 'MB'] as const
  return {
    headers: ['phase', ...sizes, ...kinds.flatMap(kind => [`${kind} ${times[0]}`, ...times.slice(1)]), ...compare],
    aligns: ['left', ...rights(sizes.length + kinds.length * times.length + compare.length)],
    rows: rows.map(row => {
      const { earned } = row
      const opening = earned?.opening
      const compared = costOfKind(set, row, 'compare')
      return [
        row.name,
        whole(earned?.sizeBytes ?? null),
        seconds(earned?.ingest?.encodeCpuSeconds ?? null),
        millis(opening?.seconds.cpu),
        whole(opening?.bytes ?? null),
        ...kinds.flatMap(kind => spreadCells(costOfKind(set, row, kind))),
        millis(compared?.geometricMean),
        megabytes(compared?.bytes),
      ]
    }),
  }
}

function spreadCells(cost: KindCost | null): string[] {
  return [millis(cost?.median), millis(cost?.max), millis(cost?.sum), whole(cost?.requests ?? null)]
}

/** A line a query: what it costs in one row. */
export function costTable(
  { set, truths, openRounds, environment }: QueryBench,
  { opens, earned }: QueryRow,
): TextTable {
  const columns = ['matched', 'CPU ms', '±', 'wall ms', 'MB', 'of file', 'requests', 'trips', 'spans'] as const
  return {
    headers: ['query', ...columns],
    aligns: ['left', ...rights(columns.length)],
    rows: set.questions.map(({ name }, i) => [
      name,
      whole(truths[i]!.matched),
      ...costCells(earned?.results[i]?.cost ?? null, earned?.sizeBytes ?? 0, opens ? openRounds : environment.rounds),
    ]),
  }
}

function costCells(cost: QueryCost | null, sizeBytes: number, rounds: number): string[] {
  if (cost === null) return new Array<string>(8).fill(whole(null))
  const { seconds, bytes, requests, roundTrips, spans } = cost
  return [
    millis(seconds.median.cpu),
    percent(rounds > 1 ? seconds.spread : null),
    millis(seconds.median.wall),
    megabytes(bytes),
    percent(bytes / sizeBytes),
    whole(requests),
    whole(roundTrips),
    whole(spans),
  ]
}

/** A line a query, a column a row: CPU ms an operation. */
export function timeTable(bench: QueryBench): TextTable {
  return sideBySide(bench, bench.rows, cost => millis(cost.seconds.median.cpu))
}

/** The same of MB read, of those that do not read all of the file for each query. */
export function bytesTable(bench: QueryBench): TextTable {
  return sideBySide(
    bench,
    bench.rows.filter(row => row.opens),
    cost => megabytes(cost.bytes),
  )
}

function sideBySide({ set }: QueryBench, rows: readonly QueryRow[], cell: (cost: QueryCost) => string): TextTable {
  return {
    headers: ['query', ...rows.map(row => (row.opens ? row.name : `${row.name} (${asked(row)})`))],
    aligns: ['left', ...rights(rows.length)],
    rows: set.questions.map(({ name }, i) => [
      name,
      ...rows.map(({ earned }) => {
        const cost = earned?.results[i]?.cost ?? null
        return cost === null ? whole(null) : cell(cost)
      }),
    ]),
  }
}

/** The texts, and how many spans match. */
export function textTable({ set, truths }: QueryBench): TextTable {
  return {
    headers: ['query', 'matched spans', 'text'],
    aligns: ['left', 'right', 'left'],
    rows: set.questions.map(({ name, text }, i) => [
      name,
      whole(truths[i]!.matched),
      `\`\`\` ${clean(text.replaceAll(/\s+/g, ' '))} \`\`\``,
    ]),
  }
}

const kinds = ['search', 'metrics'] as const

function asked({ opens }: QueryRow): string {
  return opens ? 'opened' : 'decoded'
}

function encodeRate(earned: Earned | null, spanCount: number): number | null {
  const cpu = earned?.ingest?.encodeCpuSeconds ?? 0
  return cpu > 0 ? spanCount / cpu : null
}

function rights(count: number): 'right'[] {
  return new Array<'right'>(count).fill('right')
}

function millis(value: number | undefined): string {
  return seconds(value === undefined ? null : value * 1e3)
}

/** Of 10^6 bytes. */
function megabytes(value: number | undefined): string {
  return fixed(3)(value === undefined ? null : value / 1e6)
}
