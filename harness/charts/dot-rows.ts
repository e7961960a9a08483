import { axisY, dot, ruleY } from '@observablehq/plot'
import { type Axis, colors, type Figure, roomFor, scaleOf, width } from './figure.ts'

/** Dots of one thing: by row a value, or null. */
export interface DotSet {
  readonly name: string
  readonly isFilled: boolean
  readonly values: readonly (number | null)[]
}

export interface DotRowChart {
  readonly title: string
  readonly subtitle: string
  readonly rows: readonly string[]
  readonly x: Axis
  readonly sets: readonly DotSet[]
}

/** A line for each row, and on it a dot for each set of another colour. */
export function dotRowFigure({ title, subtitle, rows, x, sets }: DotRowChart): Figure {
  const dots = sets.flatMap(({ name, isFilled, values }, i) =>
    values.flatMap((value, row) =>
      value === null ? [] : [{ name, row, value, color: colors[i % colors.length]!, isFilled }],
    ),
  )
  return {
    title,
    subtitle,
    options: {
      width,
      height: 15 * rows.length + 60,
      marginLeft: roomFor(rows),
      marginRight: 30,
      marginBottom: 44,
      x: {
        ...scaleOf(
          x,
          dots.map(({ value }) => value),
        ),
        grid: true,
      },
      y: { type: 'band', domain: rows.map((_, row) => row), label: null },
      marks: [
        axisY({ tickFormat: row => rows[row as number]!, tickSize: 0 }),
        ruleY(rows.keys(), { stroke: '#eee' }),
        ...[true, false].map(isFilled =>
          dot(
            dots.filter(one => one.isFilled === isFilled),
            {
              x: 'value',
              y: 'row',
              r: 4,
              fill: isFilled ? 'color' : 'var(--plot-background)',
              stroke: 'color',
              title: ({ name, row, value }) => `${name}\n${rows[row]}: ${x.print(value)} ${x.label}`,
              tip: true,
            },
          ),
        ),
      ],
    },
    legend: sets.map(({ name, isFilled }, i) => ({ name, isFilled, color: colors[i % colors.length]! })),
  }
}
