import { axisY, barX } from '@observablehq/plot'
import { colors, type Figure, roomFor, width } from './figure.ts'

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
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))]
  const colorOf = (name: string) => colors[names.indexOf(name) % colors.length]!
  const shown = bars.flatMap(({ name: bar, parts }, row) =>
    parts.map(({ name, value }) => ({ bar, row, name, value, color: colorOf(name) })),
  )
  return {
    title,
    subtitle,
    legend: names.map(name => ({ name, color: colorOf(name), isFilled: true })),
    options: {
      width,
      height: 26 * bars.length + 60,
      marginLeft: roomFor(bars.map(({ name }) => name)),
      marginBottom: 44,
      x: { label, labelAnchor: 'center', tickFormat: print, grid: true },
      y: { type: 'band', domain: bars.map((_, row) => row), label: null, padding: 0.3 },
      marks: [
        barX(shown, {
          x: 'value',
          y: 'row',
          fill: 'color',
          title: ({ bar, name, value }) => `${bar}\n${name}: ${print(value)} ${label}`,
          tip: true,
        }),
        axisY({ tickFormat: row => bars[row as number]!.name, tickSize: 0 }),
      ],
    },
  }
}
