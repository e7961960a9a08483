import { axisY, dot, link } from '@observablehq/plot'
import { type Axis, colors, type Figure, roomFor, scaleOf, width } from './figure.ts'

/** Values of one thing by row, each with how far it may be off, as a share of it; null where there is none. */
export interface RangeSet {
  readonly name: string
  readonly values: readonly { readonly value: number | null; readonly spread: number | null }[]
}

export interface RangeChart {
  readonly title: string
  readonly subtitle: string
  readonly rows: readonly string[]
  readonly x: Axis
  readonly sets: readonly RangeSet[]
}

/** A line for each row, and on it a dot for each set, with its spread to both sides. */
export function rangeFigure({ title, subtitle, rows, x, sets }: RangeChart): Figure {
  const dots = sets.flatMap(({ name, values }, i) =>
    values.flatMap(({ value, spread }, row) => {
      if (value === null) return []
      const off = spread ?? 0
      return [
        { name, row, value, off, low: value * Math.max(0.01, 1 - off), high: value * (1 + off), color: colors[i]! },
      ]
    }),
  )
  const words = ({ name, row, value, off }: (typeof dots)[number]) =>
    `${rows[row]}\n${name}: ${x.print(value)} ${x.label}${off > 0 ? ` ± ${(off * 100).toFixed(1)} %` : ''}`
  return {
    title,
    subtitle,
    legend: sets.map(({ name }, i) => ({ name, color: colors[i]!, isFilled: true })),
    options: {
      width,
      height: 20 * rows.length + 64,
      marginLeft: roomFor(rows),
      marginBottom: 44,
      x: {
        ...scaleOf(
          x,
          dots.flatMap(({ low, high }) => [low, high]),
        ),
        grid: true,
      },
      y: { type: 'band', domain: rows.map((_, row) => row), label: null },
      marks: [
        axisY({ tickFormat: row => rows[row as number]!, tickSize: 0 }),
        link(dots, {
          x1: 'low',
          x2: 'high',
          y1: 'row',
          y2: 'row',
          stroke: 'color',
          strokeWidth: 5,
          strokeOpacity: 0.35,
        }),
        dot(dots, { x: 'value', y: 'row', r: 4, fill: 'color', title: words, tip: true }),
      ],
    },
  }
}
