import { dot, lineY, type Markish } from '@observablehq/plot'
import { type Axis, colors, type Figure, roomFor, scaleOf, width } from './figure.ts'
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
export function lineFigure({ title, subtitle, x, y, series }: LineChart): Figure {
  const lines = series.map(({ name, points }, i) => ({
    name,
    color: colors[i % colors.length]!,
    points: points.map(([x, y]) => ({ x, y, name })),
  }))
  const points = lines.flatMap(line => line.points)
  const marginRight = roomFor(series.map(({ name }) => name))
  return {
    title,
    subtitle,
    options: {
      width: width - 180 + marginRight,
      height: Math.max(380, 40 + 15 * series.length),
      marginLeft: 60,
      marginRight,
      marginBottom: 44,
      x: scaleOf(
        x,
        points.map(({ x }) => x),
      ),
      y: {
        ...scaleOf(
          y,
          points.map(({ y }) => y),
        ),
        grid: true,
      },
      marks: [
        ...lines.flatMap(({ color, points }): Markish[] => [
          lineY(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, title: 'name' }),
          dot(points, {
            x: 'x',
            y: 'y',
            fill: color,
            r: 2.5,
            title: ({ name, x: at, y: value }) => `${name}\n${x.print(at)}: ${y.print(value)}`,
            tip: true,
          }),
        ]),
        ...labelsAtRight(
          lines.map(({ name, color, points }) => ({ name, color, x: points.at(-1)!.x, y: points.at(-1)!.y })),
        ),
      ],
    },
  }
}
