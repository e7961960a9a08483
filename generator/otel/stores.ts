import type { Attributes } from '../../lib/model/trace.ts'
import { amounts, micros, type Timing } from '../timing.ts'
import { constants } from '../words.ts'
import { fails, failures, happens, setError } from './failures.ts'
import type { Library } from './languages.ts'
import { close, type Failure, kinds, open, put, putAll, type SpanDraft, work } from './span-draft.ts'

/** Databases and the cache run without instrumentation: a call to one is a span of the caller. */

/** A statement, with its literals left open. */
export interface Query {
  readonly name: string
  readonly library: Library
  readonly attributes: Attributes
  /** The text around the literals. */
  readonly texts: readonly string[]
  readonly timing: Timing
  /** Of ten thousand. */
  readonly failures: number
  readonly returnsRows: boolean
}

interface Database {
  system: string
  namespace: string
  host: string
  port: number
  library: Library
}

const databases = {
  users: { system: 'postgresql', namespace: 'users', host: 'user-db', port: 5432, library: 'sql' },
  auth: { system: 'postgresql', namespace: 'auth', host: 'auth-db', port: 5432, library: 'sql' },
  orders: { system: 'postgresql', namespace: 'orders', host: 'order-db', port: 5432, library: 'sql' },
  payments: { system: 'mysql', namespace: 'payments', host: 'payment-db', port: 3306, library: 'sql' },
  inventory: { system: 'mongodb', namespace: 'inventory', host: 'inventory-db', port: 27017, library: 'documents' },
  fraud: { system: 'postgresql', namespace: 'fraud', host: 'fraud-db', port: 5432, library: 'sql' },
  warehouse: { system: 'postgresql', namespace: 'warehouse', host: 'warehouse-db', port: 5432, library: 'sql' },
} as const satisfies Record<string, Database>

export interface QueryOptions {
  collection: string
  operation: string
  /** `?` stands for a literal. */
  text: string
  medianMicros: number
  spread?: 'steady' | 'varied' | 'wide'
  failures?: number
  returnsRows?: boolean
}

const longestQuery = 5e9

export function defineQuery(database: keyof typeof databases, options: QueryOptions): Query {
  const { system, namespace, host, port, library } = databases[database]
  const {
    collection,
    operation,
    text,
    medianMicros,
    spread = 'varied',
    failures: rate = 130,
    returnsRows = false,
  } = options
  return {
    name: `${operation} ${namespace}.${collection}`,
    library,
    attributes: constants({
      'db.system.name': system,
      'db.namespace': namespace,
      'db.collection.name': collection,
      'db.operation.name': operation,
      'server.address': `${host}.shop.svc.cluster.local`,
      'server.port': port,
    }),
    texts: text.split('?'),
    timing: micros(medianMicros, spread, longestQuery),
    failures: rate,
    returnsRows,
  }
}

const dispatch = micros(25, 'varied', 1e9)
const rowCounts = amounts(6, 'varied', 5000)

/** Runs a statement; the caller waits for it. */
export function query(caller: SpanDraft, statement: Query, literals: readonly string[]): Failure | undefined {
  const span = openStore(caller, statement.name, statement.library)
  putAll(span, statement.attributes)
  put(span, 'db.query.text', fill(statement.texts, literals), ...statement.texts)
  const failure = fails(span, statement.failures, [failures.deadlock, failures.pool])
  last(span, statement.timing, failure === failures.pool ? 16 : 4)
  if (failure !== undefined) setError(span, failure)
  else if (statement.returnsRows)
    put(span, 'db.response.returned_rows', BigInt(rowCounts.draw(span.random, 'value', 1)))
  return finish(caller, span, failure)
}

function fill(texts: readonly string[], literals: readonly string[]): string {
  let text = texts[0]
  for (let i = 1; i < texts.length; i++) text += literals[i - 1] + texts[i]
  return text
}

