import { uuidOf } from '../../identifiers.ts'
import { micros } from '../../timing.ts'
import { call, defineHttp } from '../calls.ts'
import { services } from '../fleet.ts'
import { messageOf, publish } from '../outside.ts'
import type { Item } from '../people.ts'
import { type Failure, put, type SpanDraft } from '../span-draft.ts'
import { defineQuery, query, readCache, step, together, writeCache } from '../stores.ts'
import { defineRoute, type Entry, enter, evaluateFlag, putUser, verifySession } from './gateway.ts'
import { drawItems, putItems, reserveItems } from './inventory.ts'
import { pay } from './payment.ts'

/** Pattern 2, order creation: the widest of the requests of users. */

const route = defineRoute('POST', '/api/v1/orders', 900)
const create = defineHttp(services.order, 'POST', '/internal/orders', { timeoutMillis: 10_000 })
const getAddress = defineHttp(services.user, 'GET', '/internal/users/{id}/addresses', {
  timeoutMillis: 1000,
  attempts: 2,
})

const selectAddress = defineQuery('users', {
  collection: 'addresses',
  operation: 'SELECT',
  text: 'SELECT street, zip, city, country FROM addresses WHERE user_id = ?',
  medianMicros: 1000,
  returnsRows: true,
})
const insertOrder = defineQuery('orders', {
  collection: 'orders',
  operation: 'INSERT',
  text: "INSERT INTO orders (id, user_id, total, state) VALUES ('?', ?, ?, 'pending')",
  medianMicros: 2500,
  failures: 20,
})
const insertItem = defineQuery('orders', {
  collection: 'order_items',
  operation: 'INSERT',
  text: "INSERT INTO order_items (order_id, sku, price) VALUES ('?', '?', ?)",
  medianMicros: 1400,
})
const price = micros(900, 'varied')
const confirm = micros(1600, 'varied')

export function requestOrder(entry: Entry): void {
  const { user } = entry
  enter(entry, route, [], root => {
    evaluateFlag(root)
    return verifySession(root, user) ?? call(root, create, [], server => createOrder(server, entry))
  })
}

function createOrder(server: SpanDraft, entry: Entry): Failure | undefined {
  const { user, trace } = entry
  const { catalogue } = trace.world
  const orderId = uuidOf(server.random, 'uuid')
  const items = drawItems(entry, 1 + server.random.weighted('request', [10, 7, 4, 2, 1]))
  const prices = items.map(item => catalogue.priceOf(item))
  const cents = prices.reduce((sum, price) => sum + price, 0)
  putUser(server, user)
  put(server, 'order.id', orderId)
  putItems(server, 'order.item_ids', items)
  put(
    server,
    'order.item_prices',
    prices.map(price => price / 100),
  )
  put(server, 'cart.value', cents / 100)
  const failure =
    together(server, [() => findAddress(server, entry), () => reserveItems(server, items)]) ??
    step(server, 'PriceCalculator.calculate', price) ??
    query(server, insertOrder, [orderId, user.id, (cents / 100).toFixed(2)]) ??
    insertItems(server, entry, { orderId, items }) ??
    pay(server, entry, cents)
  return failure ?? step(server, 'OrderConfirmation.send', confirm, span => announce(span, entry, orderId))
}

function findAddress(server: SpanDraft, { user }: Entry): Failure | undefined {
  return call(server, getAddress, [user.id], span => {
    if (readCache(span, 'GET', ['address:', user.id], 7500)) return undefined
    return query(span, selectAddress, [user.id])
  })
}

function insertItems(
  server: SpanDraft,
  { trace }: Entry,
  { orderId, items }: { orderId: string; items: readonly Item[] },
): Failure | undefined {
  for (const item of items) {
    const cents = trace.world.catalogue.priceOf(item)
    const failure = query(server, insertItem, [orderId, item.id, (cents / 100).toFixed(2)])
    if (failure !== undefined) return failure
  }
  return undefined
}

function announce(span: SpanDraft, { trace, user }: Entry, orderId: string): undefined {
  writeCache(span, 'DEL', ['orders:', user.id])
  const sent = publish(span, 'orders.created', { 'order.id': orderId })
  trace.world.orders.push(messageOf(sent, orderId))
  return undefined
}
