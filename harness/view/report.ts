import { referenceModelNotes } from '../floor/reference-model.ts'
import { leftOutOf, printLeftOut } from '../open/left-out.ts'
import type { TraceSource } from '../open/source.ts'
import type { BenchInput, Input, Run } from '../runs/run-schema.ts'
import { fixed, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import { sizeColumns, timeColumnsOf } from './columns.ts'
import type { Document } from './document.ts'
import { lossPage, lossSection } from './loss.ts'
import { runPictures } from './run-charts.ts'
import { describeInput, printMachine, printRounds } from './run-lines.ts'

/** The run as it is printed at the terminal. */
export function pageOf({ input, environment, rows }: Run): Page {
  return [
    describeInput(input),
    tableOf(rows, sizeColumns),
    ...printProblems({ rows }),
    ...lossPage({ rows }),
    `\nRates by CPU time of the phase alone, MB of NDJSON; ${printRounds(environment)}; memory: peak of a whole process.`,
    tableOf(rows, timeColumnsOf(rows)),
  ]
}

/** The run as a committed page: sizes first, times in a table of their own. */
export function runDocument(run: Run): Document {
  const { input, environment, rows } = run
  return [
    `# ${input.name}`,
    [describeInput(input), ...printLeftOut(input)].join('\n'),
    `Sizes with ${environment.zstd}. How to read a row: see the README.`,
    tableOf(rows, sizeColumns),
    ...runPictures(run),
    ...printProblems({ rows }).map(line => `- ${line}`),
    ...lossSection({ rows }),
    '## Where the floor lies',
    floorNote(input),
    floorTable(input),
    ...(input.dropped.length > 0 ? ['## Dropped by the source', droppedTable(input)] : []),
    ...(input.bad.length > 0 ? ['## Left out since it is bad', badTable(input)] : []),
    '## Times',
    `${printMachine(environment, printRounds(environment))}. ` +
      'Rates by CPU time of the phase alone, MB of NDJSON; memory: peak of a whole process.',
    tableOf(rows, timeColumnsOf(rows)),
  ]
}

/** What a source has read and what it left out, when its traces have been taken. */
export function printSource(source: TraceSource): string[] {
  return [describeSource(source), ...printLeftOut(leftOutOf(source))]
}

/** What a bench was asked of, when the traces of the source have been taken. */
export function benchInput(
  source: TraceSource,
  { traceCount, spanCount }: Pick<BenchInput, 'traceCount' | 'spanCount'>,
): BenchInput {
  return { name: source.name, source: source.title, notes: printSource(source), traceCount, spanCount }
}

/** What a source has read. */
export function describeSource(source: TraceSource): string {
  const bytes = source.inputBytes()
  return bytes === null ? source.title : `${source.title}: ${whole(bytes)} B`
}

function floorNote({ floorKind }: Input): string {
  return floorKind === 'generator'
    ? 'What the generator drew: -log2 of the probability of each draw, and the names it uses. No exact encoder ' +
        'that does not know the seed can be expected to be smaller.'
    : 'An estimate by simple models that see each value after those before it (harness/floor/reference-model.ts). A row ' +
        'below it is news, not a bug.'
}

function floorTable({ floor, floorKind, spanCount }: Input): Table {
  const model = text<[string, number]>('model', ([field]) => referenceModelNotes[field] ?? '')
  return tableOf(Object.entries(floor), [
    text('field', ([field]) => field),
    number('bytes', ([, bytes]) => bytes),
    number('B/span', ([, bytes]) => bytes / spanCount, fixed(3)),
    ...(floorKind === 'reference model' ? [model] : []),
  ])
}

function droppedTable({ dropped }: Input): Table {
  return tableOf(dropped, [text('field', ({ field }) => field), number('count', ({ count }) => count)])
}

function badTable({ bad }: Input): Table {
  return tableOf(bad, [
    text('file', ({ file }) => file),
    text('unit', ({ unit }) => unit),
    number('count', ({ count }) => count),
    text('the first', ({ first }) => first),
  ])
}

/** What went wrong or was lost, a line a row. */
export function printProblems({ rows }: Pick<Run, 'rows'>): string[] {
  const told = rows.filter(row => row.problem !== null || row.lost.length > 0)
  return told.map(({ phase, variant, problem, lost }) =>
    problem === null ? `${phase} ${variant} loses ${lost.join('; ')}` : `${phase} ${variant}: PROBLEM: ${problem}`,
  )
}
