import { colorOf, type Figure, inRows, rowNames } from './figure.ts'

/** A bar of parts, in their order. */
export interface StackedBar {
  readonly name: string
  readonly parts: readonly { readonly name: string; readonly value: number }[]
}

export interface StackedChart {
  readonly title: string
  readonly subtitle: string
  /** Of the axis. */
  readonly label: string
  readonly bars: readonly StackedBar[]
  print(value: number): string
}

/** Horizontal bars of parts, each part of a colour of its own. */
export function stackedFigure({ title, subtitle, label, bars, print }: StackedChart): Figure {
  const rows = bars.map(({ name }) => name)
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))]
  const shown = bars.flatMap(({ parts }, row) =>
    parts.map(({ name, value }) => ({ row, name, value, color: colorOf(names.indexOf(name)) })),
  )
  const words = ({ row, name, value }: (typeof shown)[number]) => `${rows[row]}\n${name}: ${print(value)} ${label}`
  return {
    title,
    subtitle,
    legend: names.map((name, i) => ({ name, color: colorOf(i), isFilled: true })),
    describe: ({ axisY, barX }) => ({
      ...inRows(rows, 0.3),
      height: 26 * bars.length + 60,
      x: { label, labelAnchor: 'center', tickFormat: print, grid: true },
      marks: [barX(shown, { x: 'value', y: 'row', fill: 'color', title: words, tip: true }), axisY(rowNames(rows))],
    }),
  }
}
