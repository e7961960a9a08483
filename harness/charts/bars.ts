import { barColor, type Figure, inRows, rowNames, ruleColor } from './figure.ts'

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
  const names = bars.map(({ name }) => name)
  const shown = bars.map(({ name, value }, row) => ({ name, value, row, end: Math.min(value, limit) }))
  const cut = shown.filter(({ value }) => value > limit)
  const ofRow = { y: 'row', x: 'end' } as const
  return {
    title,
    subtitle,
    describe: ({ axisY, barX, ruleX, text }) => ({
      ...inRows(names, 0.4),
      height: 24 * bars.length + 52,
      marginRight: 70,
      marginTop: 8,
      x: { domain: [0, limit], axis: null },
      marks: [
        barX(shown, { ...ofRow, fill: barColor, title: ({ name, value }) => `${name}\n${print(value)}`, tip: true }),
        text(cut, { ...ofRow, text: () => '//', fill: 'white', fontWeight: 700, dx: -12 }),
        text(shown, { ...ofRow, text: ({ value }) => print(value), textAnchor: 'start', dx: 6 }),
        ruleX([rule.value], { stroke: ruleColor, strokeWidth: 1.5 }),
        text([rule], { x: 'value', text: 'label', frameAnchor: 'bottom', dy: 20, fill: ruleColor }),
        axisY(rowNames(names)),
      ],
    }),
  }
}
