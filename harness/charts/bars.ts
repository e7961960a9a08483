import { axisY, barX, ruleX, text } from '@observablehq/plot'
import { colors, type Figure, roomFor, width } from './figure.ts'

export interface Bar {
  readonly name: string
  readonly value: number
}

export interface BarChart {
  readonly title: string
  readonly subtitle: string
  readonly bars: readonly Bar[]
  /** A value that no bar should be below, and what it is. */
  readonly rule: { readonly value: number; readonly label: string }
  print(value: number): string
}

/** Bars longer than so many times the rule are cut, with a mark: they would leave no room for the others. */
const longest = 6

/** Horizontal bars in the order given, with their values at their ends. */
export function barFigure({ title, subtitle, bars, rule, print }: BarChart): Figure {
  const limit = Math.min(longest * rule.value, Math.max(rule.value, ...bars.map(({ value }) => value)))
  // Names may occur twice.
  const shown = bars.map(({ name, value }, row) => ({ name, value, row, end: Math.min(value, limit) }))
  const ofRow = { y: 'row', x: 'end' } as const
  return {
    title,
    subtitle,
    options: {
      width,
      height: 24 * bars.length + 48,
      marginLeft: roomFor(bars.map(({ name }) => name)),
      marginRight: 70,
      marginTop: 8,
      marginBottom: 40,
      x: { domain: [0, limit], axis: null },
      y: { type: 'band', domain: shown.map(({ row }) => row), label: null, padding: 0.4 },
      marks: [
        barX(shown, { ...ofRow, fill: colors[0], title: ({ name, value }) => `${name}\n${print(value)}`, tip: true }),
        text(
          shown.filter(({ value }) => value > limit),
          { ...ofRow, text: () => '//', fill: 'white', fontWeight: 700, dx: -12 },
        ),
        text(shown, { ...ofRow, text: ({ value }) => print(value), textAnchor: 'start', dx: 6 }),
        ruleX([rule.value], { stroke: colors[1], strokeWidth: 1.5 }),
        text([rule], { x: 'value', text: 'label', frameAnchor: 'bottom', dy: 20, fill: colors[1] }),
        axisY({ tickFormat: row => shown[row as number]!.name, tickSize: 0 }),
      ],
    },
  }
}
