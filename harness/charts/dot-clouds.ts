import { type Axis, colorOf, type Figure, marginBottom, scaleOf, width } from './figure.ts'

/** Named dots of one colour. */
export interface DotCloud {
  readonly name: string
  readonly isFilled: boolean
  readonly dots: readonly { readonly name: string; readonly x: number; readonly y: number }[]
}

export interface DotCloudChart {
  readonly title: string
  readonly subtitle: string
  readonly x: Axis
  readonly y: Axis
  readonly sets: readonly DotCloud[]
}

/** Dots of several sets, each set of another colour; the pointer tells their names. */
export function dotCloudFigure({ title, subtitle, x: xAxis, y: yAxis, sets }: DotCloudChart): Figure {
  const dots = sets.flatMap(({ name: set, isFilled, dots }, i) =>
    dots.map(dot => ({ ...dot, set, isFilled, color: colorOf(i) })),
  )
  const words = ({ set, name, x, y }: (typeof dots)[number]) =>
    `${set}\n${name}\n${xAxis.label}: ${xAxis.print(x)}\n${yAxis.label}: ${yAxis.print(y)}`
  return {
    title,
    subtitle,
    legend: sets.map(({ name, isFilled }, i) => ({ name, isFilled, color: colorOf(i) })),
    describe: ({ dot }) => ({
      width,
      height: 400,
      marginLeft: 60,
      marginRight: 30,
      marginBottom,
      x: {
        ...scaleOf(
          xAxis,
          dots.map(({ x }) => x),
        ),
        grid: true,
      },
      y: {
        ...scaleOf(
          yAxis,
          dots.map(({ y }) => y),
        ),
        grid: true,
      },
      marks: [
        dot(dots, {
          x: 'x',
          y: 'y',
          r: 3.5,
          fill: ({ color, isFilled }) => (isFilled ? color : 'var(--plot-background)'),
          stroke: 'color',
          title: words,
          tip: true,
        }),
      ],
    }),
  }
}
