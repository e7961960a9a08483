import type { RawSpan, ResourceSpans } from '../../../../lib/serve/page/otlp-json.ts'

const idOf = (id: number) => Buffer.from(id.toString(16).padStart(16, '0'), 'hex').toString('base64')

/** A trace of the server's JSON with spans that hang together at random: orphans, circles, and ids that occur twice. */
export function randomTrace(draw: () => number, spanCount: number): ResourceSpans[] {
  const below = (bound: number) => Math.floor(draw() * bound)
  const spanOf = (id: number): RawSpan => {
    const start = 1_700_000_000_000_000_000n + BigInt(below(1_000))
    return {
      spanId: idOf(draw() < 0.05 ? below(spanCount) + 1 : id),
      parentSpanId: draw() < 0.1 ? '' : idOf(below(Math.ceil(spanCount * 1.2)) + 1),
      name: `name ${below(3)}`,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(below(500))),
      attributes: [{ key: `key ${below(4)}`, value: { intValue: String(below(100)) } }],
      status: draw() < 0.2 ? { code: 'STATUS_CODE_ERROR', message: 'Timed out' } : {},
      events: draw() < 0.2 ? [{ timeUnixNano: String(start), name: `event ${below(9)}` }] : [],
    }
  }
  return [0, 1].map(part => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: `service ${part}` } }] },
    scopeSpans: [
      { scope: {}, spans: Array.from({ length: spanCount >> 1 }, (_, i) => spanOf(part * (spanCount >> 1) + i + 1)) },
    ],
  }))
}
