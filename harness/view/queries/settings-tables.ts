import type { QueryBench, QueryRow, QuestionKind } from '../../runs/query-bench-schema.ts'
import { seconds } from '../../text/format.ts'
import { number, type Table, tableOf, text } from '../../text/table.ts'
import { meanSeconds } from './summary.ts'

/** The rows that were timed in all settings. */
export function comparedRows({ rows }: QueryBench): QueryRow[] {
  return rows.filter(({ earned }) => earned?.results.some(result => result.settings !== undefined))
}

/** The questions that each of these rows answers: a mean over others would compare with nothing. */
export function comparedQuestions(bench: QueryBench): number[] {
  const rows = comparedRows(bench)
  return [...bench.set.questions.keys()].filter(i => rows.every(row => settingsOf(row, i) !== undefined))
}

/** A line a row and setting: geometric means of the CPU and wall milliseconds of an operation. */
export function settingsTable(bench: QueryBench): Table {
  const asked = comparedQuestions(bench)
  const mean = (row: QueryRow, setting: string, kind: QuestionKind, clock: 'cpu' | 'wall') => {
    const own = asked.filter(i => bench.set.questions[i]!.kind === kind)
    const found = meanSeconds(own.flatMap(i => settingsOf(row, i)![setting]?.median[clock] ?? []))
    return found && found * 1e3
  }
  const column = (kind: QuestionKind, clock: 'cpu' | 'wall') =>
    number<Line>(`${kind} ${names[clock]} ms`, ({ row, name }) => mean(row, name, kind, clock), seconds)
  return tableOf(
    comparedRows(bench).flatMap(row => settingNames(row).map(name => ({ row, name }))),
    [
      text('phase', ({ row }) => row.name),
      text('setting', ({ name }) => name),
      column('search', 'cpu'),
      column('search', 'wall'),
      column('metrics', 'cpu'),
      column('metrics', 'wall'),
    ],
  )
}

interface Line {
  readonly row: QueryRow
  readonly name: string
}

const names = { cpu: 'CPU', wall: 'wall' } as const

/** A line a query: what it takes in a row by setting. */
export function settingCostTable({ set }: QueryBench, row: QueryRow): Table {
  return tableOf(
    set.questions.map(({ name }, i) => ({ name, costs: settingsOf(row, i) })),
    [
      text('query', ({ name }) => name),
      ...settingNames(row).flatMap(name =>
        (['cpu', 'wall'] as const).map(clock =>
          number<{ costs: ReturnType<typeof settingsOf> }>(
            `${name}: ${names[clock]} ms`,
            ({ costs }) => (costs?.[name] ? costs[name].median[clock] * 1e3 : null),
            seconds,
          ),
        ),
      ),
    ],
  )
}

/** The settings in which a row was timed. */
function settingNames({ earned }: QueryRow): string[] {
  return Object.keys(earned?.results.find(result => result.settings !== undefined)?.settings ?? {})
}

function settingsOf({ earned }: QueryRow, i: number) {
  return earned?.results[i]?.settings
}
