import { type Axis, colors, drawAxes, frame, plot, project, round, spread, text, widen, widthFor } from './chart.ts'

/** One thing and its two places at the same x: the first is filled, the second hollow. */
export interface Dot {
  name: string
  x: number
  ys: readonly [first: number, second: number]
}

export interface ScatterChart {
  title: string
  subtitle: string
  x: Axis
  y: Axis
  dots: readonly Dot[]
  rule: { x: number; label: string }
}

/** Pairs of dots as SVG, each pair joined, with the names to the right in the order of their first places. */
export function drawScatter({ title, subtitle, x, y, dots, rule }: ScatterChart): string {
  const toX = project(x, widen([...dots.map(dot => dot.x), rule.x]), plot.left, plot.right)
  const toY = project(y, widen(dots.flatMap(dot => dot.ys)), plot.bottom, plot.top)
  const ends = spread(dots.map(dot => toY.at(dot.ys[0])))
  const height = Math.max(plot.bottom + 56, ...ends.map(end => end + 20))
  const ruleX = round(toX.at(rule.x))
  return frame({ title, subtitle, height: round(height), width: widthFor(dots) }, [
    ...drawAxes(x, toX, y, toY),
    `<line x1="${ruleX}" x2="${ruleX}" y1="${plot.top}" y2="${plot.bottom}" stroke="${colors[1]}" stroke-dasharray="4 3"/>`,
    text(ruleX, plot.top - 6, rule.label, `text-anchor="middle" fill="${colors[1]}"`),
    ...dots.flatMap((dot, i) => {
      const [first, second] = dot.ys.map(value => round(toY.at(value)))
      return drawDot(dot.name, {
        x: round(toX.at(dot.x)),
        first,
        second,
        end: ends[i],
        color: colors[i % colors.length],
      })
    }),
  ])
}

interface Place {
  x: number
  first: number
  second: number
  end: number
  color: string
}

function drawDot(name: string, { x, first, second, end, color }: Place): string[] {
  return [
    `<path d="M${x},${first}V${second}" stroke="${color}" opacity="0.5"/>`,
    `<path d="M${x + 5},${first}L${plot.right + 14},${round(end)}" stroke="${color}" opacity="0.25"/>`,
    `<circle cx="${x}" cy="${first}" r="4" fill="${color}"/>`,
    `<circle cx="${x}" cy="${second}" r="4" fill="#fff" stroke="${color}" stroke-width="1.5"/>`,
    text(plot.right + 18, end + 4, name, `fill="${color}"`),
  ]
}
