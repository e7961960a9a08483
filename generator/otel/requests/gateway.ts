import type { Attributes } from '../../../lib/model/trace.ts'
import { uuidOf } from '../../identifiers.ts'
import { amounts, micros } from '../../timing.ts'
import { constants } from '../../words.ts'
import { call, choosePod, defineRpc, ephemeralPort, handle } from '../calls.ts'
import { failures, happens } from '../failures.ts'
import { services } from '../fleet.ts'
import type { User } from '../people.ts'
import { addEvent, type Failure, kinds, open, put, putAll, type SpanDraft, type TraceDraft } from '../span-draft.ts'
import { defineQuery, query, readCache, step, writeCache } from '../stores.ts'

/** What a request of a user is about. */
export interface Route {
  readonly name: string
  readonly attributes: Attributes
  readonly path: readonly string[]
  /** The body of the answer. */
  readonly medianBytes: number
}

export function defineRoute(method: string, route: string, medianBytes: number): Route {
  return {
    name: `${method} ${route}`,
    attributes: constants({
      'http.request.method': method,
      'url.scheme': 'https',
      'http.route': route,
      'server.address': 'shop.example.com',
      'server.port': 443,
      'network.protocol.version': '2',
    }),
    path: route.split(/\{\w+\}/),
    medianBytes,
  }
}

/** A user's request, where it enters. */
export interface Entry {
  readonly trace: TraceDraft
  readonly user: User
  readonly fromNanos: number
}

const scope = services.gateway.language.libraries['http server']
const bodies = new Map<number, ReturnType<typeof amounts>>()
const limitedPerTenThousand = 60

/** The gateway's span of a request: the root of its trace. */
export function enter(
  { trace, user, fromNanos }: Entry,
  route: Route,
  ids: readonly string[],
  handler: (server: SpanDraft) => Failure | undefined,
): void {
  const pod = choosePod(trace, services.gateway)
  const root = open({ trace, pod, scope, kind: kinds.server, name: route.name, fromNanos })
  putAll(root, route.attributes)
  put(root, 'url.path', route.path.map((text, i) => (i === 0 ? text : ids[i - 1] + text)).join(''), ...route.path)
  put(root, 'client.address', user.address)
  put(root, 'user_agent.original', user.agent)
  put(root, 'network.peer.port', BigInt(ephemeralPort(root)))
  put(root, 'http.request.header.x-request-id', [uuidOf(root.random, 'uuid')])
  const failure = handle(root, 'http', server => limit(server, user) ?? handler(server))
  if (failure !== undefined) return
  const median = route.medianBytes
  if (!bodies.has(median)) bodies.set(median, amounts(median, 'wide', 2 ** 22))
  put(root, 'http.response.body.size', BigInt(bodies.get(median)!.draw(root.random, 'value', 1)))
}

function limit(root: SpanDraft, user: User): Failure | undefined {
  writeCache(root, 'EVALSHA', ['ratelimit:', user.address])
  return happens(root, limitedPerTenThousand) ? failures.limited : undefined
}

const verify = defineRpc(services.auth, 'shop.auth.v1.AuthService', 'VerifyToken', { timeoutMillis: 800, attempts: 2 })
const selectSession = defineQuery('auth', {
  collection: 'sessions',
  operation: 'SELECT',
  text: "SELECT user_id, scopes, expires_at FROM sessions WHERE id = '?' AND revoked_at IS NULL",
  medianMicros: 900,
})
const checkSignature = micros(140, 'steady')

/** Checks the session of a request, as most routes do first. */
export function verifySession(root: SpanDraft, user: User): Failure | undefined {
  return call(root, verify, [], server => {
    step(server, 'verify signature', checkSignature)
    putUser(server, user)
    if (readCache(server, 'GET', ['session:', user.session], 9200)) return undefined
    const failure = query(server, selectSession, [user.session])
    if (failure !== undefined) return failure
    writeCache(server, 'SET', ['session:', user.session])
    return happens(server, 150) ? failures.unauthorized : undefined
  })
}

export function putUser(span: SpanDraft, user: User): void {
  put(span, 'enduser.id', user.id)
}

const variants = ['control', 'treatment', 'treatment-b']
const flags = ['checkout-one-page', 'search-reranking', 'profile-cache-v2', 'express-payment', 'recommend-bundles']

/** Some requests ask for a feature flag; its value stands in an event. */
export function evaluateFlag(span: SpanDraft): void {
  if (!happens(span, 3000, 'flag')) return
  const key = span.random.pick('flag', flags)
  const variant = variants[span.random.weighted('flag', [6, 3, 1])]
  const attributes = constants({
    'feature_flag.key': key,
    'feature_flag.provider.name': 'flagd',
    'feature_flag.result.variant': variant,
  })
  if (!span.isLost) span.trace.world.words.addList(attributes)
  addEvent(span, 'feature_flag.evaluation', attributes)
}
