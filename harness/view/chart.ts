/** One line of a chart: its points in the order of x. */
export interface Series {
  name: string
  points: readonly (readonly [x: number, y: number])[]
}

export interface Axis {
  label: string
  scale: 'linear' | 'log'
  print(value: number): string
}

export interface LineChart {
  title: string
  subtitle: string
  x: Axis
  y: Axis
  series: readonly Series[]
}

const minWidth = 760
const height = 440
/** Of a character on average, generously: what a name takes is not known before it is drawn. */
const characterWidth = 6.6
/** Where the points lie. */
export const plot = { left: 64, right: 560, top: 84, bottom: 384 }
/** Okabe and Ito's colours, which people with colour blindness can tell apart. */
export const colors: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#000000',
  '#999999',
]

/** A line chart as SVG, with the names of the lines at their ends. */
export function drawLines({ title, subtitle, x, y, series }: LineChart): string {
  const points = series.flatMap(line => line.points)
  const xs = points.map(([value]) => value)
  const ys = points.map(([, value]) => value)
  const toX = project(x, { low: Math.min(...xs), high: Math.max(...xs) }, plot.left, plot.right)
  const toY = project(y, widen(ys), plot.bottom, plot.top)
  const ends = spread(series.map(line => toY.at(line.points.at(-1)![1])))
  return frame({ title, subtitle, height, width: widthFor(series) }, [
    ...drawAxes(x, toX, y, toY),
    ...series.flatMap((line, i) => drawSeries(line, colors[i % colors.length]!, toX.at, toY.at, ends[i]!)),
  ])
}

/** The width that leaves room for names to the right of the points. */
export function widthFor(named: readonly { readonly name: string }[]): number {
  const longest = Math.max(...named.map(({ name }) => name.length))
  return Math.max(minWidth, Math.ceil(plot.right + 18 + longest * characterWidth))
}

/** The picture about what is drawn. */
export function frame(
  { title, subtitle, height, width = minWidth }: { title: string; subtitle: string; height: number; width?: number },
  content: readonly string[],
): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(plot.left, 26, title, 'font-size="16" font-weight="600"'),
    text(plot.left, 44, subtitle, 'fill="#555"'),
    ...content,
    '</svg>',
  ].join('\n')}\n`
}

/** Rules, ticks and the names of both axes. */
export function drawAxes(x: Axis, toX: Projection, y: Axis, toY: Projection): string[] {
  return [
    ...toY.ticks.map(value => gridLine(toY.at(value), y.print(value))),
    ...toX.ticks.map(value =>
      text(toX.at(value), plot.bottom + 18, x.print(value), 'text-anchor="middle" fill="#555"'),
    ),
    text((plot.left + plot.right) / 2, plot.bottom + 40, x.label, 'text-anchor="middle"'),
    text(plot.left - 8, plot.top - 12, y.label, 'fill="#555" text-anchor="end"'),
  ]
}

function drawSeries(
  { name, points }: Series,
  color: string,
  toX: (value: number) => number,
  toY: (value: number) => number,
  end: number,
): string[] {
  const places = points.map(([x, y]) => `${round(toX(x))},${round(toY(y))}`)
  const last = points.at(-1)!
  return [
    `<polyline points="${places.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...points.map(([x, y]) => `<circle cx="${round(toX(x))}" cy="${round(toY(y))}" r="2.5" fill="${color}"/>`),
    `<path d="M${round(toX(last[0]) + 4)},${round(toY(last[1]))}L${plot.right + 14},${round(end)}" stroke="${color}" opacity="0.4"/>`,
    text(plot.right + 18, end + 4, name, `fill="${color}"`),
  ]
}

function gridLine(y: number, label: string): string {
  return (
    `<line x1="${plot.left}" x2="${plot.right}" y1="${round(y)}" y2="${round(y)}" stroke="#ddd"/>` +
    text(plot.left - 8, y + 4, label, 'text-anchor="end" fill="#555"')
  )
}

/** Values in pixels. */
export interface Projection {
  at(value: number): number
  ticks: number[]
}

/** Of values. */
interface Extent {
  low: number
  high: number
}

/** Room for a tenth above and below, so that a rule lies beyond the outermost points. */
export function widen(values: readonly number[]): Extent {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return { low: low < 0 ? low * 1.1 : low / 1.3, high: high < 0 ? high : high * 1.1 }
}

/** Maps values to `[from, to]` in pixels; where they are linear, 0 is among them. */
export function project({ scale }: Pick<Axis, 'scale'>, { low, high }: Extent, from: number, to: number): Projection {
  const isLog = scale === 'log'
  const ticks = isLog ? logTicks(low, high) : linearTicks(Math.min(0, low), Math.max(0, high))
  const warp = isLog ? Math.log10 : (value: number) => value
  const [first, last] = isLog ? [warp(low), warp(high)] : [ticks[0]!, Math.max(high, ticks.at(-1)!)]
  const share = (value: number) => (last === first ? 0.5 : (warp(value) - first) / (last - first))
  return { at: value => from + share(value) * (to - from), ticks }
}

/** Powers of ten, and 2 and 5 times them where the range is short. */
function logTicks(low: number, high: number): number[] {
  const steps = high / low > 200 ? [1] : [1, 2, 5]
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) ticks.push(step * 10 ** power)
  return ticks.filter(tick => tick >= low && tick <= high)
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / 6 || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough)!
  const first = Math.floor(low / step)
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, i) => (first + i) * step)
}

/** Moves labels apart that would overlap, and keeps their order. */
export function spread(places: readonly number[]): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!)
  const moved = [...places]
  for (let i = 1; i < order.length; i++) moved[order[i]!] = Math.max(moved[order[i]!]!, moved[order[i - 1]!]! + 15)
  return moved
}

/** A text at a place, in pixels. */
export function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeXml(content)}</text>`
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Tenths of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}
