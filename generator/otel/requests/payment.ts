import { uuidOf } from '../../identifiers.ts'
import { micros } from '../../timing.ts'
import { constants } from '../../words.ts'
import { backOff, call, defineRpc } from '../calls.ts'
import { fails, failures, happens } from '../failures.ts'
import { services } from '../fleet.ts'
import { callBank, consume, publish } from '../outside.ts'
import { addEvent, type Failure, put, putName, type SpanDraft } from '../span-draft.ts'
import { defineQuery, query, readCache, step, together } from '../stores.ts'
import { defineRoute, type Entry, enter, putUser, verifySession } from './gateway.ts'

/** Pattern 3, payment. */

const route = defineRoute('POST', '/api/v1/payments', 410)
const charge = defineRpc(services.payment, 'shop.payment.v1.Payments', 'Charge', { timeoutMillis: 9000 })
const analyze = defineRpc(services.fraud, 'shop.fraud.v1.Fraud', 'Analyze', { timeoutMillis: 260 })
const predict = defineRpc(services.model, 'shop.ml.v1.Prediction', 'Predict', { timeoutMillis: 140, attempts: 2 })

const selectMethod = defineQuery('payments', {
  collection: 'payment_methods',
  operation: 'SELECT',
  text: 'SELECT token, brand, last4 FROM payment_methods WHERE user_id = ? AND is_default = 1',
  medianMicros: 1200,
})
const insertPayment = defineQuery('payments', {
  collection: 'payments',
  operation: 'INSERT',
  text: "INSERT INTO payments (id, user_id, amount, currency, state) VALUES ('?', ?, ?, 'EUR', 'captured')",
  medianMicros: 2400,
  failures: 20,
})
const selectHistory = defineQuery('fraud', {
  collection: 'transactions',
  operation: 'SELECT',
  text: "SELECT amount, country, at FROM transactions WHERE user_id = ? AND at > now() - interval '90 days'",
  medianMicros: 5200,
  spread: 'wide',
  returnsRows: true,
})
const markPaid = defineQuery('orders', {
  collection: 'orders',
  operation: 'UPDATE',
  text: "UPDATE orders SET state = 'paid', payment_id = '?' WHERE user_id = ? AND state = 'pending'",
  medianMicros: 2200,
})

const rules = micros(2500, 'varied')
const features = micros(4000, 'varied')
const infer = micros(26_000, 'varied', 3e9)
const validate = micros(250, 'steady')

const retryEvent = constants({ 'retry.reason': 'bank' })

export function requestPayment(entry: Entry): void {
  enter(entry, route, [], root => verifySession(root, entry.user) ?? pay(root, entry))
}

/** Charges a user what is due, else any amount: checks side by side, then the bank, then the books. */
export function pay(caller: SpanDraft, entry: Entry, due?: number): Failure | undefined {
  const { user } = entry
  return call(caller, charge, [], server => {
    const cents = due ?? 500 + server.random.below('value', 40_000)
    const paymentId = uuidOf(server.random, 'uuid')
    putUser(server, user)
    put(server, 'payment.id', paymentId)
    put(server, 'payment.amount', cents / 100)
    step(server, 'ValidateRequest', validate)
    const failure =
      together(server, [() => query(server, selectMethod, [user.id]), () => assess(server, entry)]) ??
      callBank(server, paymentId, attempt => retryLater(server, attempt)) ??
      query(server, insertPayment, [paymentId, user.id, (cents / 100).toFixed(2)])
    if (failure !== undefined) return failure
    announce(server, entry, paymentId)
    return undefined
  })
}

function retryLater(server: SpanDraft, attempt: number): void {
  if (!server.isLost) server.trace.world.words.addList(retryEvent)
  const delayMillis = backOff(server, attempt)
  addEvent(server, 'retry', [
    ...retryEvent,
    { key: 'retry.count', value: BigInt(attempt + 1) },
    { key: 'retry.delay_ms', value: BigInt(delayMillis) },
  ])
}

/** A check that fails or comes too late lets the payment through; one that finds fraud does not. */
function assess(caller: SpanDraft, { user }: Entry): Failure | undefined {
  let verdict: Failure | undefined
  call(caller, analyze, [], server => {
    putUser(server, user)
    together(server, [
      () => query(server, selectHistory, [user.id]),
      () => {
        readCache(server, 'GET', ['velocity:', user.id], 6500)
        return undefined
      },
    ])
    step(server, 'evaluate_rules', rules)
    const failure = score(server)
    if (failure === undefined && happens(server, 90)) verdict = failures.declined
    return failure
  })
  return verdict
}

function score(caller: SpanDraft): Failure | undefined {
  return call(caller, predict, [], server => {
    putName(server, 'ml.model.name', 'fraud-gbm')
    put(server, 'ml.model.score', server.random.below('value', 10_000) / 10_000)
    step(server, 'load_features', features)
    step(server, 'infer', infer)
    return fails(server, 40, [failures.internal])
  })
}

/** The order service hears of the payment in its own time. */
function announce(server: SpanDraft, { user }: Entry, paymentId: string): void {
  const topic = 'payments.completed'
  const sent = publish(server, topic, { 'payment.id': paymentId })
  consume(sent, { service: services.order, topic }, span => {
    query(span, markPaid, [paymentId, user.id])
  })
}
