import type { Attributes, Value } from '../../lib/model/trace.ts'
import { micros } from '../timing.ts'
import { constants } from '../words.ts'
import { addException, fails, failures, happens, setError } from './failures.ts'
import type { Pod, Service } from './fleet.ts'
import { close, type Failure, kinds, open, put, putAll, type SpanDraft, type TraceDraft, work } from './span-draft.ts'

/** What the server of a call does; it ends with the server span's own now. */
export type Handler = (server: SpanDraft) => Failure | undefined

type Protocol = 'http' | 'rpc'

/** A remote operation, in HTTP or gRPC: what its client and server spans always show. */
export interface Operation {
  readonly service: Service
  readonly protocol: Protocol
  readonly clientName: string
  readonly serverName: string
  readonly client: Attributes
  readonly server: Attributes
  /** The path around the ids, for HTTP. */
  readonly path: readonly string[]
  readonly timeoutNanos: number
  readonly attempts: number
}

interface Limits {
  timeoutMillis?: number
  attempts?: number
}

export function defineHttp(service: Service, method: string, route: string, limits: Limits = {}): Operation {
  const host = `${service.name}.shop.svc.cluster.local`
  const shared = { 'http.request.method': method, 'server.address': host, 'server.port': service.port }
  return {
    service,
    protocol: 'http',
    clientName: method,
    serverName: `${method} ${route}`,
    client: constants({ ...shared, 'network.protocol.version': '1.1' }),
    server: constants({ ...shared, 'url.scheme': 'http', 'http.route': route, 'network.protocol.version': '1.1' }),
    path: route.split(/\{\w+\}/),
    ...limitsOf(limits),
  }
}

export function defineRpc(service: Service, rpcService: string, method: string, limits: Limits = {}): Operation {
  const name = `${rpcService}/${method}`
  const shared = { 'rpc.system': 'grpc', 'rpc.service': rpcService, 'rpc.method': method }
  const host = `${service.name}.shop.svc.cluster.local`
  return {
    service,
    protocol: 'rpc',
    clientName: name,
    serverName: name,
    client: constants({ ...shared, 'server.address': host, 'server.port': service.port }),
    server: constants({ ...shared, 'server.address': host, 'server.port': service.port }),
    path: [],
    ...limitsOf(limits),
  }
}

function limitsOf({ timeoutMillis = 5000, attempts = 1 }: Limits): Pick<Operation, 'timeoutNanos' | 'attempts'> {
  return { timeoutNanos: timeoutMillis * 1_000_000, attempts }
}

const dispatch = micros(60, 'varied', 1e9)
const network = micros(350, 'wide', 2e9)
const send = micros(140, 'varied', 1e9)
const overrun = micros(400, 'varied', 1e9)

/** Calls another service and waits: again after a back-off where that is allowed and may help. */
export function call(
  caller: SpanDraft,
  operation: Operation,
  ids: readonly string[],
  handler: Handler,
): Failure | undefined {
  let delayMillis = 0
  for (let attempt = 0; ; attempt++) {
    const failure = callOnce(caller, operation, { ids, count: attempt, delayMillis, handler })
    if (failure === undefined || failure.isClientFault || attempt + 1 >= operation.attempts) return failure
    delayMillis = backOff(caller, attempt)
  }
}

/** 50 ms, 100 ms, …, of which up to half is left out at random, in whole milliseconds; what it returns must be shown. */
export function backOff(span: SpanDraft, attempt: number): number {
  const most = 50 * 2 ** attempt
  const millis = most - span.random.below('back-off', most / 2)
  span.nowNanos += 1_000_000 * millis
  return millis
}

interface Attempt {
  ids: readonly string[]
  count: number
  /** The back-off before it. */
  delayMillis: number
  handler: Handler
}

function callOnce(caller: SpanDraft, operation: Operation, attempt: Attempt): Failure | undefined {
  const { ids, handler } = attempt
  const client = openClient(caller, operation)
  const { protocol } = operation
  const target = protocol === 'http' ? join(operation.path, ids) : ''
  putAll(client, operation.client)
  if (protocol === 'http')
    put(client, 'url.full', `http://${operation.service.name}${target}`, 'http', ...operation.path)
  putAttempt(client, protocol, attempt)
  const [server, failure] = serve(client, operation, target, handler)
  const deadline = client.startNanos + operation.timeoutNanos
  const isLate = server.endNanos > deadline
  client.nowNanos = isLate ? deadline : server.endNanos
  work(client, isLate ? overrun : network)
  const seen = isLate ? failures.timeout : failure
  close(client)
  putStatus(client, protocol, seen, isLate)
  if (seen !== undefined) setError(client, seen)
  caller.nowNanos = client.endNanos
  return seen
}

