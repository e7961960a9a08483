import type { InitializerFunction, Markish } from '@observablehq/plot'
import type { Plot } from './figure.ts'

/** A name beside what it names. */
export interface Label {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly color: string
}

/** Pixels between names. */
const lineHeight = 15
/** From the frame to the names. */
const gap = 14

/** Names to the right of a picture, moved apart where they would overlap, in the order of their places; lines lead to them. */
export function labelsAtRight({ initializer, link, text }: Plot, labels: readonly Label[]): Markish[] {
  const lines = { x1: 'x', x2: 'x', y1: 'y', y2: 'y', stroke: 'color', strokeOpacity: 0.25 } as const
  const names = { y: 'y', text: 'name', fill: 'color', textAnchor: 'start', frameAnchor: 'right', dx: gap } as const
  return [link(labels, initializer(lines, leading)), text(labels, initializer(names, apart))]
}

const apart: InitializerFunction = (data, facets, { y }, scales) => ({
  data,
  facets,
  channels: { y: { value: spread(y!.value as number[], scales.y as Scale) } },
})

const leading: InitializerFunction = (data, facets, { x1, y1 }, scales, { width, marginRight }) => {
  const starts = (x1!.value as number[]).map(value => (scales.x as Scale)(value) + 5)
  const ends = spread(y1!.value as number[], scales.y as Scale)
  return {
    data,
    facets,
    channels: {
      x1: { value: starts },
      x2: { value: ends.map(() => width - marginRight + gap - 4) },
      y2: { value: ends },
    },
  }
}

type Scale = (value: number) => number

/** Places in pixels, each so far below the one above it that a name has room. */
function spread(values: readonly number[], scale: Scale): number[] {
  const places = values.map(scale)
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!)
  for (const [i, place] of order.entries())
    if (i > 0) places[place] = Math.max(places[place]!, places[order[i - 1]!]! + lineHeight)
  return places
}
