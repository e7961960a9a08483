import type { PlotOptions } from '@observablehq/plot'

/** A picture as it is described: drawn as a file beside a page of Markdown, or in a page of HTML, where it answers the pointer. */
export interface Figure {
  readonly title: string
  readonly subtitle: string
  readonly options: PlotOptions
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
export const colors: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#7a5195',
  '#808080',
]

/** The width of a picture whose names to the right are not longer than usual. */
export const width = 760
/** Of a character on average, generously: what a name takes is not known before it is drawn. */
const characterWidth = 6.6

/** The room that names take beside what they name. */
export function roomFor(names: readonly string[]): number {
  return Math.ceil(24 + Math.max(0, ...names.map(name => name.length)) * characterWidth)
}

/** A scale of an axis whose ends lie a little beyond the values. */
export function scaleOf({ label, scale, print }: Axis, values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const domain = scale === 'log' ? [low / 1.3, high * 1.1] : [Math.min(0, low * 1.1), Math.max(0, high)]
  // All values may be 0.
  const [first, last] = domain as [number, number]
  return {
    type: scale,
    label,
    labelAnchor: 'center',
    tickFormat: print,
    ticks: 6,
    nice: scale === 'linear',
    domain: [first, last || 1],
  } as const
}
