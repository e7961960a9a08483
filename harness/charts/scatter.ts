import { type Axis, besideNames, colorOf, type Figure, ruleColor, scaleOf } from './figure.ts'
import { labelsAtRight } from './spread.ts'

/** One thing and its two places at the same x: the first is filled, the second hollow. */
export interface Dot {
  readonly name: string
  readonly x: number
  readonly ys: readonly [first: number, second: number]
}

export interface ScatterChart {
  readonly title: string
  readonly subtitle: string
  readonly x: Axis
  readonly y: Axis
  readonly dots: readonly Dot[]
  readonly rule: { readonly x: number; readonly label: string }
}

/** Pairs of dots, each pair joined, with the names to the right in the order of their first places. */
export function scatterFigure({ title, subtitle, x: xAxis, y: yAxis, dots, rule }: ScatterChart): Figure {
  const pairs = dots.map(({ name, x, ys: [y, second] }, i) => ({ name, x, y, second, color: colorOf(i) }))
  const xs = [...pairs.map(({ x }) => x), rule.x]
  const ys = pairs.flatMap(({ y, second }) => [y, second])
  const words = ({ name, x, y, second }: (typeof pairs)[number]) =>
    `${name}\n${xAxis.label}: ${xAxis.print(x)}\n${yAxis.label}: ${yAxis.print(y)} and ${yAxis.print(second)}`
  return {
    title,
    subtitle,
    describe: plot => ({
      ...besideNames(pairs.map(({ name }) => name)),
      height: Math.max(400, 60 + 15 * pairs.length),
      marginTop: 28,
      x: scaleOf(xAxis, xs),
      y: { ...scaleOf(yAxis, ys), grid: true },
      marks: [
        plot.ruleX([rule.x], { stroke: ruleColor, strokeDasharray: '4 3' }),
        plot.text([rule], { x: 'x', text: 'label', frameAnchor: 'top', dy: -12, fill: ruleColor }),
        plot.link(pairs, { x: 'x', y1: 'y', y2: 'second', stroke: 'color', strokeOpacity: 0.5 }),
        plot.dot(pairs, { x: 'x', y: 'second', r: 4, fill: 'var(--plot-background)', stroke: 'color' }),
        plot.dot(pairs, { x: 'x', y: 'y', r: 4, fill: 'color', title: words, tip: true }),
        ...labelsAtRight(plot, pairs),
      ],
    }),
  }
}
