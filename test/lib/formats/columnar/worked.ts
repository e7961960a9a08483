import type { Trace } from '../../../../lib/model/trace.ts'
import { attributes, span } from '../../../support/nasty.ts'

const resource = { attributes: attributes(['service.name', 'cart']), droppedAttributesCount: 0, schemaUrl: '' }
const start = 1544712660000000000n

/** The traces of the worked file of FORMAT.md: eight traces of one span, with a code that varies, and a child. */
export const worked: readonly Trace[] = Array.from({ length: 8 }, (_, i) => ({
  traceId: `5b8efff798038103d269b633813fc60${i}`,
  spans: [
    span({
      spanId: `eee19b7ec3c1b17${i}`,
      name: 'GET /',
      kind: 2,
      startNanos: start + BigInt(i * i) * 1_000_000n,
      endNanos: start + BigInt(i * i + 5 + (i % 3)) * 1_000_000n,
      attributes: attributes(['http.status_code', i % 4 === 1 ? 404n : 200n], ['ratio', i / 4]),
      resource,
    }),
    ...(i === 0
      ? [
          span({
            spanId: 'ab',
            parentSpanId: 'eee19b7ec3c1b170',
            name: 'get',
            kind: 3,
            startNanos: start + 1000n,
            endNanos: start + 3000n,
            events: [{ timeNanos: start + 1500n, name: 'miss', attributes: [], droppedAttributesCount: 0 }],
            resource,
          }),
        ]
      : []),
  ],
}))
