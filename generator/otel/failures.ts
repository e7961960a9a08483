import { getOrInsert } from '../../lib/maps.ts'
import type { Attribute } from '../../lib/model/trace.ts'
import type { OtelField } from './fields.ts'
import type { Language } from './languages.ts'
import { addEvent, type Failure, type SpanDraft } from './span-draft.ts'

/** Failures that several operations share. */
export const failures = {
  timeout: { type: 'DeadlineExceeded', message: 'context deadline exceeded', http: 504, grpc: 4 },
  unavailable: {
    type: 'Unavailable',
    message: 'upstream connect error: connection reset by peer',
    http: 503,
    grpc: 14,
  },
  internal: { type: 'Internal', message: 'reservation store: unexpected end of stream', http: 500, grpc: 13 },
  nullPointer: {
    type: 'java.lang.NullPointerException',
    message: 'Cannot invoke "Discount.rate()" because the return value of "Cart.discount()" is null',
    http: 500,
    grpc: 2,
  },
  deadlock: {
    type: 'SerializationFailure',
    message: 'could not serialize access due to concurrent update (SQLSTATE 40001)',
    http: 503,
    grpc: 10,
  },
  pool: {
    type: 'PoolTimeout',
    message: 'timed out waiting for a connection from the pool (size 20, waiting 57)',
    http: 503,
    grpc: 8,
  },
  unauthorized: {
    type: 'InvalidCredentials',
    message: 'invalid credentials',
    http: 401,
    grpc: 16,
    isClientFault: true,
  },
  declined: { type: 'CardDeclined', message: 'the issuer declined the card', http: 402, grpc: 9, isClientFault: true },
  soldOut: { type: 'OutOfStock', message: 'not enough stock', http: 409, grpc: 9, isClientFault: true },
  notFound: { type: 'NotFound', message: 'no such user', http: 404, grpc: 5, isClientFault: true },
  limited: { type: 'TooManyRequests', message: 'rate limit exceeded', http: 429, grpc: 8, isClientFault: true },
} as const satisfies Record<string, Failure>

/** Of ten thousand. */
const outcomes = 10_000

/** True in so many of ten thousand cases; nothing is drawn where it can go one way only. */
export function happens(span: SpanDraft, perTenThousand: number, field: OtelField = 'outcome'): boolean {
  return perTenThousand > 0 && span.random.chance(field, perTenThousand, outcomes)
}

/** A failure of a kind that is drawn, in so many of ten thousand cases. */
export function fails(span: SpanDraft, perTenThousand: number, kinds: readonly Failure[]): Failure | undefined {
  return happens(span, perTenThousand) ? kinds[span.random.below('outcome', kinds.length)] : undefined
}

/** Marks the span as failed. */
export function setError(span: SpanDraft, { type, message }: Failure): void {
  span.status = { code: 2, message }
  span.attributes.push({ key: 'error.type', value: type })
  if (span.isLost) return
  const { words } = span.trace.world
  for (const text of ['error.type', type, message]) words.add(text)
}

const depths = 4

/** The event of an exception; how deep it was thrown is drawn. */
export function addException(span: SpanDraft, { type, message }: Failure): void {
  const { service } = span.pod
  const { random } = span
  const depth = random.below('outcome', depths)
  const thread = service.language.name === 'go' ? 1 + random.below('port', 4096) : 0
  const stack = stackTrace(service.language, { type, message, place: span.name, depth })
  const attributes: Attribute[] = [
    { key: 'exception.type', value: type },
    { key: 'exception.message', value: message },
    { key: 'exception.stacktrace', value: thread > 0 ? `goroutine ${thread} [running]:\n${stack}` : stack },
  ]
  if (!span.isLost)
    for (const text of ['exception.type', 'exception.message', 'exception.stacktrace', stack])
      span.trace.world.words.add(text)
  addEvent(span, 'exception', attributes)
}

interface Thrown {
  type: string
  message: string
  place: string
  depth: number
}

const layers = ['Handler', 'Controller', 'Service', 'Repository', 'Client', 'Transport', 'Channel', 'Dispatcher']

const stacks = new Map<string, string>()

function stackTrace(language: Language, thrown: Thrown): string {
  const key = `${language.name}\n${thrown.type}\n${thrown.message}\n${thrown.place}\n${thrown.depth}`
  return getOrInsert(stacks, key, () => printStack(language, thrown))
}

/** Frames from the innermost layer outwards; lines follow from the names, so a place has the same ones each time. */
function printStack({ name }: Language, { type, message, place, depth }: Thrown): string {
  const noun = place.replaceAll(/[^A-Za-z]+/g, '').slice(0, 24) || 'Job'
  const frames = [...layers.slice(0, 4 + depth)].reverse().map(layer => {
    const line = 20 + ((noun.length * 37 + layer.length * 53 + type.length * 11) % 400)
    return printFrame(name, { noun, layer, line })
  })
  const head = `${type}: ${message}`
  return name === 'python'
    ? ['Traceback (most recent call last):', ...frames.reverse(), head].join('\n')
    : [...(name === 'go' ? [] : [head]), ...frames].join('\n')
}

function printFrame(language: string, { noun, layer, line }: { noun: string; layer: string; line: number }): string {
  const lower = layer.toLowerCase()
  switch (language) {
    case 'java':
      return `\tat com.example.shop.${lower}.${noun}${layer}.execute(${noun}${layer}.java:${line})`
    case 'go':
      return `shop/internal/${lower}.(*${noun}${layer}).Execute(...)\n\t/src/internal/${lower}/${noun.toLowerCase()}.go:${line}`
    case 'python':
      return `  File "/app/shop/${lower}/${noun.toLowerCase()}.py", line ${line}, in execute\n    return self._${lower}.execute(request)`
    case 'dotnet':
      return `   at Shop.${layer}s.${noun}${layer}.ExecuteAsync(Request request) in /src/${layer}s/${noun}${layer}.cs:line ${line}`
    default:
      return `    at ${noun}${layer}.execute (/app/dist/${lower}/${noun.toLowerCase()}.js:${line}:17)`
  }
}
