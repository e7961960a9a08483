import { serviceGraph } from '../../../questions/service-graph.ts'
import { list, one, schemaOf } from '../message.ts'
import { answerMessage, bytesRead, type Route } from '../route.ts'
import { rangeOf } from './metrics.ts'

const stats = {
  count: one(3, 'double'),
  errorShare: one(4, 'double'),
  p50Nanos: one(5, 'double'),
  p95Nanos: one(6, 'double'),
} as const
const node = schemaOf({ service: one(1, 'text'), entryCount: one(2, 'double'), ...stats })
const call = schemaOf({ caller: one(1, 'text'), service: one(2, 'text'), ...stats })
const inspected = schemaOf({ inspectedSpans: one(1, 'varint'), inspectedBytes: one(2, 'varint') })
const response = schemaOf({
  services: list(1, () => node),
  calls: list(2, () => call),
  metrics: one(5, () => inspected),
})

/** Clients choose the names of services. */
const maxAnswered = 10_000

/** Which services call which over a range, how often, how often in vain, and how long that takes. */
export const serviceGraphRoute: Route = {
  path: '/api/metrics/service_graph',
  async answer(question) {
    const { parameters, source, limits } = question
    const graph = await serviceGraph(source, rangeOf(parameters), limits)
    const metrics = { inspectedSpans: `${graph.inspectedSpans}`, inspectedBytes: bytesRead(question) }
    const services = graph.services.slice(0, maxAnswered)
    const calls = graph.calls.slice(0, maxAnswered)
    const reason =
      graph.services.length + graph.calls.length > services.length + calls.length
        ? `more than ${maxAnswered} services or pairs of them: only the first are answered`
        : undefined
    return answerMessage(response, { services, calls, metrics }, question, reason)
  },
}
