import { referenceModelNotes } from '../floor/reference-model.ts'
import { leftOutOf, printLeftOut } from '../open/left-out.ts'
import type { TraceSource } from '../open/source.ts'
import type { Environment, Input, Row, Run } from '../runs/run-schema.ts'
import { fixed, mebibytes, whole } from '../text/format.ts'
import { printMarkdown, printTerminal, type TextTable } from '../text/table.ts'
import { type Column, sizeColumns, timeColumns } from './columns.ts'
import { chartNames } from './run-charts.ts'

/** The run as it is printed at the terminal. */
export function printRun({ input, environment, rows }: Run): string {
  return [
    describeInput(input),
    printTerminal(rowTable(rows, sizeColumns)),
    ...printProblems({ rows }),
    `\nRates by CPU time of the phase alone, MB of NDJSON; ${printRounds(environment)}; memory: peak of a whole process.`,
    printTerminal(rowTable(rows, timeColumns)),
  ].join('\n')
}

/** The run as a committed page: sizes first, times in a table of their own. */
export function renderRun({ input, environment, rows }: Run): string {
  return `${[
    `# ${input.name}`,
    [describeInput(input), ...printLeftOut(input)].join('\n'),
    `Sizes with ${environment.zstd}. How to read a row: see the README.`,
    printMarkdown(rowTable(rows, sizeColumns)),
    ...chartNames({ input, rows }).map(file => `![](${file})`),
    ...printProblems({ rows }).map(line => `- ${line}`),
    '## Where the floor lies',
    floorNote(input),
    printMarkdown(floorTable(input)),
    ...(input.dropped.length > 0 ? ['## Dropped by the source', printMarkdown(droppedTable(input))] : []),
    ...(input.bad.length > 0 ? ['## Left out since it is bad', printMarkdown(badTable(input))] : []),
    '## Times',
    `${printMachine(environment, printRounds(environment))}. ` +
      'Rates by CPU time of the phase alone, MB of NDJSON; memory: peak of a whole process.',
    printMarkdown(rowTable(rows, timeColumns)),
  ].join('\n\n')}\n`
}

/** How often each phase was timed, and what else ran meanwhile. */
function printRounds({ rounds, lanes }: Environment): string {
  const several = rounds === null ? 'all rounds in 0.2 s, at least one' : `${rounds} rounds`
  const times = rounds === 1 ? 'the proving pass' : `median of ${several}`
  return lanes === 1 ? times : `${times}; ${lanes} rows side by side`
}

/** Where a run took place, how often it was timed, of which commit, and when. */
export function printMachine({ cpu, cores, memoryBytes, node, commit, date }: Environment, rounds: string): string {
  const machine = `${cpu}, ${cores} cores, ${mebibytes(memoryBytes)} MiB of memory; Node ${node}`
  return `${machine}; ${rounds}; commit ${commit ?? 'unknown'}; ${date.slice(0, 10)}`
}

/** What went in, in a few lines. */
function describeInput(input: Input): string {
  const perSpan = (byteLength: number) => `${fixed(1)(byteLength / input.spanCount)} B/span`
  const size = input.bytes === null ? 'size of the taken part unknown' : `${whole(input.bytes)} B`
  return [
    `${input.source}: ${whole(input.traceCount)} traces, ${whole(input.spanCount)} spans, ${size}`,
    `NDJSON ${whole(input.baselineBytes)} B (${perSpan(input.baselineBytes)}), ` +
      `with zstd 19 ${whole(input.zstd19Bytes)} B (${perSpan(input.zstd19Bytes)}), ` +
      `floor ${whole(input.floorBytes)} B (${perSpan(input.floorBytes)}, ${input.floorKind})`,
  ].join('\n')
}

/** What a source has read and what it left out, when its traces have been taken. */
export function printSource(source: TraceSource): string[] {
  return [describeSource(source), ...printLeftOut(leftOutOf(source))]
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

function floorTable({ floor, floorKind, spanCount }: Input): TextTable {
  const isModel = floorKind === 'reference model'
  return {
    headers: ['field', 'bytes', 'B/span', ...(isModel ? ['model'] : [])],
    aligns: ['left', 'right', 'right', 'left'],
    rows: Object.entries(floor).map(([field, bytes]) => [
      field,
      whole(bytes),
      fixed(3)(bytes / spanCount),
      ...(isModel ? [referenceModelNotes[field] ?? ''] : []),
    ]),
  }
}

function droppedTable({ dropped }: Input): TextTable {
  return {
    headers: ['field', 'count'],
    aligns: ['left', 'right'],
    rows: dropped.map(({ field, count }) => [field, whole(count)]),
  }
}

function badTable({ bad }: Input): TextTable {
  return {
    headers: ['file', 'unit', 'count', 'the first'],
    aligns: ['left', 'left', 'right', 'left'],
    rows: bad.map(({ file, unit, count, first }) => [file, unit, whole(count), first]),
  }
}

function rowTable(rows: readonly Row[], columns: readonly Column[]): TextTable {
  return {
    headers: columns.map(column => column.header),
    aligns: columns.map(column => column.align),
    rows: rows.map(row => columns.map(column => column.cell(row))),
  }
}

/** What went wrong or was lost, a line a row. */
export function printProblems({ rows }: Pick<Run, 'rows'>): string[] {
  const told = rows.filter(row => row.problem !== null || row.lost.length > 0)
  return told.map(({ phase, variant, problem, lost }) =>
    problem === null ? `${phase} ${variant} loses ${lost.join('; ')}` : `${phase} ${variant}: PROBLEM: ${problem}`,
  )
}