const cacheAttributes = new Map(
  ['GET', 'SET', 'MGET', 'DEL', 'EVALSHA', 'HGETALL'].map(operation => [
    operation,
    constants({
      'db.system.name': 'redis',
      'db.operation.name': operation,
      'server.address': 'redis-cache.shop.svc.cluster.local',
      'server.port': 6379,
      'db.namespace': '0',
    }),
  ]),
)
const cacheTiming = micros(280, 'varied', 2e9)
const cacheFailures = 4

/** A read of the cache, with so many hits in ten thousand. A cache that fails counts as a miss. */
export function readCache(caller: SpanDraft, operation: 'GET' | 'HGETALL', key: CacheKey, hits: number): boolean {
  const span = openCache(caller, operation, key)
  const { faults } = caller.trace.world
  const failure = fails(span, cacheFailures, [failures.unavailable])
  if (faults.isOn('cold-cache')) faults.mark('cold-cache', caller.trace.traceId)
  const isHit = failure === undefined && happens(span, faults.isOn('cold-cache') ? 300 : hits)
  last(span, cacheTiming)
  if (failure === undefined) put(span, 'cache.hit', isHit)
  else setError(span, failure)
  finish(caller, span, failure)
  return isHit
}

/** Any other command; what becomes of it is nobody's concern. */
export function writeCache(caller: SpanDraft, operation: 'SET' | 'MGET' | 'DEL' | 'EVALSHA', key: CacheKey): void {
  const span = openCache(caller, operation, key)
  const failure = fails(span, cacheFailures, [failures.unavailable])
  last(span, cacheTiming)
  if (failure !== undefined) setError(span, failure)
  finish(caller, span, failure)
}

/** The constant part of a key, and the part that differs. */
type CacheKey = readonly [prefix: string, rest: string]

function openCache(caller: SpanDraft, operation: string, [prefix, rest]: CacheKey): SpanDraft {
  const span = openStore(caller, operation, 'cache')
  putAll(span, cacheAttributes.get(operation)!)
  put(span, 'db.query.text', `${operation} ${prefix}${rest}`, operation, prefix)
  return span
}

function openStore(caller: SpanDraft, name: string, library: Library): SpanDraft {
  const { trace, pod, nowNanos } = caller
  const scope = pod.service.language.libraries[library]
  return open({ trace, parent: caller, pod, scope, kind: kinds.client, name, fromNanos: nowNanos, gap: dispatch })
}

function last(span: SpanDraft, timing: Timing, quarters = 4): void {
  const { tickNanos } = span.pod.service.language
  const load = (span.trace.world.load * quarters) / 4
  span.nowNanos += timing.draw(span.random, 'duration', tickNanos, load)
}

function finish(caller: SpanDraft, span: SpanDraft, failure: Failure | undefined): Failure | undefined {
  close(span)
  caller.nowNanos = span.endNanos
  return failure
}

/** A stretch of the service's own code that has a span. */
export function step(
  parent: SpanDraft,
  name: string,
  timing: Timing,
  inner?: (span: SpanDraft) => Failure | undefined,
): Failure | undefined {
  const { trace, pod, nowNanos } = parent
  const { scope } = pod.service
  const span = open({ trace, parent, pod, scope, kind: kinds.internal, name, fromNanos: nowNanos, gap: dispatch })
  if (inner === undefined) last(span, timing)
  const failure = inner?.(span)
  if (inner !== undefined) work(span, timing)
  if (failure !== undefined && !failure.isClientFault) setError(span, failure)
  return finish(parent, span, failure)
}

/** Runs branches side by side; the span goes on when the last has ended. Returns the failure of the last that fails. */
export function together(span: SpanDraft, branches: readonly (() => Failure | undefined)[]): Failure | undefined {
  const from = span.nowNanos
  let latest = from
  let failure: Failure | undefined
  for (const branch of branches) {
    span.nowNanos = from
    failure = branch() ?? failure
    latest = Math.max(latest, span.nowNanos)
  }
  span.nowNanos = latest
  return failure
}
