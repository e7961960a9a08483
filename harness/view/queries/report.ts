import type { QueryBench } from '../../runs/query-bench-schema.ts'
import { plural, whole } from '../../text/format.ts'
import type { Page } from '../../text/page.ts'
import type { Table } from '../../text/table.ts'
import { printNanos, printTime } from '../../text/times.ts'
import type { Document } from '../document.ts'
import { printMachine } from '../run-lines.ts'
import { queryPictures } from './chart.ts'
import { comparedQuestions, comparedRows, settingCostTable, settingsTable } from './settings-tables.ts'
import { bytesTable, costTable, detailTable, summaryTable, textTable, timeTable } from './tables.ts'

/** The bench as it is printed at the terminal: of rows that decode their file by query only where no row opens its own. */
export function queriesPage(bench: QueryBench): Page {
  const { rows } = bench
  const earned = rows.filter(row => row.earned !== null)
  const shown = earned.some(row => row.opens) ? earned.filter(row => row.opens) : earned
  return [
    describeQuestions(bench),
    summaryTable(bench),
    ...summaryNote,
    ...shown.flatMap(row => [`\n${row.name}`, costTable(bench, row)]),
    ...(shown.length > 0 ? costNote : []),
    ...besidePeer(bench).flatMap(({ title, table }) => [`\n${title}`, table]),
    ...(comparedRows(bench).length > 0 ? settingsNote(bench) : []),
    ...lossesOf(bench),
    ...refusalsOf(bench),
    ...problemsOf(bench),
  ]
}

/** The page of the bench. */
export function queriesDocument(bench: QueryBench): Document {
  const { input, rows, environment } = bench
  const opened = rows.filter(row => row.opens && row.earned !== null)
  return [
    `# Queries: ${input.source}`,
    ...input.notes,
    describeQuestions(bench),
    summaryTable(bench),
    summaryNote.join('\n'),
    ...queryPictures(bench),
    ...[...lossesOf(bench), ...refusalsOf(bench), ...problemsOf(bench)].map(line => `- ${line}`),
    '## Behind the summary',
    detailNote.join('\n'),
    detailTable(bench),
    '## CPU ms by query',
    timeTable(bench),
    ...(opened.length > 0 ? ['## MB read by query', bytesTable(bench)] : []),
    ...opened.flatMap(row => [`## ${row.name}`, costTable(bench, row), costNote.join('\n')]),
    ...besidePeer(bench).flatMap(({ title, table }) => [`## ${title}`, table]),
    ...(comparedRows(bench).length > 0 ? [settingsNote(bench).join('\n')] : []),
    '## The queries',
    textTable(bench),
    `${printMachine(environment, printRounds(bench))}.`,
  ]
}

const summaryNote = [
  'Each round trip was compared (kept), and each answer held against the true one, before it was timed.',
  'ms: CPU time an operation, the median of the rounds; of the queries of a kind the geometric mean. An operation finds',
  'the file open and nothing of it read (opened), or decodes all of it first (decoded). MB: 10^6 bytes, read by all',
  'queries of a kind. MiB: peak of a whole process that only encodes, or only asks.',
]

const detailNote = [
  'Opening is no part of an operation. p50, max and sum: CPU ms. requests: ranges that the store is asked for, by all',
  'queries of a kind.',
]

const costNote = [
  'Of an operation: CPU ms and the spread of the rounds, ms on the wall, MB read and their share of the file, ranges that',
  'the store is asked for, steps in which it is asked (trips), and spans: those that a search shows, at most three of a',
  'spanset, or that metrics look at. matched: spans that match.',
]

/** What a peer and the rows beside it take, by setting. */
function besidePeer(bench: QueryBench): { title: string; table: Table }[] {
  const rows = comparedRows(bench)
  if (rows.length === 0) return []
  return [
    { title: 'Beside the peer', table: settingsTable(bench) },
    ...rows.map(row => ({ title: `${row.name}, by setting`, table: settingCostTable(bench, row) })),
  ]
}

function settingsNote(bench: QueryBench): string[] {
  const { length } = comparedQuestions(bench)
  return [
    `Geometric means over the queries that all of these rows answer, ${length} in all. Cold: opening the file is part of the`,
    'operation, of DuckDB an instance, a connection and a view of the file. Hot: the file is open, and was asked the same',
    'before. all, 20: how many traces a search answers. Here metrics are asked without exemplars, which the peer never',
    'gives. It is asked in SQL for the same answers, and held against the same truth, also up to the limit. It has one',
    'thread, so that its CPU time can be compared. Which attributes have a column in its file was found out before, and',
    'what it reads is not counted.',
  ]
}

/** What a peer was not asked, and why, a line each. */
function refusalsOf({ set, rows }: QueryBench): string[] {
  return rows.flatMap(({ name, absence, earned }) => [
    ...(absence === undefined ? [] : [`${name}: ${absence}`]),
    ...(earned?.results ?? []).flatMap(({ refusal }, i) =>
      refusal === undefined ? [] : [`${name}: query ${set.questions[i]!.name}: not asked: ${refusal}`],
    ),
  ])
}

function printRounds({ openRounds, environment: { rounds } }: QueryBench): string {
  return openRounds === rounds
    ? plural(rounds, 'round')
    : `${plural(rounds, 'round')}, ${openRounds} of queries to a file that opens`
}

/** What was asked: of how many spans, how many queries, and over which range, in lines. */
function describeQuestions({ input: { traceCount, spanCount }, set, range, truths }: QueryBench): string {
  const count = (kind: string) => set.questions.filter(question => question.kind === kind).length
  const finding = truths.filter(({ matched }) => matched > 0).length
  const [start, end, step] = [range.startNanos, range.endNanos, range.stepNanos].map(BigInt) as [bigint, bigint, bigint]
  return [
    `${plural(traceCount, 'trace')}, ${plural(spanCount, 'span')}, from ${printTime(start)} to ${printTime(end)}, step ${printNanos(step)}`,
    `queries ${set.name}: ${whole(finding)} of ${whole(truths.length)} find something` +
      ` (searches ${count('search')}, metrics ${count('metrics')}, compare ${count('compare')})`,
  ].join('\n')
}

/** What did not come back, a line a row. */
function lossesOf({ rows }: QueryBench): string[] {
  return rows.flatMap(({ name, earned }) => (earned?.lost.length ? [`${name} loses ${earned.lost.join('; ')}`] : []))
}

/** What was not earned, a line each; a query without a true answer once. */
export function problemsOf({ set, truths, rows }: QueryBench): string[] {
  const ofTruths = truths.flatMap(({ problem }, i) =>
    problem === null ? [] : [`query ${set.questions[i]!.name}: PROBLEM: ${problem}`],
  )
  const ofRows = rows.flatMap(({ name, problem, earned }) => [
    ...(problem === null ? [] : [`${name}: PROBLEM: ${problem}`]),
    ...(earned?.results ?? []).flatMap((result, i) =>
      result.problem === null || truths[i]!.problem !== null
        ? []
        : [`${name}: query ${set.questions[i]!.name}: PROBLEM: ${result.problem}`],
    ),
  ])
  return [...ofTruths, ...ofRows]
}