function putAttempt(client: SpanDraft, protocol: Protocol, { count, delayMillis }: Attempt): void {
  if (count === 0) return
  put(client, protocol === 'http' ? 'http.request.resend_count' : 'retry.count', BigInt(count))
  put(client, 'retry.delay_ms', BigInt(delayMillis))
}

function openClient(caller: SpanDraft, { protocol, clientName }: Operation): SpanDraft {
  const { trace, pod, nowNanos } = caller
  const scope = pod.service.language.libraries[protocol === 'http' ? 'http client' : 'rpc client']
  const [kind, gap] = [kinds.client, dispatch]
  return open({ trace, parent: caller, pod, scope, kind, name: clientName, fromNanos: nowNanos, gap })
}

/** Server spans lost with their pod, of ten thousand. */
const lostServers = 20

function serve(
  client: SpanDraft,
  operation: Operation,
  target: string,
  handler: Handler,
): [server: SpanDraft, failure: Failure | undefined] {
  const { trace } = client
  const { service, protocol } = operation
  const isLost = happens(client, lostServers, 'loss')
  const pod = choosePod(trace, service, isLost)
  const scope = service.language.libraries[protocol === 'http' ? 'http server' : 'rpc server']
  const [name, fromNanos, gap] = [operation.serverName, client.nowNanos, network]
  const server = open({ trace, parent: client, pod, scope, kind: kinds.server, name, fromNanos, gap, isLost })
  putAll(server, operation.server)
  if (protocol === 'http') put(server, 'url.path', target, ...operation.path)
  put(server, 'client.address', client.pod.ip)
  put(server, 'client.port', BigInt(ephemeralPort(server)))
  putThread(server)
  return [server, handle(server, protocol, handler)]
}

/** Runs a server span's handler to its end, and says how it went. */
export function handle(server: SpanDraft, protocol: Protocol, handler: Handler): Failure | undefined {
  const failure =
    versionFault(server) ??
    fails(server, server.pod.service.refused, [failures.unavailable, failures.pool]) ??
    handler(server)
  if (failure !== undefined && !failure.isClientFault) addException(server, failure)
  work(server, send)
  close(server)
  putStatus(server, protocol, failure, false)
  if (failure !== undefined && !failure.isClientFault) setError(server, failure)
  return failure
}

/** The null pointers of the bad version. */
function versionFault(server: SpanDraft): Failure | undefined {
  const { pod, trace } = server
  if (!trace.world.fleet.get(pod.service)!.nextPods.includes(pod)) return undefined
  return happens(server, 2500) ? failures.nullPointer : undefined
}

/** The pod that takes a call. While a version rolls out, those with an odd number are of the next one. */
export function choosePod(trace: TraceDraft, service: Service, isHidden = false): Pod {
  const { fleet, faults, random, hidden } = trace.world
  const { pods, nextPods } = fleet.get(service)!
  const index = pods.length > 1 ? (isHidden ? hidden : random).below('pod', pods.length) : 0
  if (index % 2 === 0 || !faults.rollsOut(service)) return pods[index]
  faults.mark('bad-version', trace.traceId)
  return nextPods[index]
}

export function ephemeralPort(span: SpanDraft): number {
  return 32_768 + span.random.below('port', 28_232)
}

/** The Java agent names the thread of a server span. */
function putThread(server: SpanDraft): void {
  if (server.pod.service.language.name !== 'java') return
  const index = server.random.below('port', 64)
  put(server, 'thread.id', BigInt(31 + index))
  put(server, 'thread.name', `http-nio-8080-exec-${index + 1}`, 'http-nio-8080-exec')
}

const httpKey = 'http.response.status_code'
const rpcKey = 'rpc.grpc.status_code'
const codes = new Map<number, Value>()

/** A client that has given up on HTTP never saw a status. */
function putStatus(span: SpanDraft, protocol: Protocol, failure: Failure | undefined, isLate: boolean): void {
  if (protocol === 'http' && isLate) return
  const code = protocol === 'http' ? (failure?.http ?? 200) : (failure?.grpc ?? 0)
  const value = codes.get(code) ?? BigInt(code)
  codes.set(code, value)
  put(span, protocol === 'http' ? httpKey : rpcKey, value)
}

function join(texts: readonly string[], ids: readonly string[]): string {
  let path = texts[0]
  for (let i = 1; i < texts.length; i++) path += ids[i - 1] + texts[i]
  return path
}
