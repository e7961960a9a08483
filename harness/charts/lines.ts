import { type Axis, besideNames, colorOf, type Figure, scaleOf } from './figure.ts'
import { labelsAtRight } from './spread.ts'

/** One line of a chart: its points in the order of x. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface LineChart {
  readonly title: string
  readonly subtitle: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

/** Lines with their names at their ends. */
export function lineFigure({ title, subtitle, x: xAxis, y: yAxis, series }: LineChart): Figure {
  const lines = series.map(({ name, points }, i) => ({
    color: colorOf(i),
    points: points.map(([x, y]) => ({ name, x, y, color: colorOf(i) })),
  }))
  const points = lines.flatMap(line => line.points)
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const words = ({ name, x, y }: (typeof points)[number]) => `${name}\n${xAxis.print(x)}: ${yAxis.print(y)}`
  return {
    title,
    subtitle,
    describe: plot => ({
      ...besideNames(series.map(({ name }) => name)),
      height: Math.max(380, 40 + 15 * series.length),
      x: scaleOf(xAxis, xs),
      y: { ...scaleOf(yAxis, ys), grid: true },
      marks: [
        ...lines.flatMap(({ color, points }) => [
          plot.lineY(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2 }),
          plot.dot(points, { x: 'x', y: 'y', fill: color, r: 2.5, title: words, tip: true }),
        ]),
        ...labelsAtRight(
          plot,
          lines.map(({ points }) => points.at(-1)!),
        ),
      ],
    }),
  }
}
