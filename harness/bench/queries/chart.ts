import { shorten } from '../../text/names.ts'
import { colors, frame, plot, project, round, text, widen } from '../../view/chart.ts'
import type { QueryBench } from './measure.ts'
import type { QueryRow } from './measure-row.ts'

const rowHeight = 15
const left = 230
const right = 730
const legendHeight = 18
const leastMillis = 1e-3
const maxName = 34

/** A line a query, and on it a dot a row at the CPU time of an operation; undefined where nothing was earned. */
export function drawQueries({ title, set, rows }: QueryBench): string | undefined {
  const dots = rows.map(millisOf)
  const all = dots.flatMap(values => values.flatMap(value => value ?? []))
  if (all.length === 0) return undefined
  const { low, high } = widen(all)
  const toX = project({ scale: 'log' }, { low: 10 ** Math.floor(Math.log10(low)), high }, left, right)
  const top = plot.top + legendHeight * Math.ceil(rows.length / 2)
  const bottom = top + rowHeight * set.questions.length
  return frame(
    { title: 'CPU time by query', subtitle: `${title}; filled: opened, hollow: decoded`, height: bottom + 52 },
    [
      ...rows.flatMap((row, i) => drawLegend(row, i)),
      ...toX.ticks.flatMap(tick => drawTick(round(toX.at(tick)), tick, top, bottom)),
      text((left + right) / 2, bottom + 40, 'ms', 'text-anchor="middle"'),
      ...set.questions.flatMap(({ name }, i) => {
        const y = top + rowHeight * (i + 0.5)
        const places = dots.map(values => values[i] ?? null)
        return [
          text(left - 10, y + 4, shorten(name, maxName), 'text-anchor="end" font-size="11"'),
          `<line x1="${left}" x2="${right}" y1="${round(y)}" y2="${round(y)}" stroke="#eee"/>`,
          ...rows.flatMap((row, j) =>
            places[j] == null ? [] : [drawDot(row, j, round(toX.at(places[j]!)), round(y))],
          ),
        ]
      }),
    ],
  )
}

/** By query the milliseconds, null where they were not earned. */
function millisOf({ earned }: QueryRow): (number | null)[] {
  return (earned?.results ?? []).map(({ cost }) =>
    cost === null ? null : Math.max(leastMillis, cost.seconds.median.cpu * 1e3),
  )
}

function drawLegend(row: QueryRow, i: number): string[] {
  const x = i % 2 === 0 ? plot.left : (left + right) / 2
  const y = plot.top - 14 + legendHeight * (i >> 1)
  return [drawDot(row, i, round(x), round(y)), text(x + 10, y + 4, row.name, '')]
}

function drawDot({ opens }: QueryRow, i: number, x: number, y: number): string {
  const color = colors[i % colors.length]!
  return opens
    ? `<circle cx="${x}" cy="${y}" r="4" fill="${color}"/>`
    : `<circle cx="${x}" cy="${y}" r="3.5" fill="#fff" fill-opacity="0.6" stroke="${color}" stroke-width="1.5"/>`
}

function drawTick(x: number, tick: number, top: number, bottom: number): string[] {
  return [
    `<line x1="${x}" x2="${x}" y1="${top}" y2="${bottom}" stroke="#ddd"/>`,
    text(x, bottom + 18, String(Number(tick.toPrecision(1))), 'text-anchor="middle" fill="#555"'),
  ]
}
