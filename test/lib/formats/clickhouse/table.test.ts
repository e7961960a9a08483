import { expect, test } from 'vitest'
import { decodeClickhouse } from '../../../../lib/formats/clickhouse/table.ts'
import { writeClickhouse } from '../../../../lib/import/tables.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { attributes, span } from '../../../support/nasty.ts'

test('what the table has comes back, attributes as texts, the first of each key', async () => {
  const owner = { droppedAttributesCount: 0, schemaUrl: '' }
  const whole = span({
    parentSpanId: 'ab'.repeat(8),
    kind: 3,
    attributes: attributes(['n', 5n], ['list', ['a']], ['n', 'again'], ['none', null], ['half', 0.5]),
    events: [{ timeNanos: 7n, name: 'e', attributes: attributes(['b', true]), droppedAttributesCount: 0 }],
    links: [
      { traceId: '01', spanId: '02', traceState: 's', flags: 0, attributes: [], droppedAttributesCount: 0 },
      {
        traceId: '03',
        spanId: '04',
        traceState: '',
        flags: 0,
        attributes: attributes(['k', 'v']),
        droppedAttributesCount: 0,
      },
    ],
    status: { code: 2, message: 'why' },
    resource: { attributes: attributes(['service.name', 'shop']), ...owner },
    scope: { name: 'lib', version: '1', attributes: [], ...owner },
  })
  const sink = new MemorySink()
  await writeClickhouse(streamOf([[{ traceId: '0a', spans: [whole] }]]), sink)
  const [back] = (await collect(decodeClickhouse(openMemory(sink.bytes())))).flat()
  expect(back).toEqual({
    traceId: '0a',
    spans: [
      {
        ...whole,
        attributes: attributes(
          ['n', '5'],
          ['list', '{"arrayValue":{"values":[{"stringValue":"a"}]}}'],
          ['none', ''],
          ['half', '0.5'],
        ),
        events: [{ ...whole.events[0], attributes: attributes(['b', 'true']) }],
      },
    ],
  })
})
