import { micros } from '../../timing.ts'
import { call, defineHttp, defineRpc } from '../calls.ts'
import { failures, happens } from '../failures.ts'
import { services } from '../fleet.ts'
import { type Failure, put, putName, type SpanDraft } from '../span-draft.ts'
import { defineQuery, query, readCache, step, together, writeCache } from '../stores.ts'
import { defineRoute, type Entry, enter, evaluateFlag, putUser, verifySession } from './gateway.ts'

/** Pattern 5, browsing: a profile, or a search. A hit in the cache cuts the branch. */

const profileRoute = defineRoute('GET', '/api/v1/users/{id}/profile', 2400)
const searchRoute = defineRoute('GET', '/api/v1/products/search', 14_000)
const getUser = defineHttp(services.user, 'GET', '/internal/users/{id}', { timeoutMillis: 1000, attempts: 2 })
const recentOrders = defineHttp(services.order, 'GET', '/internal/users/{id}/orders', { timeoutMillis: 1200 })
const searchProducts = defineRpc(services.inventory, 'shop.inventory.v1.Catalogue', 'SearchProducts', {
  timeoutMillis: 1500,
  attempts: 2,
})
const rank = defineRpc(services.model, 'shop.ml.v1.Ranking', 'Rank', { timeoutMillis: 100 })

const selectProfile = defineQuery('users', {
  collection: 'profiles',
  operation: 'SELECT',
  text: 'SELECT p.*, a.city, a.country FROM profiles p JOIN addresses a USING (user_id) WHERE user_id = ?',
  medianMicros: 1500,
  returnsRows: true,
})
const selectOrders = defineQuery('orders', {
  collection: 'orders',
  operation: 'SELECT',
  text: 'SELECT id, state, total FROM orders WHERE user_id = ? ORDER BY created_at DESC LIMIT ?',
  medianMicros: 2600,
  spread: 'wide',
  returnsRows: true,
})
const findProducts = defineQuery('inventory', {
  collection: 'products',
  operation: 'find',
  text: '{"find":"products","filter":{"$text":{"$search":"?"}},"skip":?,"limit":24}',
  medianMicros: 6400,
  spread: 'wide',
  returnsRows: true,
})

const render = micros(700, 'varied')
const infer = micros(18_000, 'varied', 2e9)
const features = micros(1500, 'varied')

export function requestProfile(entry: Entry): void {
  const { user } = entry
  enter(entry, profileRoute, [user.id], root => {
    evaluateFlag(root)
    return (
      verifySession(root, user) ??
      together(root, [
        () => call(root, getUser, [user.id], server => readProfile(server, entry)),
        () => call(root, recentOrders, [user.id], server => readOrders(server, entry)),
      ])
    )
  })
}

function readProfile(server: SpanDraft, { user }: Entry): Failure | undefined {
  putUser(server, user)
  if (readCache(server, 'HGETALL', ['profile:', user.id], 8300)) return undefined
  const failure = query(server, selectProfile, [user.id])
  if (failure !== undefined) return failure
  writeCache(server, 'SET', ['profile:', user.id])
  if (happens(server, 80)) return failures.notFound
  return step(server, 'ProfileAssembler.assemble', render)
}

function readOrders(server: SpanDraft, { user }: Entry): Failure | undefined {
  if (readCache(server, 'GET', ['orders:', user.id], 6000)) return undefined
  const limit = [5, 10, 20][server.random.weighted('request', [6, 3, 1])]
  const failure = query(server, selectOrders, [user.id, String(limit)])
  if (failure === undefined) writeCache(server, 'SET', ['orders:', user.id])
  return failure
}

export function requestSearch(entry: Entry): void {
  const { catalogue, random } = entry.trace.world
  const term = catalogue.searchTerm()
  const page = random.weighted('request', [20, 5, 2, 1])
  enter(entry, searchRoute, [], root => {
    put(root, 'url.query', `q=${encodeURIComponent(term)}&page=${page + 1}`, 'q', 'page')
    return call(root, searchProducts, [], server => {
      put(server, 'search.page', BigInt(page))
      if (readCache(server, 'GET', ['search:', `${term}:${page}`], 4500)) return undefined
      const failure = query(server, findProducts, [term, String(24 * page)])
      if (failure !== undefined) return failure
      rankProducts(server)
      writeCache(server, 'SET', ['search:', `${term}:${page}`])
      return undefined
    })
  })
}

/** Without a ranking in time the order of the database stands: its failure goes no further. */
function rankProducts(caller: SpanDraft): void {
  call(caller, rank, [], server => {
    putName(server, 'ml.model.name', 'ranking-lambdamart')
    put(server, 'ml.model.score', server.random.below('value', 1000) / 1000)
    step(server, 'load_features', features)
    step(server, 'infer', infer)
    return undefined
  })
}
