import type { Trace } from '../../lib/model/trace.ts'
import { attributes } from './nasty.ts'
import { delimited, fixed32, fixed64, number } from './protobuf.ts'

/** A TracesData around the fields of a span. */
export function spanMessage(...fields: Uint8Array[]): Buffer {
  return delimited(1, delimited(2, delimited(2, ...fields)))
}

/** A TracesData around the fields of an attribute's AnyValue. */
export function valueMessage(...fields: Uint8Array[]): Buffer {
  return spanMessage(delimited(9, delimited(1, 'k'), delimited(2, ...fields)))
}

export const resourceFields = [delimited(1, delimited(1, 'a'), delimited(2, delimited(1, 'b'))), number(2, 7)]
export const scopeFields = [delimited(1, 's'), delimited(2, '1'), delimited(3, delimited(1, 'k')), number(4, 3)]
export const spanFields = [
  delimited(1, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex')),
  delimited(2, Buffer.from('eee19b7ec3c1b174', 'hex')),
  delimited(3, 'a=1'),
  delimited(4, Buffer.from('eee19b7ec3c1b173', 'hex')),
  delimited(5, 'GET'),
  number(6, 2),
  fixed64(7, 1544712660000000001n),
  fixed64(8, 2n ** 64n - 1n),
  delimited(9, delimited(1, 'i'), delimited(2, number(3, -(2n ** 63n)))),
  delimited(9, delimited(1, 'd'), delimited(2, fixed64(4, 0x3ff8000000000000n))),
  number(10, 2 ** 32 - 1),
  delimited(11, fixed64(1, 5n), delimited(2, 'e'), delimited(3, delimited(1, 'x')), number(4, 2)),
  number(12, 4),
  delimited(
    13,
    ...[delimited(1, Buffer.from([10])), delimited(2, Buffer.from([11])), delimited(3, 't')],
    ...[delimited(4, delimited(1, 'l')), number(5, 5), fixed32(6, 257)],
  ),
  number(14, 6),
  delimited(15, delimited(2, 'm'), number(3, 2)),
  fixed32(16, 2 ** 32 - 1),
]
/** What it says. */
export const fullTrace: Trace = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spans: [
    {
      spanId: 'eee19b7ec3c1b174',
      parentSpanId: 'eee19b7ec3c1b173',
      traceState: 'a=1',
      flags: 2 ** 32 - 1,
      name: 'GET',
      kind: 2,
      startNanos: 1544712660000000001n,
      endNanos: 2n ** 64n - 1n,
      attributes: attributes(['i', -(2n ** 63n)], ['d', 1.5]),
      droppedAttributesCount: 2 ** 32 - 1,
      events: [{ timeNanos: 5n, name: 'e', attributes: attributes(['x', null]), droppedAttributesCount: 2 }],
      droppedEventsCount: 4,
      links: [
        {
          traceId: '0a',
          spanId: '0b',
          traceState: 't',
          flags: 257,
          attributes: attributes(['l', null]),
          droppedAttributesCount: 5,
        },
      ],
      droppedLinksCount: 6,
      status: { code: 2, message: 'm' },
      resource: { attributes: attributes(['a', 'b']), droppedAttributesCount: 7, schemaUrl: 'ru' },
      scope: {
        name: 's',
        version: '1',
        attributes: attributes(['k', null]),
        droppedAttributesCount: 3,
        schemaUrl: 'su',
      },
    },
  ],
}
export const scopeSpansFields = [delimited(1, ...scopeFields), delimited(2, ...spanFields), delimited(3, 'su')]
/** A message in which every field is set. */
export const full = delimited(1, delimited(1, ...resourceFields), delimited(2, ...scopeSpansFields), delimited(3, 'ru'))
