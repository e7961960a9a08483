import { micros } from '../../timing.ts'
import { call, defineHttp, defineRpc } from '../calls.ts'
import { fails, failures, happens } from '../failures.ts'
import { services } from '../fleet.ts'
import { consume, publish } from '../outside.ts'
import type { Item } from '../people.ts'
import { type Failure, put, putName, type SpanDraft } from '../span-draft.ts'
import { defineQuery, query, readCache, step, together, writeCache } from '../stores.ts'
import { defineRoute, type Entry, enter, verifySession } from './gateway.ts'

/** Pattern 4, inventory: what is there, and its restocking. */

const checkRoute = defineRoute('GET', '/api/v1/inventory/{sku}/availability', 380)
const restockRoute = defineRoute('PUT', '/api/v1/inventory/{sku}/stock', 180)
const check = defineRpc(services.inventory, 'shop.inventory.v1.Inventory', 'CheckAvailability', {
  timeoutMillis: 1000,
  attempts: 2,
})
const restock = defineRpc(services.inventory, 'shop.inventory.v1.Inventory', 'Restock', { timeoutMillis: 2000 })
const reserve = defineRpc(services.inventory, 'shop.inventory.v1.Inventory', 'Reserve', {
  timeoutMillis: 2500,
  attempts: 2,
})
const getStock = defineHttp(services.warehouse, 'GET', '/stock/{sku}', { timeoutMillis: 1500, attempts: 2 })

const findStock = defineQuery('inventory', {
  collection: 'stock',
  operation: 'find',
  text: '{"find":"stock","filter":{"sku":"?"},"limit":1}',
  medianMicros: 1300,
})
const updateStock = defineQuery('inventory', {
  collection: 'stock',
  operation: 'update',
  text: '{"update":"stock","updates":[{"q":{"sku":"?"},"u":{"$inc":{"available":?}}}]}',
  medianMicros: 1700,
  failures: 60,
})
const insertMovement = defineQuery('warehouse', {
  collection: 'movements',
  operation: 'INSERT',
  text: "INSERT INTO movements (sku, quantity, reason) VALUES ('?', ?, 'restock')",
  medianMicros: 2100,
})
const selectBins = defineQuery('warehouse', {
  collection: 'bins',
  operation: 'SELECT',
  text: "SELECT bin, quantity FROM bins WHERE sku = '?'",
  medianMicros: 2300,
  spread: 'wide',
  returnsRows: true,
})
const allocate = micros(800, 'varied')

/** What the fault `error-burst` does to every call of the inventory. */
function burst(server: SpanDraft): Failure | undefined {
  const { faults } = server.trace.world
  if (!faults.isOn('error-burst') || !happens(server, 4000)) return undefined
  faults.mark('error-burst', server.trace.traceId)
  return failures.internal
}

export function requestAvailability(entry: Entry): void {
  const first = drawItems(entry, 1)
  let items: Item[] | undefined
  enter(entry, checkRoute, [first[0].id], root => {
    return (
      verifySession(root, entry.user) ??
      call(root, check, [], server => {
        items ??= [...first, ...drawItems(entry, server.random.weighted('request', [8, 4, 3, 2, 1, 1]))]
        return checkItems(server, items)
      })
    )
  })
}

function checkItems(server: SpanDraft, items: readonly Item[]): Failure | undefined {
  putItems(server, 'inventory.item_ids', items)
  putName(server, 'product.name', items[0].name)
  const branches = items.map(item => () => findOne(server, item))
  return burst(server) ?? together(server, branches)
}

/** A miss goes to the database, and where little is left to the warehouse. */
function findOne(server: SpanDraft, { id }: Item): Failure | undefined {
  if (readCache(server, 'GET', ['stock:', id], 7000)) return undefined
  const failure = query(server, findStock, [id])
  if (failure !== undefined) return failure
  if (happens(server, 3000)) {
    const failed = call(server, getStock, [id], warehouse => query(warehouse, selectBins, [id]))
    if (failed !== undefined) return failed
  }
  writeCache(server, 'SET', ['stock:', id])
  return undefined
}

export function requestRestock(entry: Entry): void {
  const [item] = drawItems(entry, 1)
  enter(entry, restockRoute, [item.id], root => {
    return (
      verifySession(root, entry.user) ?? call(root, restock, [], server => burst(server) ?? restockItem(server, item))
    )
  })
}

/** The warehouse hears of it in its own time. */
function restockItem(server: SpanDraft, item: Item): Failure | undefined {
  const topic = 'inventory.restocked'
  putName(server, 'product.name', item.name)
  const quantity = String(10 * (1 + server.random.below('item', 40)))
  const failure = query(server, updateStock, [item.id, quantity])
  if (failure !== undefined) return failure
  writeCache(server, 'DEL', ['stock:', item.id])
  const sent = publish(server, topic, { 'shop.item.id': item.id })
  consume(sent, { service: services.warehouse, topic }, span => {
    query(span, insertMovement, [item.id, quantity])
  })
  return undefined
}

/** Reserves items one after another, for an order; the first that is sold out ends it. */
export function reserveItems(caller: SpanDraft, items: readonly Item[]): Failure | undefined {
  return call(caller, reserve, [], server => {
    putItems(server, 'inventory.item_ids', items)
    let failure = burst(server)
    for (const { id } of items) {
      if (failure !== undefined) return failure
      readCache(server, 'GET', ['stock:', id], 7500)
      const quantity = 1 + server.random.weighted('item', [12, 4, 2, 1])
      failure = query(server, updateStock, [id, String(-quantity)]) ?? fails(server, 300, [failures.soldOut])
    }
    return failure ?? step(server, 'allocate', allocate)
  })
}

/** So many items, each by its own draw. */
export function drawItems({ trace }: Entry, count: number): Item[] {
  return Array.from({ length: count }, () => trace.world.catalogue.item())
}

export function putItems(span: SpanDraft, key: string, items: readonly Item[]): void {
  const ids = items.map(({ id }) => id)
  put(span, key, ids)
}
