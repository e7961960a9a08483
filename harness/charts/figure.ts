import type { AxisYOptions, PlotOptions, ScaleOptions } from '@observablehq/plot'

/** The library that draws. */
export type Plot = typeof import('./plot.ts')

/** A picture as it is described: drawn as a file beside a page of Markdown, or in a page of HTML, where it answers the pointer. */
export interface Figure {
  readonly title: string
  readonly subtitle: string
  describe(plot: Plot): PlotOptions
  /** Where names do not stand beside what they name. */
  readonly legend?: readonly LegendEntry[]
}

export interface LegendEntry {
  readonly name: string
  readonly color: string
  readonly isFilled: boolean
}

/** How values are shown on an axis. */
export interface Axis {
  readonly label: string
  readonly scale: 'linear' | 'log'
  print(value: number): string
}

/** Okabe and Ito's colours, which people with colour blindness can tell apart, without those that are hard to see on white or black. */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#7a5195', '#808080'] as const
/** Of a rule that others are held to. */
export const [barColor, ruleColor] = colors

/** The colour of one among several. */
export function colorOf(number: number): string {
  return colors[number % colors.length]!
}

/** The width of a picture whose names to the right are not longer than usual. */
export const width = 760
/** Of a character on average, generously: what a name takes is not known before it is drawn. */
const characterWidth = 6.6
/** Below the picture, for the axis. */
export const marginBottom = 44

/** The room that names take beside what they name. */
function roomFor(names: readonly string[]): number {
  return Math.ceil(24 + Math.max(0, ...names.map(name => name.length)) * characterWidth)
}

/** A scale of an axis whose ends lie a little beyond the values. */
export function scaleOf({ label, scale, print }: Axis, values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const [first, last] = scale === 'log' ? [low / 1.3, high * 1.1] : [Math.min(0, low * 1.1), Math.max(0, high)]
  return {
    type: scale,
    label,
    labelAnchor: 'center',
    tickFormat: print,
    ticks: 6,
    nice: scale === 'linear',
    // All values may be 0.
    domain: [first, last || 1],
  } as const
}

/** A picture with names to the right of its frame. */
export function besideNames(
  names: readonly string[],
): Pick<PlotOptions, 'width' | 'marginLeft' | 'marginRight' | 'marginBottom'> {
  const marginRight = roomFor(names)
  return { width: width - 180 + marginRight, marginLeft: 60, marginRight, marginBottom }
}

/** A picture of rows, each with its name to the left; by their numbers, since names may occur twice. */
export function inRows(
  names: readonly string[],
  padding: number,
): Pick<PlotOptions, 'width' | 'marginLeft' | 'marginBottom'> & { y: ScaleOptions } {
  const domain = names.map((_, row) => row)
  return { width, marginLeft: roomFor(names), marginBottom, y: { type: 'band', domain, label: null, padding } }
}

/** The names of rows, as an axis. */
export function rowNames(names: readonly string[]): AxisYOptions {
  return { tickFormat: row => names[row as number]!, tickSize: 0 }
}
