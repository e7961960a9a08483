import type { KeyedValue } from '../../../lib/traceql/engine/answer-value.ts'
import { plural } from '../../text/format.ts'

interface Sample {
  readonly timestampMs: string
  readonly value?: number
}

/** An answer of either kind, in memory or as JSON of the API. */
export interface FoundAnswer {
  readonly traces?: readonly { readonly traceID: string }[]
  readonly series?: readonly { readonly labels?: readonly KeyedValue[]; readonly samples: readonly Sample[] }[]
}

/** Sums of doubles in another order differ by less. */
const tolerance = 1e-9

/** How an answer differs from what was sent, if it does: in the traces that it has, or in the points of its series. */
export function difference(sent: FoundAnswer, found: FoundAnswer): string | undefined {
  const [expected, actual] = [pointsOf(sent), pointsOf(found)]
  for (const [name, value] of expected) {
    const own = actual.get(name)
    if (own === undefined) return `sent ${plural(expected.size, 'point')}, found ${actual.size}: ${name} is missing`
    if (Math.abs(own - value) > tolerance * Math.abs(value)) return `${name}: sent ${value}, found ${own}`
  }
  return actual.size === expected.size ? undefined : `sent ${plural(expected.size, 'point')}, found ${actual.size}`
}

/** By name: each trace as 1, each point of a series as its value. */
function pointsOf({ traces = [], series = [] }: FoundAnswer): Map<string, number> {
  const points = new Map<string, number>(traces.map(({ traceID }) => [`trace ${traceID.padStart(32, '0')}`, 1]))
  for (const { labels = [], samples } of series) {
    const name = labels.map(({ key, value }) => `${key}=${JSON.stringify(value)}`).sort()
    for (const { timestampMs, value = 0 } of samples) points.set(`{${name.join()}} at ${timestampMs}`, value)
  }
  return points
}
