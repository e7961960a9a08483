import { uuidOf } from '../../identifiers.ts'
import { micros } from '../../timing.ts'
import { call, choosePod, defineHttp } from '../calls.ts'
import { addException, fails, failures, setError } from '../failures.ts'
import { services } from '../fleet.ts'
import { consumeBatch } from '../outside.ts'
import type { Message } from '../queue.ts'
import { close, type Failure, kinds, open, put, putName, type SpanDraft, type TraceDraft, work } from '../span-draft.ts'
import { defineQuery, query, readCache, step, together } from '../stores.ts'

/** Pattern 6, work without a user: the warehouse's queue, reports, and the large batches. */

const selectPage = defineQuery('orders', {
  collection: 'orders',
  operation: 'SELECT',
  text: "SELECT id, total, state FROM orders WHERE state = 'paid' ORDER BY id OFFSET ? LIMIT ?",
  medianMicros: 9000,
  spread: 'wide',
  returnsRows: true,
})
const aggregate = defineQuery('orders', {
  collection: 'order_items',
  operation: 'SELECT',
  text: "SELECT sku, sum(price) FROM order_items WHERE created_at >= now() - interval '? hours' GROUP BY sku",
  medianMicros: 85_000,
  spread: 'wide',
  failures: 60,
  returnsRows: true,
})
const updateOrder = defineQuery('orders', {
  collection: 'orders',
  operation: 'UPDATE',
  text: "UPDATE orders SET state = 'reconciled', reconciled_by = '?' WHERE id = '?'",
  medianMicros: 1500,
})
const insertShipment = defineQuery('warehouse', {
  collection: 'shipments',
  operation: 'INSERT',
  text: "INSERT INTO shipments (order_id, carrier) VALUES ('?', '?')",
  medianMicros: 2600,
})
const setShipped = defineHttp(services.order, 'PATCH', '/internal/orders/{id}', { timeoutMillis: 2000, attempts: 3 })
const updateState = defineQuery('orders', {
  collection: 'orders',
  operation: 'UPDATE',
  text: "UPDATE orders SET state = 'picking' WHERE id = '?'",
  medianMicros: 1800,
})

const carriers = ['dhl', 'dpd', 'gls', 'hermes', 'ups']
const pick = micros(3000, 'varied')
const crunch = micros(12_000, 'varied')
const pause = micros(2000, 'varied')
const pageSize = 25

/** The warehouse takes what has been ordered: a trace of its own, linked with those of the orders. */
export function takeOrders(trace: TraceDraft, fromNanos: number, messages: readonly Message[]): void {
  const place = { service: services.warehouse, topic: 'orders.created', fromNanos }
  consumeBatch(trace, place, messages, span => {
    for (const { orderId } of messages)
      step(span, 'pickOrder', pick, inner => {
        const carrier = inner.random.pick('request', carriers)
        put(inner, 'order.id', orderId)
        putName(inner, 'shipment.carrier', carrier)
        return (
          query(inner, insertShipment, [orderId, carrier]) ??
          call(inner, setShipped, [orderId], server => query(server, updateState, [orderId]))
        )
      })
  })
}

/** A report: a few heavy queries side by side. */
export function runReport(trace: TraceDraft, fromNanos: number): void {
  const { random } = trace.world
  const hours = [1, 6, 12, 24].slice(0, 2 + random.below('request', 3))
  runJob(trace, 'job sales-report', fromNanos, root => {
    const failure = together(
      root,
      hours.map(count => () => query(root, aggregate, [String(count)])),
    )
    readCache(root, 'GET', ['report:', 'latest'], 5000)
    step(root, 'write_parquet', crunch)
    return failure
  })
}

/** A batch over hundreds of orders, page by page: more than a thousand spans. */
export function runBatch(trace: TraceDraft, fromNanos: number): void {
  const pageCount = 20 + trace.world.random.below('request', 26)
  runJob(trace, 'job reconcile-orders', fromNanos, root => {
    const jobId = uuidOf(root.random, 'uuid')
    put(root, 'job.id', jobId)
    for (let page = 0; page < pageCount; page++)
      step(root, 'reconcile_page', pause, span => reconcilePage(span, jobId, page))
    return undefined
  })
}

function reconcilePage(span: SpanDraft, jobId: string, page: number): Failure | undefined {
  put(span, 'job.page', BigInt(page))
  const failure = query(span, selectPage, [String(page * pageSize), String(pageSize)])
  if (failure !== undefined) return failure
  const branches = Array.from({ length: pageSize }, () => () => {
    const orderId = uuidOf(span.random, 'uuid')
    if (readCache(span, 'GET', ['reconciled:', orderId], 300)) return undefined
    return query(span, updateOrder, [jobId, orderId])
  })
  return together(span, branches)
}

function runJob(
  trace: TraceDraft,
  name: string,
  fromNanos: number,
  inner: (root: SpanDraft) => Failure | undefined,
): void {
  const { analytics } = services
  const root = open({
    trace,
    pod: choosePod(trace, analytics),
    scope: analytics.scope,
    kind: kinds.internal,
    name,
    fromNanos,
  })
  const failure = inner(root) ?? fails(root, 100, [failures.pool])
  work(root, pause)
  if (failure !== undefined) {
    addException(root, failure)
    setError(root, failure)
  }
  close(root)
}
