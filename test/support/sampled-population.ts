import type { Span, Trace } from '../../lib/model/trace.ts'
import { attributes, span } from './nasty.ts'

type Draw = () => number

export const populationStart = 1_700_000_000_000_000_000n

/** Operations by how often traces have them. */
const operations = { front: 1, cart: 0.8, search: 0.7, pay: 0.6, ship: 0.5 }

/**
 * Traces whose spans are alike: a trace has one to thirty of them, repeats the same operations, and is slow, or fails,
 * as a whole. They start within 30 s.
 */
export function drawPopulation(draw: Draw, traceCount: number): Trace[] {
  return Array.from({ length: traceCount }, (_, i) => ({
    traceId: (i + 1).toString(16).padStart(32, '0'),
    spans: drawSpans(draw),
  }))
}

function drawSpans(draw: Draw): Span[] {
  const startNanos = populationStart + BigInt(1 + Math.floor(draw() * 29e9))
  const [slowness, fails, repeats] = [Math.exp(2 * draw()), draw() < 0.2, 1 + Math.floor(5 * draw() ** 3)]
  const called = Object.entries(operations).flatMap(([name, chance]) => (draw() < chance ? [name] : []))
  return called.flatMap(name =>
    Array.from({ length: repeats }, () =>
      span({
        ...{ name, startNanos },
        endNanos: startNanos + BigInt(Math.round(1e6 * slowness * Math.exp(draw() + draw()))),
        status: { code: fails && draw() < 0.7 ? 2 : 0, message: '' },
        attributes: attributes(['size', BigInt(Math.floor(100 * draw() * slowness))]),
      }),
    ),
  )
}

/** The traces that are kept at thresholds, hex digits of which are given by trace, by randomness that is drawn. */
export function sampleTraces(traces: readonly Trace[], thresholdOf: (trace: Trace) => string, draw: Draw): Trace[] {
  return traces.flatMap(trace => {
    const randomness = hexOf(draw()) + hexOf(draw())
    const threshold = thresholdOf(trace)
    if (randomness < threshold.padEnd(14, '0')) return []
    const traceState = `ot=th:${threshold};rv:${randomness}`
    return [{ ...trace, spans: trace.spans.map(own => ({ ...own, traceState })) }]
  })
}

/** Seven hex digits of a number in [0, 1). */
function hexOf(part: number): string {
  return Math.floor(part * 2 ** 28)
    .toString(16)
    .padStart(7, '0')
}
