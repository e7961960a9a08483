import type { Span, Trace } from '../model/trace.ts'
import { explicitRandomness, hasRandomness, hasThreshold, parseThreshold, randomnessOf } from './threshold.ts'

/** What is wrong with trace states of the input: which rule, how many spans, and the first of them. */
export interface StateFault {
  readonly fault: string
  count: number
  readonly first: string
}

/** How a trace was sampled before. */
export interface TraceSample {
  /** 56 bits: `rv` of the first span that has one, else of the trace id. */
  readonly randomness: bigint
  readonly isExplicit: boolean
  /** The lowest threshold of its spans: that of the trace, for it is here as long as any of them is. */
  readonly threshold: bigint
  /** The highest, which its randomness is not below. */
  readonly maxThreshold: bigint
}

/**
 * Reads how traces were sampled before. What is malformed, contradicts the randomness of its trace or the other spans is
 * counted, and handled as OpenTelemetry says: as if it were not there.
 */
export class TraceStateReader {
  readonly #faults = new Map<string, StateFault>()

  read(trace: Trace): TraceSample {
    const { traceId, spans } = trace
    const own = this.#explicit(trace)
    const randomness = own === undefined ? randomnessOf(traceId, '') : BigInt(`0x${own}`)
    let [threshold, maxThreshold] = [randomness, 0n]
    for (const span of spans) {
      const held = this.#held(traceId, span, randomness)
      if (held < threshold) threshold = held
      if (held > maxThreshold) maxThreshold = held
    }
    return { randomness, isExplicit: own !== undefined, threshold, maxThreshold }
  }

  faults(): StateFault[] {
    return [...this.#faults.values()]
  }

  #explicit({ traceId, spans }: Trace): string | undefined {
    let own: string | undefined
    for (const span of spans) {
      const { traceState } = span
      if (!hasRandomness(traceState)) continue
      const digits = explicitRandomness(traceState)
      if (digits === undefined) this.#report('rv is not 14 lower-case hex digits', traceId, span)
      else if (own !== undefined && digits !== own) this.#report('rv differs from that of another span', traceId, span)
      own ??= digits
    }
    return own
  }

  /** The threshold at which a span was kept, 0 where it tells none that can be. */
  #held(traceId: string, span: Span, randomness: bigint): bigint {
    if (!hasThreshold(span.traceState)) return 0n
    const threshold = parseThreshold(span.traceState)
    if (threshold === undefined) this.#report('th is not 1 to 14 lower-case hex digits, once', traceId, span)
    else if (threshold > randomness) this.#report("th is above the trace's randomness", traceId, span)
    else return threshold
    return 0n
  }

  #report(fault: string, traceId: string, { spanId, traceState }: Span): void {
    const known = this.#faults.get(fault)
    const first = `trace ${traceId}, span ${spanId}: ${JSON.stringify(traceState)}`
    if (known === undefined) this.#faults.set(fault, { fault, count: 1, first })
    else known.count++
  }
}

/** The threshold of a span on its own, 0 where it tells none that holds. */
export function spanThreshold({ traceState }: Span, randomness: bigint): bigint {
  const threshold = traceState === '' ? undefined : parseThreshold(traceState)
  return threshold !== undefined && threshold <= randomness ? threshold : 0n
}
