import { dotRowFigure } from '../../charts/dot-rows.ts'
import type { Figure } from '../../charts/figure.ts'
import { shorten } from '../../text/names.ts'
import type { QueryBench } from './measure.ts'
import type { QueryRow } from './measure-row.ts'

const leastMillis = 1e-3
const maxName = 34

/** A line a query, and on it a dot a row at the CPU time of an operation; undefined where nothing was earned. */
export function queryFigure({ title, set, rows }: QueryBench): Figure | undefined {
  const sets = rows.map(row => ({ name: row.name, isFilled: row.opens, values: millisOf(row) }))
  if (sets.every(({ values }) => values.every(value => value === null))) return undefined
  return dotRowFigure({
    title: 'CPU time by query',
    subtitle: `${title}; filled: opened, hollow: decoded`,
    rows: set.questions.map(({ name }) => shorten(name, maxName)),
    x: { label: 'ms', scale: 'log', print: value => String(Number(value.toPrecision(2))) },
    sets,
  })
}

/** By query the milliseconds, null where they were not earned. */
function millisOf({ earned }: QueryRow): (number | null)[] {
  return (earned?.results ?? []).map(({ cost }) =>
    cost === null ? null : Math.max(leastMillis, cost.seconds.median.cpu * 1e3),
  )
}
