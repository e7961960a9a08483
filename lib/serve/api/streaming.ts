import { once } from 'node:events'
import { type ConnectionInjector, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js'
import { StringCache } from '../../bytes/string-cache.ts'
import { type ErrorKind, LabError, messageOf } from '../../error.ts'
import { WireReader } from '../../wire/protobuf/reader.ts'
import { observeCall } from '../observe.ts'
import { Refusal } from '../refusal.ts'
import { tenantHeader, tenantsOf } from '../tenant.ts'
import { type ApiConfig, answerRoute, LateError } from './answer.ts'
import type { Route } from './route.ts'
import { queryInstantRoute, queryRangeRoute } from './routes/metrics.ts'
import { search } from './routes/search.ts'
import { tagValues, tagValuesV2 } from './routes/tag-values.ts'
import { tags, tagsV2 } from './routes/tags.ts'

/** A field of a request: the parameter that it is, and how it is spelled there. */
interface Field {
  readonly parameter: string
  readonly kind: 'text' | 'number' | 'pair'
  readonly unit?: string
}

interface Method {
  readonly route: Route
  readonly fields: ReadonlyMap<number, Field>
}

const text = (parameter: string): Field => ({ parameter, kind: 'text' })
const number = (parameter: string, unit = ''): Field => ({ parameter, kind: 'number', unit })

const tagsFields = new Map([
  [1, text('scope')],
  [2, text('q')],
  [3, number('start')],
  [4, number('end')],
  [5, number('limit')],
])
const valuesFields = new Map([
  [1, text('name')],
  [2, text('q')],
  [3, number('start')],
  [4, number('end')],
  [5, number('limit')],
])

/** The methods of `tempopb.StreamingQuerier`, each with the numbers of its request's fields. */
const methods: Readonly<Record<string, Method>> = {
  Search: {
    route: search,
    fields: new Map<number, Field>([
      [1, { parameter: 'tags', kind: 'pair' }],
      [2, number('minDuration', 'ms')],
      [3, number('maxDuration', 'ms')],
      [4, number('limit')],
      [5, number('start')],
      [6, number('end')],
      [8, text('q')],
      [9, number('spss')],
    ]),
  },
  SearchTags: { route: tags, fields: tagsFields },
  SearchTagsV2: { route: tagsV2, fields: tagsFields },
  SearchTagValues: { route: tagValues, fields: valuesFields },
  SearchTagValuesV2: { route: tagValuesV2, fields: valuesFields },
  MetricsQueryRange: {
    route: queryRangeRoute,
    fields: new Map([
      [1, text('q')],
      [2, number('start', 'ns')],
      [3, number('end', 'ns')],
      [4, number('step', 'ns')],
      [16, number('exemplars')],
    ]),
  },
  MetricsQueryInstant: {
    route: queryInstantRoute,
    fields: new Map([
      [1, text('q')],
      [2, number('start', 'ns')],
      [3, number('end', 'ns')],
    ]),
  },
}

const codeOf: Record<ErrorKind, status> = {
  invalid: status.INVALID_ARGUMENT,
  usage: status.INVALID_ARGUMENT,
  unsupported: status.INVALID_ARGUMENT,
  missing: status.NOT_FOUND,
  limit: status.RESOURCE_EXHAUSTED,
  truncated: status.INTERNAL,
  corrupt: status.INTERNAL,
}

type Call = ServerWritableStream<Buffer, Buffer>

/** Grafana's streaming search, for connections of HTTP/2 that are handed to it. */
export function streamingServer(config: ApiConfig): ConnectionInjector {
  const server = new Server()
  const asBytes = (bytes: Buffer) => bytes
  for (const [name, method] of Object.entries(methods))
    server.register(
      `/tempopb.StreamingQuerier/${name}`,
      (call: Call) =>
        observeCall(config.metrics, `/tempopb.StreamingQuerier/${name}`, () => answerCall(method, config, call)),
      asBytes,
      asBytes,
      'serverStream',
    )
  return server.createConnectionInjector(ServerCredentials.createInsecure())
}

async function answerCall({ route, fields }: Method, config: ApiConfig, call: Call): Promise<boolean> {
  const gone = new AbortController()
  call.once('cancelled', () => gone.abort())
  try {
    const [tenant] = call.metadata.get(tenantHeader)
    const parameters = readRequest(call.request, fields)
    const path = { name: parameters.get('name') ?? '' }
    const tenants = tenantsOf(tenant?.toString(), config.tenancy)
    const answer = await answerRoute(route, config, { tenants, path, parameters, gone: gone.signal })
    if (!call.write(Buffer.from(answer.protobuf()))) await once(call, 'drain', { signal: gone.signal })
    call.end()
    return true
  } catch (error) {
    if (!gone.signal.aborted) call.emit('error', { code: statusCodeOf(error), details: messageOf(error) })
    return false
  }
}

function statusCodeOf(error: unknown): status {
  if (error instanceof LabError) return codeOf[error.kind]
  if (error instanceof Refusal) return error.kind === 'unavailable' ? status.UNAVAILABLE : status.UNAUTHENTICATED
  return error instanceof LateError ? status.DEADLINE_EXCEEDED : status.INTERNAL
}

/** A request as the parameters of its route. */
function readRequest(bytes: Buffer, fields: ReadonlyMap<number, Field>): URLSearchParams {
  const parameters = new URLSearchParams()
  const wire = new WireReader(bytes, 0, { strings: new StringCache(1), dropped: () => {} })
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    const field = fields.get(tag >>> 3)
    if (field === undefined || (tag & 7) !== (field.kind === 'number' ? 0 : 2)) wire.drop(tag)
    else if (field.kind === 'number') setNumber(parameters, field, wire.int64())
    else if (field.kind === 'text') parameters.set(field.parameter, wire.text(field.parameter))
    else parameters.set(field.parameter, `${parameters.get(field.parameter) ?? ''} ${readPair(wire, field.parameter)}`)
  }
  return parameters
}

/** Zero is what an absent field is. Times of metrics are nanoseconds, of which no more than ten digits would be seconds. */
function setNumber(parameters: URLSearchParams, { parameter, unit = '' }: Field, value: bigint): void {
  if (value === 0n) return
  const isTime = unit === 'ns' && parameter !== 'step'
  parameters.set(parameter, isTime ? `${value}`.padStart(11, '0') : `${value}${unit}`)
}

/** An entry of a map, in logfmt. */
function readPair(wire: WireReader, name: string): string {
  const pair = ['', '']
  wire.message(name, () => {
    for (let tag = wire.tag(); tag !== 0; tag = wire.tag())
      if (tag === 0x0a || tag === 0x12) pair[(tag >>> 3) - 1] = wire.text(name)
      else wire.drop(tag)
  })
  return `${pair[0]}=${JSON.stringify(pair[1])}`
}
