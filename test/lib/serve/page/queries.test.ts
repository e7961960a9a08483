import { expect, test } from 'vitest'
import { newSpan } from '../../../../lib/model/draft.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import { serviceOf } from '../../../../lib/model/service.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { serviceGraph } from '../../../../lib/questions/service-graph.ts'
import { callQuery, serviceQuery } from '../../../../lib/serve/page/queries.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'

const names = ['shop', '"; } | rate()', 'a\\b\n`c`', '<script>', '', 'ü'.repeat(5_000), '__proto__']

/** By trace a span of each service, each a child of the one before. */
const traces = names.map((_, first): Trace => {
  const spans = [...names.slice(first), ...names.slice(0, first)].map((name, i) => ({
    ...newSpan(),
    spanId: `000000000000000${i + 1}`,
    parentSpanId: i === 0 ? '' : `000000000000000${i}`,
    resource:
      name === '' && first % 2 === 0
        ? null
        : { attributes: [{ key: 'service.name', value: name }], droppedAttributesCount: 0, schemaUrl: '' },
    status: i % 2 === 0 ? null : { code: 2, message: '' },
  }))
  return { traceId: `0000000000000000000000000000000${first + 1}`, spans }
})
const source = memorySource(traces)

async function countOf(query: string): Promise<number> {
  const found = await search(source, parseQuery(query), { limit: 100 })
  return found.traces.reduce((sum, { spanSet }) => sum + spanSet.matched, 0)
}

test('what a call or a service leads to are the spans that were counted, whatever services are called', async () => {
  const { calls, services } = await serviceGraph(source, { startNanos: 0n, endNanos: 1n })
  expect(calls).toHaveLength(names.length)
  for (const { caller, service, count, errorShare } of calls) {
    expect(await countOf(callQuery(caller, service))).toBe(count)
    expect(await countOf(callQuery(caller, service, 'status = error'))).toBe(Math.round(count * errorShare))
  }
  for (const { service } of services) {
    const spans = traces.flatMap(trace => trace.spans).filter(({ resource }) => serviceOf(resource) === service)
    expect(await countOf(serviceQuery(service))).toBe(spans.length)
  }
})
