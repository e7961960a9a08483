import { uuidOf } from '../identifiers.ts'
import { amounts, micros } from '../timing.ts'
import { constants } from '../words.ts'
import { choosePod } from './calls.ts'
import { failures, happens, setError } from './failures.ts'
import type { Service } from './fleet.ts'
import type { Message } from './queue.ts'
import {
  close,
  type Failure,
  flagsOf,
  idOf,
  kinds,
  open,
  put,
  putAll,
  putName,
  type SpanDraft,
  type TraceDraft,
  work,
} from './span-draft.ts'

/** What lies outside the shop's own services: the bank, and the broker between them. */

const bankTimeoutNanos = 2.5e9
const bankTiming = micros(210_000, 'wide', bankTimeoutNanos)
const bankAttempts = 3
const dispatch = micros(60, 'varied', 1e9)
const slowdown = 8

const bankAttributes = constants({
  'http.request.method': 'POST',
  'server.address': 'api.bank.example.com',
  'server.port': 443,
  'network.protocol.version': '2',
})

/** A call to the bank, which is not instrumented: tried again after 5xx and time-outs, with a back-off. */
export function callBank(caller: SpanDraft, path: string, retry: (attempt: number) => void): Failure | undefined {
  for (let attempt = 0; ; attempt++) {
    const failure = callBankOnce(caller, path, attempt)
    if (failure === undefined || failure.isClientFault || attempt + 1 >= bankAttempts) return failure
    retry(attempt)
  }
}

function callBankOnce(caller: SpanDraft, path: string, attempt: number): Failure | undefined {
  const { trace, pod, nowNanos } = caller
  const scope = pod.service.language.libraries['http client']
  const [kind, gap] = [kinds.client, dispatch]
  const span = open({ trace, parent: caller, pod, scope, kind, name: 'POST', fromNanos: nowNanos, gap })
  putAll(span, bankAttributes)
  const url = 'https://api.bank.example.com/v2/charges/'
  put(span, 'url.full', url + path, url)
  if (attempt > 0) put(span, 'http.request.resend_count', BigInt(attempt))
  const failure = answerOfBank(span)
  close(span)
  if (failure !== failures.timeout) put(span, 'http.response.status_code', BigInt(failure?.http ?? 201))
  if (failure !== undefined) setError(span, failure)
  caller.nowNanos = span.endNanos
  return failure
}

/** One table for how long it takes, of which the last outcome is the time-out. */
function answerOfBank(span: SpanDraft): Failure | undefined {
  const { trace, pod, random } = span
  const { faults } = trace.world
  const { tickNanos } = pod.service.language
  if (faults.isOn('slow-dependency')) faults.mark('slow-dependency', trace.traceId)
  const durationNanos = bankTiming.draw(
    random,
    'duration',
    tickNanos,
    faults.isOn('slow-dependency') ? 4 * slowdown : 4,
  )
  span.nowNanos += durationNanos
  if (durationNanos >= bankTiming.limit(tickNanos)) return failures.timeout
  if (happens(span, 250)) return failures.unavailable
  return happens(span, 350) ? failures.declined : undefined
}

const partitions = 12
const offsets = amounts(40, 'wide', 2 ** 24)
const publishTiming = micros(900, 'varied', 2e9)

/** Sends a message to a topic; who sends does not wait for those who take it. Returns the span. */
export function publish(sender: SpanDraft, topic: string, body: Record<string, string>): SpanDraft {
  const { trace, pod, nowNanos } = sender
  const scope = pod.service.language.libraries.queue
  const [kind, gap] = [kinds.producer, dispatch]
  const span = open({ trace, parent: sender, pod, scope, kind, name: `send ${topic}`, fromNanos: nowNanos, gap })
  putTopic(span, topic, 'send')
  put(span, 'messaging.destination.partition.id', String(span.random.below('value', partitions)))
  put(span, 'messaging.message.id', uuidOf(span.random, 'uuid'))
  for (const [key, value] of Object.entries(body)) put(span, key, value)
  span.nowNanos += publishTiming.draw(span.random, 'duration', pod.service.language.tickNanos)
  close(span)
  sender.nowNanos = span.endNanos
  return span
}

const pollGap = micros(9_000, 'wide', 10e9)

/** A consumer takes the message in the same trace, some time after it was sent, and works on its own. */
export function consume(
  sent: SpanDraft,
  { service, topic }: { service: Service; topic: string },
  handler: (span: SpanDraft) => void,
): void {
  const { trace } = sent
  const pod = choosePod(trace, service)
  const scope = service.language.libraries.queue
  const [kind, name, fromNanos] = [kinds.consumer, `process ${topic}`, sent.endNanos]
  const span = open({ trace, parent: sent, pod, scope, kind, name, fromNanos, gap: pollGap })
  putTopic(span, topic, 'process')
  putName(span, 'messaging.consumer.group.name', service.name)
  put(span, 'messaging.kafka.offset', BigInt(1_000_000 + offsets.draw(span.random, 'value', 1)))
  handler(span)
  close(span)
}

/** A consumer that takes several messages of other traces at once, as the root of a trace of its own. */
export function consumeBatch(
  trace: TraceDraft,
  { service, topic, fromNanos }: { service: Service; topic: string; fromNanos: number },
  messages: readonly Message[],
  handler: (span: SpanDraft) => void,
): void {
  const pod = choosePod(trace, service)
  const [scope, kind] = [service.language.libraries.queue, kinds.consumer]
  const span = open({ trace, pod, scope, kind, name: `process ${topic}`, fromNanos })
  putTopic(span, topic, 'process')
  putName(span, 'messaging.consumer.group.name', service.name)
  put(span, 'messaging.batch.message_count', BigInt(messages.length))
  for (const { traceId, spanId, flags, traceState } of messages)
    span.links.push({ traceId, spanId, traceState, flags, attributes: [], droppedAttributesCount: 0 })
  handler(span)
  work(span, dispatch)
  close(span)
}

/** What a queue keeps of a message that was just sent. */
export function messageOf(sent: SpanDraft, orderId: string): Message {
  const { traceId, traceState } = sent.trace
  return { traceId, spanId: idOf(sent), flags: flagsOf(sent) & 0x101, traceState, orderId, nanos: sent.endNanos }
}

function putTopic(span: SpanDraft, topic: string, operation: string): void {
  putName(span, 'messaging.system', 'kafka')
  putName(span, 'messaging.destination.name', topic)
  putName(span, 'messaging.operation.name', operation)
  putName(span, 'messaging.operation.type', operation)
}
