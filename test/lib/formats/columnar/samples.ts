import type { Attribute, Span, Trace, Value } from '../../../../lib/model/trace.ts'
import { drawsOf } from '../../../support/draws.ts'
import { attributes, span } from '../../../support/nasty.ts'

const base = 1_700_000_000_123_456_789n

/** Traces that look like traces, drawn with a seed, in which every encoding of a column is worth its while. */
export function sampleTraces(traceCount: number, seed: number): Trace[] {
  const draw = drawsOf(seed)
  const below = (limit: number) => Math.floor(draw() * limit)
  const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join('')
  const resources = ['cart', 'checkout', 'mail'].map(name => ({
    attributes: attributes(['service.name', name], ['pod', hex(8)]),
    droppedAttributesCount: 0,
    schemaUrl: '',
  }))
  const values = (row: number, name: string, service: string): [string, Value][] => [
    ['route', `/api/${name}`],
    ['peer', `${service}:80`],
    ['user', `user-${below(9000)}`],
    ['uuid', `${hex(8)}-${hex(4)}`],
    ['note', `${hex(3)} said ${'so '.repeat(below(9))}${below(2) === 0 ? 'é' : 'e'}`],
    ['status', [200n, 200n, 200n, 404n, 500n][below(5)]!],
    ['method', ['GET', 'PUT', 'POST'][below(3)]!],
    ['big', below(9) === 0 ? 2n ** 62n : BigInt(row * 1000 + below(10))],
    ['ratio', below(100) / 100],
    ['odd', [0.1, -0, 5e-324, Number.NaN][below(4)]!],
    ['ok', below(2) === 0],
    ['none', null],
    ['tags', [`t${below(3)}`, 1n, { entries: attributes(['in', 1.5]) }]],
    ['bytes', new Uint8Array([below(256), 1])],
  ]
  let row = 0
  return Array.from({ length: traceCount }, (_, trace) => {
    const traceId = trace % 7 === 6 ? `0000000000000000${hex(16)}` : trace === 3 ? 'abcd' : hex(32)
    const spans: Span[] = []
    const count = 1 + below(6)
    for (let i = 0; i < count; i++) {
      row++
      const name = ['get', 'put', 'list', 'watch'][below(4)]!
      const service = below(3)
      const startNanos = base + BigInt(row * 1_000_000 + below(999) * 1000 + below(3))
      const list: Attribute[] = attributes(
        ...values(row, name, ['cart', 'checkout', 'mail'][service]!).slice(below(3), 8 + below(7)),
      )
      spans.push(
        span({
          spanId:
            i === 0 ? traceId.slice(16) : row % 31 === 30 ? spans[i - 1]!.spanId : row % 29 === 28 ? '0b' : hex(16),
          parentSpanId:
            i === 0 ? '' : below(12) === 0 ? ['00ff', 'feedfeedfeedfeed'][below(2)]! : spans[below(i)]!.spanId,
          name,
          kind: 1 + below(3),
          startNanos,
          endNanos: startNanos + BigInt(row % 40 === 39 ? 2 ** 51 : below(2) * 1_000_000 + below(99_999) * 10),
          status: below(8) === 0 ? { code: 2, message: 'broken' } : null,
          traceState: below(20) === 0 ? 'a=1' : '',
          flags: below(2),
          droppedEventsCount: below(30) === 0 ? 3 : 0,
          attributes: below(5) === 0 ? list.reverse() : list,
          events: Array.from({ length: below(3) }, (_, n) => ({
            timeNanos: startNanos + BigInt(below(1000) * (n + 1)),
            name: ['miss', 'retry'][below(2)]!,
            attributes: below(2) === 0 ? [] : attributes(['attempt', BigInt(below(4))]),
            droppedAttributesCount: 0,
          })),
          links: Array.from({ length: below(6) === 0 ? 1 : 0 }, () => ({
            traceId: hex(32),
            spanId: hex(16),
            traceState: '',
            flags: below(2),
            attributes: [],
            droppedAttributesCount: 0,
          })),
          resource: resources[service]!,
          scope:
            below(4) === 0
              ? { name: 'lib', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
              : null,
        }),
      )
    }
    return { traceId, spans }
  })
}
