import { dotCloudFigure } from '../../charts/dot-clouds.ts'
import { dotRowFigure } from '../../charts/dot-rows.ts'
import type { QueryBench, QueryCost } from '../../runs/query-bench-schema.ts'
import { shorten } from '../../text/names.ts'
import type { Picture } from '../document.ts'

const leastMillis = 1e-3
/** An axis of logarithms has no place for a query that reads nothing. */
const leastKilobytes = 0.1
const maxName = 34

const millis = { label: 'ms', scale: 'log', print: shortNumber } as const

/** CPU time by query, and against the bytes read; none where nothing was earned. */
export function queryPictures(bench: QueryBench): Picture[] {
  if (bench.rows.every(({ earned }) => (earned?.results ?? []).every(({ cost }) => cost === null))) return []
  return [
    { suffix: '', figure: timeFigure(bench) },
    { suffix: '-bytes', figure: bytesFigure(bench) },
  ]
}

/** A line a query, and on it a dot a row at the CPU time of an operation. */
function timeFigure({ input, set, rows }: QueryBench) {
  return dotRowFigure({
    title: 'CPU time by query',
    subtitle: `${input.source}; filled: opened, hollow: decoded`,
    rows: set.questions.map(({ name }) => shorten(name, maxName)),
    x: millis,
    sets: rows.map(({ name, opens, earned }) => ({
      name,
      isFilled: opens,
      values: (earned?.results ?? []).map(({ cost }) => cost && millisOf(cost)),
    })),
  })
}

/** A dot a query and row at the bytes it reads and its CPU time; a peer reads by itself, and no one knows how much. */
function bytesFigure({ input, set, rows }: QueryBench) {
  return dotCloudFigure({
    title: 'CPU time of a query against what it reads',
    subtitle: `${input.source}; filled: opened, hollow: decoded; who reads nothing stands at ${leastKilobytes} kB`,
    x: { label: 'kB read', scale: 'log', print: shortNumber },
    y: { ...millis, label: 'CPU ms' },
    sets: rows.map(({ name, opens, earned }) => ({
      name,
      isFilled: opens,
      dots: (earned?.results ?? []).flatMap(({ cost }, i) =>
        cost?.bytes == null
          ? []
          : [{ name: set.questions[i]!.name, x: Math.max(leastKilobytes, cost.bytes / 1e3), y: millisOf(cost) }],
      ),
    })),
  })
}

function millisOf({ seconds }: QueryCost): number {
  return Math.max(leastMillis, seconds.median.cpu * 1e3)
}

/** Two digits that count. */
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(2)))
}
