import { colors, frame, plot, project, round, text } from './chart.ts'

export interface Bar {
  name: string
  value: number
}

export interface BarChart {
  title: string
  subtitle: string
  bars: readonly Bar[]
  /** A value that no bar should be below, and what it is. */
  rule: { value: number; label: string }
  print(value: number): string
}

const rowHeight = 24
const left = 250
const right = 690
const thickness = 14
/** Bars longer than so many times the rule are cut, with a mark: they would leave no room for the others. */
const longest = 6

/** Horizontal bars as SVG, in the order given, with their values at their ends. */
export function drawBars({ title, subtitle, bars, rule, print }: BarChart): string {
  const limit = Math.min(longest * rule.value, Math.max(rule.value, ...bars.map(bar => bar.value)))
  const toX = project({ scale: 'linear' }, { low: 0, high: limit }, left, right).at
  const bottom = plot.top + bars.length * rowHeight
  const ruleX = round(toX(rule.value))
  return frame({ title, subtitle, height: bottom + 40 }, [
    ...bars.flatMap((bar, i) => drawBar(bar, { y: plot.top + i * rowHeight, limit, toX, print })),
    `<line x1="${ruleX}" x2="${ruleX}" y1="${plot.top - 8}" y2="${bottom + 4}" stroke="${colors[1]}" stroke-width="1.5"/>`,
    text(ruleX, bottom + 20, rule.label, `text-anchor="middle" fill="${colors[1]}"`),
  ])
}

interface Place {
  y: number
  limit: number
  toX(value: number): number
  print(value: number): string
}

function drawBar({ name, value }: Bar, { y, limit, toX, print }: Place): string[] {
  const end = round(toX(Math.min(value, limit)))
  const isCut = value > limit
  const middle = y + thickness / 2
  return [
    text(left - 8, middle + 4, name, 'text-anchor="end"'),
    `<rect x="${left}" y="${y}" width="${round(end - left)}" height="${thickness}" fill="${colors[0]}"/>`,
    ...(isCut ? [`<path d="M${end - 14},${y + thickness}l5,-${thickness}h5l-5,${thickness}z" fill="#fff"/>`] : []),
    text(end + 6, middle + 4, print(value), 'fill="#555"'),
  ]
}
