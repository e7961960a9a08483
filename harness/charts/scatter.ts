import { dot, link, ruleX, text } from '@observablehq/plot'
import { type Axis, colors, type Figure, roomFor, scaleOf, width } from './figure.ts'
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
export function scatterFigure({ title, subtitle, x, y, dots, rule }: ScatterChart): Figure {
  const pairs = dots.map(({ name, x, ys: [first, second] }, i) => ({
    name,
    x,
    y: first,
    second,
    color: colors[i % colors.length]!,
  }))
  const marginRight = roomFor(pairs.map(({ name }) => name))
  const words = ({ name, x: at, y: first, second }: (typeof pairs)[number]) =>
    `${name}\n${x.label}: ${x.print(at)}\n${y.label}: ${y.print(first)} and ${y.print(second)}`
  return {
    title,
    subtitle,
    options: {
      width: width - 180 + marginRight,
      height: Math.max(400, 60 + 15 * pairs.length),
      marginLeft: 60,
      marginRight,
      marginTop: 28,
      marginBottom: 44,
      x: scaleOf(x, [...pairs.map(({ x }) => x), rule.x]),
      y: {
        ...scaleOf(
          y,
          pairs.flatMap(({ y, second }) => [y, second]),
        ),
        grid: true,
      },
      marks: [
        ruleX([rule.x], { stroke: colors[1], strokeDasharray: '4 3' }),
        text([rule], { x: 'x', text: 'label', frameAnchor: 'top', dy: -12, fill: colors[1] }),
        link(pairs, { x: 'x', y1: 'y', y2: 'second', stroke: 'color', strokeOpacity: 0.5 }),
        dot(pairs, { x: 'x', y: 'second', r: 4, fill: 'var(--plot-background)', stroke: 'color' }),
        dot(pairs, { x: 'x', y: 'y', r: 4, fill: 'color', title: words, tip: true }),
        ...labelsAtRight(pairs),
      ],
    },
  }
}
