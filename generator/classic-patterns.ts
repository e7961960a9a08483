import { squeezedResource } from '../lib/formats/squeezed/model.ts'
import type { Attribute, Resource } from '../lib/model/trace.ts'
import { type DrawTable, latencyTable, polylineTable } from './distribution.ts'

/** One span of a pattern: what is always the same, and how the rest is drawn. */
export interface SpanTemplate {
  readonly operation: string
  /** The index of the parent in the pattern, -1 for the root. */
  readonly parent: number
  readonly offsetMillis: number
  readonly latency: DrawTable
  readonly errorsPerThousand: number
  readonly hasMethod: boolean
  readonly resource: Resource
  /** The tags that come first. */
  readonly tags: readonly Attribute[]
  /** The strings that the span's constant part brings into the data. */
  readonly names: readonly string[]
}

export interface ClassicPattern {
  readonly weight: number
  /** From this trace's start to the start of the one after it, in units of 256 ns. */
  readonly gapUnits: DrawTable
  readonly spans: readonly SpanTemplate[]
}

/** What the patterns call, of the original's fifteen services: mean latency in ms, errors in a thousand spans. */
const services: Record<string, readonly [meanMillis: number, errorsPerThousand: number]> = {
  'api-gateway': [50, 20],
  'user-service': [80, 10],
  'order-service': [120, 30],
  'payment-service': [200, 50],
  'inventory-service': [90, 20],
  'auth-service': [30, 10],
  'order-db': [25, 5],
  'inventory-db': [30, 10],
  'auth-db': [15, 5],
  'bank-api': [800, 80],
  'fraud-detection': [150, 30],
  'ml-model-service': [300, 20],
}

/**
 * Six patterns of equal chance, of which four are one gateway span and look alike. The original takes its start times
 * from the clock while it generates, so the gap depends on how many spans the trace before it had; the knots follow the
 * sample: quantiles of 751, 174 and 173 gaps.
 */
export const classicPatterns: readonly ClassicPattern[] = [
  {
    weight: 4,
    gapUnits: polylineTable([
      [32, 20_000],
      [34, 300_000],
      [38, 980_000],
      [40, 750_000],
      [44, 300_000],
      [50, 140_000],
      [56, 45_000],
      [70, 12_000],
      [100, 2_500],
      [400, 10],
      [6400, 1],
    ]),
    spans: [span('api-gateway', 'route_request', -1, 0)],
  },
  {
    weight: 1,
    gapUnits: polylineTable([
      [104, 80_000],
      [112, 200_000],
      [118, 320_000],
      [132, 320_000],
      [136, 150_000],
      [144, 60_000],
      [160, 25_000],
      [180, 6_000],
      [320, 2_500],
      [430, 30],
      [6400, 3],
    ]),
    spans: [
      span('api-gateway', 'authenticate', -1, 0),
      span('user-service', 'authenticate_user', 0, 10),
      span('auth-service', 'verify_token', 1, 30),
      span('auth-db', 'select', 2, 35),
    ],
  },
  {
    weight: 1,
    gapUnits: polylineTable([
      [233, 40_000],
      [245, 100_000],
      [262, 150_000],
      [270, 280_000],
      [276, 330_000],
      [284, 250_000],
      [292, 80_000],
      [320, 8_000],
      [600, 1_200],
      [900, 60],
      [6400, 5],
    ]),
    spans: [
      span('api-gateway', 'route_request', -1, 0),
      span('order-service', 'create_order', 0, 15),
      span('payment-service', 'process_payment', 1, 45),
      span('bank-api', 'charge', 2, 95),
      span('fraud-detection', 'analyze_transaction', 2, 65),
      span('ml-model-service', 'predict', 4, 125),
      span('inventory-service', 'check_availability', 1, 45),
      span('inventory-db', 'select', 6, 75),
      span('order-db', 'insert', 1, 245),
    ],
  },
]

function span(service: string, operation: string, parent: number, offsetMillis: number): SpanTemplate {
  const [meanMillis, errorsPerThousand] = services[service]
  const component = service.includes('api') ? 'http' : service.includes('db') ? 'database' : 'service'
  const tags = [
    { key: 'service.name', value: service },
    { key: 'operation', value: operation },
    { key: 'component', value: component },
  ]
  const hasMethod = service.includes('api') || service.includes('service')
  const keys = ['http.status_code', 'user.id', 'request.id', ...(hasMethod ? ['http.method'] : [])]
  return {
    operation,
    parent,
    offsetMillis,
    latency: latencyTable(meanMillis),
    errorsPerThousand,
    hasMethod,
    resource: squeezedResource(service),
    tags,
    names: [...tags.flatMap(({ key, value }) => [key, value]), ...keys, 'user-', 'req-'],
  }
}
