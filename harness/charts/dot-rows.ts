import { type Axis, colorOf, type Figure, inRows, rowNames, scaleOf } from './figure.ts'

/** Dots of one thing: by row a value, or null. */
export interface DotSet {
  readonly name: string
  readonly isFilled: boolean
  readonly values: readonly (number | null)[]
  /** By row how far the value may be off, as a share of it, where that is known. */
  readonly spreads?: readonly (number | null)[]
}

export interface DotRowChart {
  readonly title: string
  readonly subtitle: string
  readonly rows: readonly string[]
  readonly x: Axis
  readonly sets: readonly DotSet[]
}

/** A line for each row, and on it a dot for each set of another colour, with its spread to both sides. */
export function dotRowFigure({ title, subtitle, rows, x, sets }: DotRowChart): Figure {
  const dots = sets.flatMap(({ name, isFilled, values, spreads }, i) =>
    values.flatMap((value, row) => {
      if (value === null) return []
      const off = spreads?.[row] ?? 0
      const [low, high] = [value * Math.max(0.01, 1 - off), value * (1 + off)]
      return [{ name, row, value, off, low, high, isFilled, color: colorOf(i) }]
    }),
  )
  const ends = dots.flatMap(({ low, high }) => [low, high])
  const words = ({ name, row, value, off }: (typeof dots)[number]) =>
    `${rows[row]}\n${name}: ${x.print(value)} ${x.label}${off > 0 ? ` ± ${(off * 100).toFixed(1)} %` : ''}`
  return {
    title,
    subtitle,
    legend: sets.map(({ name, isFilled }, i) => ({ name, isFilled, color: colorOf(i) })),
    describe: ({ axisY, dot, link, ruleY }) => ({
      ...inRows(rows, 0.1),
      height: 18 * rows.length + 62,
      marginRight: 30,
      x: { ...scaleOf(x, ends), grid: true },
      marks: [
        axisY(rowNames(rows)),
        ruleY(rows.keys(), { stroke: 'currentColor', strokeOpacity: 0.08 }),
        link(
          dots.filter(({ off }) => off > 0),
          { x1: 'low', x2: 'high', y1: 'row', y2: 'row', stroke: 'color', strokeWidth: 5, strokeOpacity: 0.35 },
        ),
        ...[true, false].map(isFilled =>
          dot(
            dots.filter(one => one.isFilled === isFilled),
            {
              x: 'value',
              y: 'row',
              r: 4,
              fill: isFilled ? 'color' : 'var(--plot-background)',
              stroke: 'color',
              title: words,
              tip: true,
            },
          ),
        ),
      ],
    }),
  }
}
